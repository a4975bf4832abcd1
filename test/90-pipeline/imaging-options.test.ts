import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Command } from 'commander';
import { expect, it } from 'vitest';

import { addImagingOptions } from '../../src/cli/imaging-options.js';
import { tileSchema, toImagingOptions } from '../../src/cli/imaging-schema.js';
import { optionName, parseWith } from '../../src/cli/load-config.js';
import { readStartModel } from '../../src/cli/start-model.js';
import { imagingDefaults } from '../../src/imaging/index.js';
import type { ImagingOptions } from '../../src/imaging/index.js';
import { makeMemoryFolder } from '../support/memory-folder.js';

/** What the library is given for a command line; without what is undefined. */
function imagingOf(line: string): Partial<ImagingOptions> {
  const command = addImagingOptions(new Command()).parse(line.split(' ').filter(Boolean), { from: 'user' });
  const imaging = toImagingOptions(parseWith(tileSchema, command.opts(), optionName));
  return Object.fromEntries(Object.entries(imaging).filter(([, value]) => value !== undefined));
}

const expected: [string, ImagingOptions][] = [
  ['--stokes YY', { stokes: 'YY' }],
  ['--channel-range 4:16', { channelRange: [4, 16] }],
  ['--cell 3.5', { cellArcsec: 3.5 }],
  ['--npix 512', { npix: 512 }],
  ['--nx 512', { nx: 512 }],
  ['--ny 384', { ny: 384 }],
  ['--field-beam-level 0.3', { fieldBeamLevel: 0.3 }],
  ['--primary-beam-limit 0.2', { primaryBeamCutoff: 0.2 }],
  ['--epsilon 1e-4', { epsilon: 1e-4 }],
  ['--weighting uniform', { weighting: { scheme: 'uniform' } }],
  ['--robust -1', { weighting: { scheme: 'briggs', robust: -1 } }],
  ['--weight-density channel', { weightDensity: 'channel' }],
  ['--min-uv 100', { minUvWavelengths: 100 }],
  ['--max-uv 4000', { maxUvWavelengths: 4000 }],
  ['--min-baseline 30', { minBaselineMeters: 30 }],
  ['--max-baseline 900', { maxBaselineMeters: 900 }],
  ['--taper 60', { taperArcsec: 60 }],
  ['--inner-tukey 50', { innerTukeyWavelengths: 50 }],
  ['--max-uv 4000 --outer-tukey 500', { maxUvWavelengths: 4000, outerTukeyWavelengths: 500 }],
  ['--niter 0', { niter: 0 }],
  ['--nmiter 3', { maxMajorCycles: 3 }],
  ['--gain 0.2', { gain: 0.2 }],
  ['--mgain 0.7', { mgain: 0.7 }],
  ['--threshold 0.002', { thresholdJyBeam: 0.002 }],
  ['--auto-mask 5', { autoMaskSigma: 5 }],
  ['--auto-threshold 1', { autoThresholdSigma: 1 }],
  ['--local-rms --local-rms-window 30', { localRms: true, localRmsWindow: 30 }],
  ['--multiscale --multiscale-scales 30,60.5', { multiscale: true, scalesArcsec: [30, 60.5] }],
  ['--multiscale --multiscale-scale-bias 0.7', { multiscale: true, multiscaleScaleBias: 0.7 }],
  ['--spectral-terms 2', { spectralTerms: 2 }],
  ['--spectral-index -0.8', { spectralIndex: -0.8 }],
  ['--no-point-sources', { pointSources: false }],
  ['--no-outer-sources', { outerSources: false }],
];

it.each(expected)('%s', (line, imaging) => {
  expect(imagingOf(line)).toEqual({ outerSources: true, pointSources: true, ...imaging });
});

it('knows every option of the library but what commands have of their own', () => {
  const known = new Set(expected.flatMap(([, imaging]) => Object.keys(imaging)));
  const ofCommands = ['channelsOut', 'startModel', 'minSubbands'];
  expect(Object.keys(imagingDefaults).filter(name => !known.has(name))).toEqual(ofCommands);
});

it.each([
  ['--gain 0', '--gain to be a number from 0.001 to 1 but received 0'],
  ['--gain much', '--gain: '],
  ['--threshold -1', '--threshold to be a number of at least 0 but received -1'],
  ['--nmiter 1.5', '--nmiter to be an integer'],
  ['--robust 5', '--robust to be a number from -2 to 2'],
  ['--primary-beam-limit 2', '--primary-beam-limit to be'],
  ['--npix 64 --nx 64', 'either --npix, for a square image, or --nx and --ny'],
  ['--max-uv 5 --min-uv 9', '--max-uv to be above --min-uv, 9, but received 5'],
  ['--multiscale --multiscale-scales 30,-1', '--multiscale-scales[1] to be a positive number'],
  ['--multiscale --multiscale-scales 30,wide', '--multiscale-scales.1: '],
  ['--multiscale-scales 30', '--multiscale-scales goes with --multiscale'],
  ['--multiscale-scale-bias 0.5', '--multiscale-scale-bias goes with --multiscale'],
  ['--local-rms-window 30', '--local-rms-window goes with --local-rms'],
])('refuses %s by the name that was written', (line, message) => {
  expect(() => imagingOf(line)).toThrow(message);
});

it('reads a start model with the fluxes of the middle of the band, of points alone', async () => {
  const folder = makeMemoryFolder('contimg-start-');
  try {
    const path = join(folder, 'model.csv');
    const head = 'name,ra_deg,dec_deg,flux_jy,spectral_index,reference_mhz,major_arcsec';
    await writeFile(path, `${head}\nA,10,20,4,-2,700,\nB,11,21,3,,,\n`);
    expect(await readStartModel(path, [1300e6, 1500e6], 1)).toEqual([
      { raDeg: 10, decDeg: 20, fluxJy: 1, spectralIndex: -2 },
      { raDeg: 11, decDeg: 21, fluxJy: 3, spectralIndex: 1 },
    ]);
    await writeFile(path, `${head}\nA,10,20,4,-2,700,30\n`);
    await expect(readStartModel(path, [1400e6])).rejects.toThrow(/--start-model: .*A in .* is 30" wide/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
