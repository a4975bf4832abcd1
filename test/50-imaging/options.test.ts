import { totalmem } from 'node:os';

import { expect, test } from 'vitest';

import { isPipelineError } from '../../src/core/errors.js';
import { imagingDefaults } from '../../src/imaging/index.js';
import type { ImagingOptions } from '../../src/imaging/index.js';
import { toRawOptions } from '../../src/imaging/raw-options.js';

test.each<[ImagingOptions | Record<string, unknown>, string]>([
  [{ npix: 31 }, 'npix'],
  [{ npix: 101 }, 'even'],
  [{ npix: 1e6 }, 'npix'],
  [{ npix: 512, ny: 512 }, 'either npix'],
  [{ cellArcsec: 0 }, 'cellArcsec'],
  [{ cellArcsec: NaN }, 'cellArcsec'],
  [{ weighting: { scheme: 'super' } }, 'weighting.scheme'],
  [{ weighting: { scheme: 'briggs' } }, 'weighting.robust'],
  [{ weighting: null }, 'weighting.scheme'],
  [{ weightDensity: 'cell' }, 'weightDensity'],
  [{ minUvWavelengths: -1 }, 'minUvWavelengths'],
  [{ minUvWavelengths: 500, maxUvWavelengths: 400 }, 'maxUvWavelengths'],
  [{ maxUvWavelengths: 0 }, 'maxUvWavelengths'],
  [{ minBaselineMeters: 500, maxBaselineMeters: 500 }, 'maxBaselineMeters'],
  [{ taperArcsec: -1 }, 'taperArcsec'],
  [{ outerTukeyWavelengths: 500 }, 'maxUvWavelengths'],
  [{ innerTukeyWavelengths: Infinity }, 'innerTukeyWavelengths'],
  [{ stokes: 'V' }, 'stokes'],
  [{ channelRange: [5, 5] }, 'channelRange'],
  [{ channelRange: [-1, 5] }, 'channelRange'],
  [{ channelRange: 5 }, 'channelRange'],
  [{ channelsOut: 0 }, 'channelsOut'],
  [{ epsilon: 1e-9 }, 'epsilon'],
  [{ niter: -1 }, 'niter'],
  [{ niter: 1.5 }, 'niter'],
  [{ gain: 0 }, 'gain'],
  [{ mgain: 2 }, 'mgain'],
  [{ thresholdJyBeam: -1 }, 'thresholdJyBeam'],
  [{ autoMaskSigma: 3, autoThresholdSigma: 4 }, 'autoThresholdSigma of at most autoMaskSigma, 3, but received 4'],
  [{ autoThresholdSigma: Infinity }, 'autoThresholdSigma'],
  [{ autoMaskSigma: NaN, autoThresholdSigma: 1 }, 'autoMaskSigma'],
  [{ localRms: 1 }, 'localRms'],
  [{ localRmsWindow: 1 }, 'localRmsWindow'],
  [{ multiscale: 'yes' }, 'multiscale'],
  [{ multiscale: true, scalesArcsec: [30, -1] }, 'scalesArcsec[1]'],
  [{ scalesArcsec: [30] }, 'multiscale to be true'],
  [{ multiscale: true, multiscaleScaleBias: 2 }, 'multiscaleScaleBias'],
  [{ startModel: {} }, 'startModel'],
  [{ startModel: [{ raDeg: 1, decDeg: 2, fluxJy: NaN }] }, 'startModel[0].fluxJy'],
  [{ primaryBeamCutoff: 2 }, 'primaryBeamCutoff'],
  [{ phaseCenter: { raDeg: 0, decDeg: 91 } }, 'decDeg'],
  [{ threads: -1 }, 'threads'],
  [{ cellsize: 3 }, 'cellsize'],
])('refuses %j by name', (options, name) => {
  try {
    toRawOptions(options as ImagingOptions);
    expect.unreachable();
  } catch (error) {
    expect(isPipelineError(error, 'INVALID_ARGUMENT')).toBe(true);
    expect((error as Error).message).toContain(name);
  }
});

test('fills in defaults, also for options that are given as undefined', () => {
  const raw = toRawOptions({ npix: undefined, gain: undefined, nx: 640 });
  expect(raw).toMatchObject({ nx: 640, ny: 0, cellRad: 0, gain: 0.1, niter: imagingDefaults.niter });
  expect(raw.weighting).toMatchObject({ scheme: 'briggs', robust: 0.5 });
  expect(Object.isFrozen(imagingDefaults)).toBe(true);
});

test.each([
  [{}, 3.5, 2],
  [{ autoThresholdSigma: 4 }, 4, 4],
  [{ autoThresholdSigma: 3 }, 3.5, 3],
  [{ autoMaskSigma: 1 }, 1, 1],
  [{ autoMaskSigma: 0 }, 0, 0],
  [{ autoMaskSigma: 5 }, 5, 2],
  [{ autoMaskSigma: 5, autoThresholdSigma: 5 }, 5, 5],
])('of the levels %j what is not given keeps to the other', (given, autoMaskSigma, autoThresholdSigma) => {
  expect(toRawOptions(given)).toMatchObject({ autoMaskSigma, autoThresholdSigma });
});

test.skipIf(totalmem() > 32768 ** 2 * 40)('refuses an image larger than the memory of the machine', () => {
  expect(() => toRawOptions({ npix: 32768 })).toThrow(
    /memory of this machine, .* but 32768 x 32768 pixels take 42\.9 GB/,
  );
});
