import ndarray from 'ndarray';
import type { NdArray } from 'ndarray';
import { expect, test } from 'vitest';

import { gridVisibilities, imagingWeights } from '../../src/index.js';
import type { Weighting, WeightingOptions } from '../../src/index.js';
import { dsa110Baselines } from './uv-samples.js';

/** Full width at half maximum from the center along one axis, pixels, both sides, by linear interpolation. */
function widthAtHalf(psf: NdArray<Float32Array>, [dy, dx]: readonly [number, number]): number {
  const center = psf.shape[0]! / 2;
  const side = (sign: number) => {
    let i = 0;
    const at = (step: number) => psf.get(center + sign * step * dy, center + sign * step * dx);
    while (at(i + 1) > 0.5) i++;
    return i + (at(i) - 0.5) / (at(i) - at(i + 1));
  };
  return side(1) + side(-1);
}

/**
 * Widths along right ascension and declination, arcsec, and the lowest sidelobe of the point spread function of the 96
 * antennas on the meridian, as computed from antenna positions by an independent program on the same uv cells.
 */
const briggs = (robust: number): Weighting => ({ scheme: 'briggs', robust });
const aboveKilolambda = { minUvWavelengths: 1000 };
const table: [string, Weighting, WeightingOptions, number, number, number][] = [
  ['natural', { scheme: 'natural' }, {}, 74, 66, -0.02],
  ['briggs 0.5', briggs(0.5), {}, 43, 20, -0.3],
  ['briggs 0', briggs(0), {}, 33, 16, -0.33],
  ['uniform', { scheme: 'uniform' }, {}, 24, 12, -0.32],
  ['natural above 1 kilolambda', { scheme: 'natural' }, aboveKilolambda, 41, 20, -0.29],
  ['briggs 0.5 above 1 kilolambda', briggs(0.5), aboveKilolambda, 34, 16, -0.39],
  ['briggs 0 above 1 kilolambda', briggs(0), aboveKilolambda, 27, 13, -0.3],
  ['uniform above 1 kilolambda', { scheme: 'uniform' }, aboveKilolambda, 24, 12, -0.35],
];

test.each(table)('the beam of DSA-110: %s', async (_, weighting, options, raArcsec, decArcsec, lowest) => {
  const { uvwMeters, freqHz } = dsa110Baselines(16, 48, (first, second) => first !== second);
  const weights = await imagingWeights({ uvwMeters, freqHz }, weighting, { npix: 4800, cellArcsec: 3, ...options });
  const total = weights.data.reduce((sum, weight) => sum + weight, 0);
  const ones = Float32Array.from({ length: 2 * weights.data.length }, (_, i) => (i % 2 === 0 ? 1 : 0));
  const visibilities = ndarray(ones, [...weights.shape, 2]);
  const sum = await gridVisibilities({ uvwMeters, freqHz, weights, visibilities }, { npix: 800, cellArcsec: 1.5 });
  const psf = ndarray(
    sum.data.map(value => value / total),
    sum.shape,
  );
  const [ra, dec] = [1.5 * widthAtHalf(psf, [0, 1]), 1.5 * widthAtHalf(psf, [1, 0])];
  expect(Math.abs(ra / raArcsec - 1), `${ra}" along right ascension`).toBeLessThan(0.03);
  expect(Math.abs(dec / decArcsec - 1), `${dec}" along declination`).toBeLessThan(0.03);
  expect(Math.abs(psf.data.reduce((a, b) => Math.min(a, b)) - lowest)).toBeLessThan(0.011);
});
