import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';

import { measureMosaic } from '../../src/pipeline/validate-mosaic.js';
import { randomOf } from '../support/random.js';
import { makeSkyImage } from '../support/sky-image.js';

describe('measureMosaic', () => {
  const random = randomOf(7);
  const sigma = makeSkyImage([60, 90], () => 1e-3 * (1 + random() ** 4));
  const mosaic = makeSkyImage([60, 90], (x, y) => (x < 20 ? NaN : 1e-4 * (x - y)));
  mosaic.pixels.set(30, 40, 0.5);
  mosaic.pixels.set(31, 40, -0.3);
  mosaic.pixels.set(0, 0, Infinity); // no value either

  it('gives the figures of the pixels with a value', () => {
    const noises = [...sigma.pixels.data].filter((_, i) => Number.isFinite(mosaic.pixels.data[i]));
    const medianRmsJyBeam = noises.sort((a, b) => a - b)[noises.length >> 1]!;
    const found = measureMosaic(mosaic, sigma);
    expect(found).toEqual({
      coverage: 70 / 90,
      medianRmsJyBeam,
      peakJyBeam: 0.5,
      dynamicRange: 0.5 / medianRmsJyBeam,
      negativeFraction: 1 / (60 * 70),
    });
  });

  it('takes views of larger images', () => {
    const wide = { ...mosaic, pixels: mosaic.pixels.hi(60, 90).lo(0, 20) };
    const found = measureMosaic(wide, { ...sigma, pixels: sigma.pixels.lo(0, 20) });
    expect(found).toEqual({ ...measureMosaic(mosaic, sigma), coverage: 1 });
  });

  it('has no median noise where no pixel has a value', () => {
    const none = { ...mosaic, pixels: ndarray(new Float32Array(5400).fill(NaN), [60, 90]) };
    expect(measureMosaic(none, sigma)).toMatchObject({ coverage: 0, medianRmsJyBeam: NaN });
  });

  it('takes no memory for each pixel', () => {
    const large = makeSkyImage([2000, 1000], () => 1);
    const before = process.memoryUsage();
    measureMosaic(large, large);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    // The images are 8 MB each; 2 million JavaScript numbers would be 16 MB.
    expect(heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(4e6);
  });
});
