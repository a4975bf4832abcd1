import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ndarray from 'ndarray';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { convertToMs, imageMs, imagingWeights, readFits, readMs } from '../../src/index.js';
import type {
  ImagingOptions,
  MeasurementSet,
  MsData,
  SkyImage,
  UvSamples,
  Weighting,
  WeightingOptions,
} from '../../src/index.js';
import { apparentScale } from '../support/apparent-scale.js';
import { dsa110Tile, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf, hasProgram, hasPythonModule, runPython } from '../support/oracles.js';

const available = hasDsa110Tile && hasProgram('wsclean') && hasPythonModule('casacore');
const [nx, ny, cellArcsec] = [1000, 800, 6];
const natural: Weighting = { scheme: 'natural' };

/** Writes the imaging weights of the first polarization as float32, and takes the column away again. */
const takeWeights = `
import sys
from casacore.tables import table
ms = table(sys.argv[1], readonly=False, ack=False)
ms.getcol('IMAGING_WEIGHT_SPECTRUM')[:, :, 0].astype('f4').tofile(sys.argv[2])
ms.removecols(['IMAGING_WEIGHT_SPECTRUM'])
`;

interface Samples extends UvSamples {
  readonly weights: NonNullable<UvSamples['weights']>;
}

/** With the weights of Stokes I: all that imaging weights depend on. */
function samplesOf({ uvwMeters, freqHz, weights }: MsData): Samples {
  const [nBlts, nFreqs] = weights.shape as [number, number];
  const stokesI = ndarray(new Float32Array(nBlts * nFreqs), [nBlts, nFreqs]);
  for (let row = 0; row < nBlts; row++)
    for (let channel = 0; channel < nFreqs; channel++)
      stokesI.set(row, channel, 4 / (1 / weights.get(row, channel, 0) + 1 / weights.get(row, channel, 1)));
  return { uvwMeters, freqHz, weights: stokesI };
}

/** The first channel, on uv where rounding to cells finds the cells of WSClean. */
function firstChannelAtCorners({ uvwMeters, freqHz, weights }: Samples): Samples {
  const nBlts = uvwMeters.shape[0]!;
  const cellMeters = (n: number) => 299792458 / freqHz[0]! / (n * (cellArcsec / 3600) * (Math.PI / 180));
  const moved = ndarray(new Float64Array(3 * nBlts), [nBlts, 3]);
  for (let row = 0; row < nBlts; row++) {
    // In WSClean u = v = 0 is the corner of a cell, here the middle of one; it folds v < 0 over. So uv are folded, and moved
    // by half a cell and by whole ones, away from where v = 0 is folded here.
    const sign = uvwMeters.get(row, 1) < 0 ? -1 : 1;
    moved.set(row, 0, sign * uvwMeters.get(row, 0) - 0.5 * cellMeters(nx));
    moved.set(row, 1, sign * uvwMeters.get(row, 1) + (ny / 8 - 0.5) * cellMeters(ny));
  }
  const first = Float32Array.from({ length: nBlts }, (_, row) => weights.get(row, 0));
  return { uvwMeters: moved, freqHz: [freqHz[0]!], weights: ndarray(first, [nBlts, 1]) };
}

/** How far apart two images are, but for a tenth at the edges, where WSClean with other paddings differs from itself. */
function worstDifference(a: SkyImage, b: SkyImage): number {
  let worst = 0;
  for (let y = ny / 20; y < ny - ny / 20; y++)
    for (let x = nx / 20; x < nx - nx / 20; x++)
      worst = Math.max(worst, Math.abs(a.pixels.get(y, x) - b.pixels.get(y, x)));
  return worst;
}

describeIf(available, 'needs ../shared, wsclean, python3-casacore', 'weighting against WSClean', () => {
  let folder: string;
  let ms: MeasurementSet;
  let samples: Samples;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-weights-'));
    const path = join(folder, 'one.ms');
    ms = await convertToMs(dsa110Tile(), { path, fields: 'single', telescopeName: 'NOWHERE', spectralWindows: 'one' });
    samples = samplesOf(await readMs(path));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function wsclean(size: readonly [number, number], ...options: string[]): void {
    const grid = ['-size', `${size[0]}`, `${size[1]}`, '-scale', `${cellArcsec}asec`, '-use-wgridder'];
    const rest = ['-make-psf-only', '-no-fit-beam', '-no-update-model-required', '-name', join(folder, 'wsclean')];
    const env = { ...process.env, OPENBLAS_NUM_THREADS: '1' };
    const run = spawnSync('wsclean', [...grid, ...rest, ...options, ms.path], { encoding: 'utf8', env });
    expect(run.status, run.stderr).toBe(0);
  }

  /** Imaging weights over data weights, in the order of the rows and channels of the data. */
  function weightsOfWsclean(size: readonly [number, number], ...options: string[]): Float32Array {
    wsclean(size, ...options, '-store-imaging-weights', '-padding', '1'); // its cells are those of the padded image
    const file = join(folder, 'weights.f32');
    runPython(takeWeights, [ms.path, file]);
    return new Float32Array(readFileSync(file).buffer);
  }

  it.each<[Weighting, string]>([
    [{ scheme: 'uniform' }, 'uniform'],
    [{ scheme: 'briggs', robust: 0.5 }, 'briggs 0.5'],
    [{ scheme: 'briggs', robust: -1 }, 'briggs -1'],
  ])('divides by the density as WSClean does: %j', async (weighting, theirs) => {
    const options = ['-weight', ...theirs.split(' '), '-channel-range', '0', '1'];
    const expected = weightsOfWsclean([nx, ny], ...options);
    const one = firstChannelAtCorners(samples);
    const ours = (await imagingWeights(one, weighting, { nx, ny, cellArcsec })).data;
    const nFreqs = samples.freqHz.length;
    const ratios = Array.from(ours, (weight, row) => expected[row * nFreqs]! / (weight / one.weights.get(row, 0)));
    const median = [...ratios].sort((a, b) => a - b)[ratios.length >> 1]!;
    if (weighting.scheme === 'briggs') expect(median).toBeCloseTo(1, 5); // uniform weights have any scale
    // A few visibilities lie on the border of two cells.
    const same = ratios.filter(ratio => Math.abs(ratio / median - 1) < 1e-5);
    expect(same.length).toBeGreaterThan(0.95 * ratios.length);
  });

  it.each<[Omit<WeightingOptions, 'weighting'>, string]>([
    [{ minUvWavelengths: 500, maxUvWavelengths: 6000 }, '-minuv-l 500 -maxuv-l 6000'],
    [{ taperArcsec: 40 }, '-taper-gaussian 40asec'],
    [{ minUvWavelengths: 500, innerTukeyWavelengths: 2000 }, '-minuv-l 500 -taper-inner-tukey 2000'],
    [{ maxUvWavelengths: 8000, outerTukeyWavelengths: 5000 }, '-maxuv-l 8000 -taper-tukey 5000'],
    [{ minBaselineMeters: 200, maxBaselineMeters: 1200 }, '-minuvw-m 200 -maxuvw-m 1200'],
  ])('selects and tapers as WSClean does: %j', async (options, theirs) => {
    const size = [2000, 2000] as const; // WSClean tapers by cells, of 17 wavelengths here
    const expected = weightsOfWsclean(size, '-weight', 'natural', ...theirs.split(' '));
    const ours = (await imagingWeights(samples, natural, { npix: size[0], cellArcsec, ...options })).data;
    const factors = ours.map((weight, i) => weight / samples.weights.data[i]!);
    const different = factors.filter((factor, i) => Math.abs(factor - expected[i]!) > 0.02);
    expect(different.length).toBeLessThan(0.01 * ours.length);
    expect(factors.filter(factor => factor < 0.5).length).toBeGreaterThan(0.05 * ours.length);
  });

  it.each<[string, ImagingOptions, string, number]>([
    ['natural', { weighting: natural }, 'natural', 1e-3],
    ['uniform', { weighting: { scheme: 'uniform' } }, 'uniform', 0.06],
    ['briggs', {}, 'briggs 0.5', 0.06],
    ['XX', { weighting: natural, stokes: 'XX' }, 'natural -pol XX', 1e-3],
    ['some channels', { weighting: natural, channelRange: [8, 20] }, 'natural -channel-range 8 20', 1e-3],
    ['some baselines', { weighting: natural, minBaselineMeters: 200 }, 'natural -minuvw-m 200', 1e-3],
    ['tapered', { weighting: natural, taperArcsec: 60 }, 'natural -taper-gaussian 60asec', 0.01],
  ])('makes the point spread function of WSClean: %s', async (_, options, theirs, tolerance) => {
    // Uniform and Briggs weights differ by the places of the cells.
    wsclean([nx, ny], '-weight', ...theirs.split(' '), '-padding', '1.2');
    const expected = await readFits(join(folder, 'wsclean-psf.fits'));
    const scale = apparentScale(ms);
    const { psf } = await imageMs(ms, { nx, ny, cellArcsec: cellArcsec / scale, niter: 0, ...options });
    expect(worstDifference(psf, expected)).toBeLessThan(tolerance);
    expect(psf.stokes).toBe(expected.stokes);
    expect(psf.bandwidthHz).toBeCloseTo(expected.bandwidthHz, 0);
  });
});
