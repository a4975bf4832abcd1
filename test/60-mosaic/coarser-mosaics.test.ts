import { describe, expect, test } from 'vitest';

import { pixelToSky } from '../../src/fits/index.js';
import type { ImageWcs } from '../../src/fits/types.js';
import { reprojectImage } from '../../src/mosaic/index.js';
import type { MosaicKernel } from '../../src/mosaic/index.js';
import { gaussianOnSky, measurePeak } from '../support/mosaic-tiles.js';
import { makeSkyImage } from '../support/sky-image.js';

const center = { raDeg: 10, decDeg: 20 };

/** A tile's image of a source of 1 Jy/beam at its reference pixel. */
function imageOfSource(centerX: number, centerY: number, fwhmPixels: number) {
  const wcs = { center, cellArcsec: 6, centerX, centerY };
  const k = (4 * Math.LN2) / fwhmPixels ** 2;
  return makeSkyImage([72, 72], (x, y) => Math.exp(-k * ((x - centerX) ** 2 + (y - centerY) ** 2)), { wcs });
}

describe('on pixels that are wider than the tile’s', () => {
  const limits: [kernel: MosaicKernel, pixels: number, peak: number][] = [
    ['bilinear', 0.015, 0.055],
    ['bicubic', 0.015, 0.007],
    ['lanczos3', 0.01, 0.009],
    ['optimal', 0.01, 0.003],
  ];
  test.each(limits)('%s keeps every source at its place and its peak', async (kernel, pixels, peak) => {
    for (const ratio of [1.03, 1.1, 1.15, 1.25, 1.4, 1.5, 1.7, 1.85, 2]) {
      const grid = { wcs: { center, cellArcsec: 6 * ratio, centerX: 8, centerY: 8 }, nx: 17, ny: 17 };
      for (let i = 0; i < 36; i++) {
        const image = imageOfSource(36 + (i % 6) / 6, 36 + Math.floor(i / 6) / 6, 5 * ratio);
        const found = measurePeak(await reprojectImage(image, grid, { kernel }), { x: 8, y: 8 });
        expect(Math.hypot(found.x - 8, found.y - 8), `${ratio} times as wide`).toBeLessThan(pixels);
        expect(Math.abs(found.peak - 1), `${ratio} times as wide`).toBeLessThan(peak);
      }
    }
  });

  test('a slope stays a slope', async () => {
    const wcs = { center, cellArcsec: 6, centerX: 60, centerY: 60 };
    const slope = makeSkyImage([120, 120], (x, y) => x - 60 + 3 * (y - 60), { wcs });
    for (const kernel of ['bilinear', 'bicubic', 'lanczos3', 'optimal'] as const)
      for (const ratio of [1.1, 1.3, 1.7, 2.5]) {
        const grid = { wcs: { ...wcs, cellArcsec: 6 * ratio, centerX: 10, centerY: 10 }, nx: 21, ny: 21 };
        const { pixels } = await reprojectImage(slope, grid, { kernel });
        for (const x of [8, 9, 10, 11, 13]) expect(pixels.get(11, x)).toBeCloseTo(ratio * (x - 10 + 3), 4);
      }
  });
});

describe('of tiles whose pixels are not square on the sky', () => {
  /** Worst offset (pixels) and relative error of the peak of sources whose beam is 48", put onto square pixels. */
  async function worstOf(wcs: ImageWcs, cellArcsec: number) {
    const worst = { pixels: 0, peak: 0 };
    for (let i = 0; i < 16; i++) {
      const source = pixelToSky(wcs, 50 + (i % 4) / 4, 50 + Math.floor(i / 4) / 4);
      const image = makeSkyImage([100, 100], (x, y) => gaussianOnSky(pixelToSky(wcs, x, y), source, 48), { wcs });
      const grid = { wcs: { center: source, cellArcsec, centerX: 8.3, centerY: 7.9 }, nx: 17, ny: 17 };
      const found = measurePeak(await reprojectImage(image, grid), { x: 8.3, y: 7.9 });
      worst.pixels = Math.max(worst.pixels, Math.hypot(found.x - 8.3, found.y - 7.9));
      worst.peak = Math.max(worst.peak, Math.abs(found.peak - 1));
    }
    return worst;
  }

  test('of 12" x 6", each axis is filtered as far as the mosaic is coarser along it', async () => {
    const wcs = { center, cellArcsec: Math.sqrt(72), centerX: 50, centerY: 50 };
    const worst = await worstOf({ ...wcs, matrixDeg: [-12 / 3600, 0, 0, 6 / 3600] }, Math.sqrt(72));
    expect(worst.pixels).toBeLessThan(0.02);
    expect(worst.peak).toBeLessThan(0.003);
  });

  test('in CAR, far from its equator', async () => {
    const wcs: ImageWcs = { center: { raDeg: 30, decDeg: 0 }, cellArcsec: 6, centerX: 50, centerY: 50 - 32742 };
    const worst = await worstOf({ ...wcs, projection: 'CAR' }, 6);
    expect(worst.pixels).toBeLessThan(0.02);
    expect(worst.peak).toBeLessThan(0.001);
  });
});
