import { describe, expect, test } from 'vitest';

import type { ImageWcs, SkyImage } from '../../src/fits/types.js';
import { mosaicImages } from '../../src/mosaic/index.js';
import type { MosaicKernel, MosaicOptions } from '../../src/mosaic/index.js';
import { gaussiansOf } from '../support/random.js';
import { makeSkyImage } from '../support/sky-image.js';

const n = 360;
const center = { raDeg: 50, decDeg: 30 };

/** White noise convolved with a round Gaussian beam, by rows and columns; it wraps around. */
function beamNoise(fwhmPixels: number, seed: number): Float64Array {
  const random = gaussiansOf(seed);
  const reach = Math.ceil(1.8 * fwhmPixels);
  const taps = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp((-4 * Math.LN2 * (i - reach) ** 2) / fwhmPixels ** 2),
  );
  let values = Float64Array.from({ length: n * n }, random);
  for (const stride of [1, n]) {
    const from = values;
    values = from.map((_, i) => {
      const place = Math.floor(i / stride) % n;
      const start = i - place * stride;
      return taps.reduce((sum, tap, k) => sum + tap * from[start + ((place + k - reach + n) % n) * stride]!, 0);
    });
  }
  const rms = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  return values.map(value => value / rms);
}

function tileOf(noise: Float64Array, wcs: ImageWcs, fwhmPixels: number, rmsJyBeam: number) {
  const fwhmArcsec = fwhmPixels * wcs.cellArcsec;
  const beam = { majorArcsec: fwhmArcsec, minorArcsec: fwhmArcsec, positionAngleDeg: 0 };
  const image = makeSkyImage([n, n], (x, y) => rmsJyBeam * noise[y * n + x]!, { wcs, beam });
  const primaryBeam = makeSkyImage([n, n], () => 1, { wcs, unit: '', beam: undefined });
  return { image, primaryBeam, rmsJyBeam };
}

/** Rms of a mosaic in units of its rms map. */
function relativeScatter(mosaic: SkyImage, rms: SkyImage): number {
  let [sum, count] = [0, 0];
  mosaic.pixels.data.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    sum += (value / rms.pixels.data[i]!) ** 2;
    count++;
  });
  expect(count).toBeGreaterThan(10_000);
  return Math.sqrt(sum / count);
}

const kernels: MosaicKernel[] = ['bilinear', 'bicubic', 'lanczos3', 'optimal', 'adaptive'];

describe.each(kernels)('noise that is interpolated by %s', kernel => {
  const turned: ImageWcs = {
    center,
    cellArcsec: 6,
    centerX: 180.3,
    centerY: 179.6,
    matrixDeg: [-0.00165, 0.0002, 0.0002, 0.00165],
  };
  const plain: ImageWcs = { center, cellArcsec: 6, centerX: 180, centerY: 180 };
  const grids: [what: string, fwhmPixels: number, wcs: ImageWcs, options: MosaicOptions][] = [
    ['on turned pixels', 5, turned, {}],
    ['on turned pixels, with a beam of 3 pixels', 3, turned, {}],
    ['on pixels twice as wide', 5, turned, { cellArcsec: 12 }],
    ['on its own pixels', 3, plain, {}],
  ];
  test.each(grids)('has the rms that the map says, %s', async (_, fwhmPixels, wcs, options) => {
    const tile = tileOf(beamNoise(fwhmPixels, 7), wcs, fwhmPixels, 0.01);
    const { mosaic, rms } = await mosaicImages([tile], { ...options, kernel });
    expect(Math.abs(relativeScatter(mosaic, rms) - 1)).toBeLessThan(0.012);
  });

  test('has a chi-square of 1 about the mosaic of four tiles', async () => {
    const places = [
      [180, 180],
      [184.4, 179.3],
      [175.7, 183.6],
      [180.2, 176.5],
    ] as const;
    const tiles = places.map(([centerX, centerY], i) =>
      tileOf(beamNoise(4, 20 + i), { ...plain, centerX, centerY }, 4, 0.01 * (1 + i / 4)),
    );
    const { tiles: made } = await mosaicImages(tiles, { kernel, compareTiles: true });
    const mean = made.reduce((sum, { agreement }) => sum + agreement!.chiSquare / made.length, 0);
    expect(Math.abs(mean - 1)).toBeLessThan(0.02);
  });
});
