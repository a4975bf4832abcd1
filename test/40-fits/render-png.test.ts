import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';

import { pixelToSky, renderPng, skyToPixel } from '../../src/fits/index.js';
import type { PngOptions } from '../../src/fits/index.js';
import { colorTable } from '../../src/fits/color-map.js';
import { randomOf } from '../support/random.js';
import { makeSkyImage } from '../support/sky-image.js';

const noValue = [72, 84, 96];

function draw(image: Parameters<typeof renderPng>[0], options?: PngOptions) {
  const png = PNG.sync.read(renderPng(image, options));
  const at = (column: number, row: number) => {
    const i = 4 * (row * png.width + column);
    return [...png.data.subarray(i, i + 3)];
  };
  return { width: png.width, height: png.height, at };
}

/** A Gaussian source on noise. */
function sourceAt(x0: number, y0: number) {
  const random = randomOf(5);
  return makeSkyImage([60, 80], (x, y) => Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 8) + 0.02 * (random() - 0.5));
}

function brightest({ width, height, at }: ReturnType<typeof draw>): { column: number; row: number } {
  let best = { column: 0, row: 0, sum: -1 };
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const sum = at(column, row).reduce((a, b) => a + b);
      if (sum > best.sum) best = { column, row, sum };
    }
  }
  return { column: best.column, row: best.row };
}

describe('renderPng', () => {
  test('draws north up and east left', () => {
    const { wcs } = makeSkyImage([60, 80], () => 0);
    const northEast = skyToPixel(wcs, { raDeg: wcs.center.raDeg + 0.03, decDeg: wcs.center.decDeg + 0.02 });
    const { column, row } = brightest(
      draw(sourceAt(Math.round(northEast.x), Math.round(northEast.y)), { maxValue: 1 }),
    );
    expect(column).toBeLessThan(40);
    expect(row).toBeLessThan(30);
    expect(column).toBe(Math.round(northEast.x));
    expect(row).toBe(59 - Math.round(northEast.y));
  });

  test('shows pixels without a value in a color of their own', () => {
    for (const colorMap of ['gray', 'inferno'] as const) {
      const picture = draw(
        makeSkyImage([4, 4], (x, y) => (x === 1 && y === 0 ? NaN : x)),
        { colorMap },
      );
      expect(picture.at(1, 3)).toEqual(noValue);
      expect(picture.at(1, 2)).not.toEqual(noValue);
      expect(colorTable(colorMap).some(color => color.join() === noValue.join())).toBe(false);
    }
  });

  test.each(['gray', 'inferno'] as const)('gets brighter with the value: %s', map => {
    const luminance = colorTable(map).map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
    expect(luminance[0]).toBeLessThan(3);
    expect(luminance[255]).toBeGreaterThan(240);
    luminance.slice(1).forEach((value, i) => expect(value).toBeGreaterThanOrEqual(luminance[i]! - 0.8));
  });

  test('follows the stretch and the limits', () => {
    const ramp = makeSkyImage([1, 101], x => x);
    const linear = draw(ramp, { stretch: 'linear', colorMap: 'gray', minValue: 0, maxValue: 100 });
    const asinh = draw(ramp, { stretch: 'asinh', colorMap: 'gray', minValue: 0, maxValue: 100 });
    expect(linear.at(50, 0)[0]).toBe(128);
    expect(asinh.at(50, 0)[0]).toBe(Math.round((255 * Math.asinh(2)) / Math.asinh(4)));
    expect(draw(ramp, { stretch: 'linear', colorMap: 'gray', minValue: 40, maxValue: 60 }).at(10, 0)[0]).toBe(0);
  });

  test('is not led astray by one bright source: noise stays visible, and noise alone is not bright', () => {
    const random = randomOf(9);
    const noise = () => random() + random() + random() - 1.5;
    const bright = draw(
      makeSkyImage([200, 200], (x, y) => (x === 100 && y === 100 ? 1e6 : noise())),
      { colorMap: 'gray' },
    );
    const levels = new Set(Array.from({ length: 200 }, (_, column) => bright.at(column, 20)[0]!));
    expect(levels.size).toBeGreaterThan(30);
    const alone = draw(makeSkyImage([200, 200], noise), { colorMap: 'gray' });
    const median = Array.from({ length: 200 }, (_, column) => alone.at(column, 20)[0]!).sort((a, b) => a - b)[100]!;
    expect(median).toBeLessThan(170);
  });

  test('averages large images over blocks, without their missing pixels', () => {
    const image = makeSkyImage([50, 100], (x, y) => (y < 2 && x < 2 ? NaN : x % 2 === 0 ? NaN : 10));
    const picture = draw(image, { maxSize: 50, colorMap: 'gray', minValue: 0, maxValue: 20, stretch: 'linear' });
    expect([picture.width, picture.height]).toEqual([50, 25]);
    expect(picture.at(10, 10)).toEqual([128, 128, 128]);
    expect(picture.at(0, 24)).toEqual(noValue);
  });

  test('draws circles around directions, and lines where a map changes, on averaged pixels too', () => {
    for (const block of [1, 2]) {
      const image = makeSkyImage([60 * block, 80 * block], () => 0);
      const { x, y } = { x: 50 * block, y: 20 * block };
      const map = makeSkyImage([60 * block, 80 * block], column => (column < 20 * block ? 1 : 2));
      const far = { raDeg: image.wcs.center.raDeg + 180, decDeg: -image.wcs.center.decDeg }; // behind the projection
      const marks = [pixelToSky(image.wcs, x, y), far];
      const picture = draw(image, { marks, stepsOf: map, maxSize: 80 });
      expect([picture.width, picture.height]).toEqual([80, 60]);
      for (const [dx, dy] of [
        [6, 0],
        [-6, 0],
        [0, 6],
        [0, -6],
      ] as const)
        expect(picture.at(50 + dx, 59 - 20 + dy)).toEqual([90, 220, 255]);
      expect(picture.at(50, 39)).not.toEqual([90, 220, 255]);
      for (let row = 1; row < 60; row++) expect(picture.at(19, row)).toEqual([120, 200, 120]);
      expect(picture.at(18, 30)).not.toEqual([120, 200, 120]);
      expect(picture.at(20, 30)).not.toEqual([120, 200, 120]);
    }
    const image = makeSkyImage([6, 8], () => 0);
    expect(() => renderPng(image, { stepsOf: makeSkyImage([8, 6], () => 0) })).toThrow(/6 x 8, but it has 8 x 6/);
  });

  test('takes a mosaic, constants, and images without any value', () => {
    const flat = makeSkyImage([3, 3], () => 7);
    expect(draw({ mosaic: flat }).width).toBe(3);
    expect(draw(makeSkyImage([3, 3], () => NaN)).at(0, 0)).toEqual(noValue);
    expect(draw(makeSkyImage([3, 3], x => (x === 0 ? Infinity : 1))).at(1, 1)).not.toEqual(noValue);
  });

  test('gives the same bytes for the same image', () => {
    expect(renderPng(sourceAt(3, 4)).equals(renderPng(sourceAt(3, 4)))).toBe(true);
  });

  const bad: PngOptions[] = [
    { stretch: 'log' as 'asinh' },
    { colorMap: 'jet' as 'gray' },
    { maxSize: 0 },
    { minValue: 2, maxValue: 1 },
    { maxValue: NaN },
    { size: 3 } as PngOptions,
  ];
  test.each(bad)('refuses %o', options => {
    expect(() => renderPng(sourceAt(3, 4), options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
