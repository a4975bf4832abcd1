import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';

import type { SkyDirection } from '../../src/core/sky.js';
import { skyToPixel } from '../../src/fits/index.js';
import { mosaicImages, planMosaicGrid, reprojectImage } from '../../src/mosaic/index.js';
import type { MosaicOptions, MosaicTile } from '../../src/mosaic/index.js';
import { makeTile } from '../support/mosaic-tiles.js';
import type { MemoryTile } from '../support/mosaic-tiles.js';

function tileAt(center: SkyDirection, npix = 64, cellArcsec = 60): MemoryTile {
  return makeTile({ center, npix, cellArcsec, beamPixels: 5, beamFwhmDeg: 0.5, rmsJyBeam: 0.01, sources: [] });
}

describe('planMosaicGrid', () => {
  const groups: [string, SkyDirection[]][] = [
    ['one tile', [{ raDeg: 10, decDeg: 20 }]],
    ['across 0h', [359, 0, 1].map(raDeg => ({ raDeg, decDeg: 16 }))],
    ['at high declination', [10, 20, 30].map(raDeg => ({ raDeg, decDeg: 80 }))],
    ['around the pole', [0, 90, 180, 270].map(raDeg => ({ raDeg, decDeg: 89.5 }))],
    ['over the pole', [{ raDeg: 30, decDeg: 90 }]],
    ['a long strip in the south', [100, 105, 110, 115, 120].map(raDeg => ({ raDeg, decDeg: -30 }))],
  ];
  test.each(groups)('holds every pixel at the cut-off, and at most one row or column more: %s', async (_, centers) => {
    const tiles = centers.map(center => tileAt(center));
    const { wcs, nx, ny } = await planMosaicGrid(tiles);
    expect([nx % 2, ny % 2]).toEqual([0, 0]);
    let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const { primaryBeam } of tiles) {
      for (let y = 0; y < 64; y++) {
        for (let x = 0; x < 64; x++) {
          if (primaryBeam.pixels.get(y, x) < 0.1) continue;
          // The direction by vectors, not by the projection that is tested.
          const at = skyToPixel(wcs, directionOf(primaryBeam.wcs.center, (32 - x) / 60, (y - 32) / 60));
          [left, right] = [Math.min(left, at.x), Math.max(right, at.x)];
          [bottom, top] = [Math.min(bottom, at.y), Math.max(top, at.y)];
        }
      }
    }
    for (const first of [left, bottom]) {
      expect(first).toBeGreaterThan(-1);
      expect(first).toBeLessThan(0.001);
    }
    expect(right).toBeGreaterThan(nx - 2.001);
    expect(right).toBeLessThan(nx);
    expect(top).toBeGreaterThan(ny - 2.001);
    expect(top).toBeLessThan(ny);
  });

  test('takes the smallest cell, or the one given', async () => {
    const tiles = [tileAt({ raDeg: 10, decDeg: 20 }, 64, 60), tileAt({ raDeg: 10, decDeg: 20 }, 64, 45)];
    expect((await planMosaicGrid(tiles)).wcs.cellArcsec).toBe(45);
    expect((await planMosaicGrid(tiles, { cellArcsec: 90 })).wcs.cellArcsec).toBe(90);
  });

  test('refuses a mosaic that is too large, and never changes the cell', async () => {
    const tiles = [tileAt({ raDeg: 10, decDeg: 20 }), tileAt({ raDeg: 30, decDeg: 20 })];
    await expect(planMosaicGrid(tiles, { maxPixels: 1e4 })).rejects.toThrow(
      /Expected a mosaic of at most 10000 pixels/,
    );
  });

  test('refuses tiles all around the sky', async () => {
    const around = [0, 120, 240].map(raDeg => tileAt({ raDeg, decDeg: 0 }));
    await expect(planMosaicGrid(around)).rejects.toThrow(/all around the sky/);
    const far = [0, 150].map(raDeg => tileAt({ raDeg, decDeg: 0 }));
    await expect(planMosaicGrid(far)).rejects.toThrow(/within 60 degrees/);
  });
});

/** Direction at offsets of l and m degrees (as direction cosines) from a center, by rotating a unit vector. */
function directionOf(center: SkyDirection, lDeg: number, mDeg: number): SkyDirection {
  const degree = Math.PI / 180;
  const [a, d] = [center.raDeg * degree, center.decDeg * degree];
  const [l, m] = [lDeg * degree, mDeg * degree];
  const n = Math.sqrt(1 - l * l - m * m);
  const x = -l * Math.sin(a) - m * Math.sin(d) * Math.cos(a) + n * Math.cos(d) * Math.cos(a);
  const y = l * Math.cos(a) - m * Math.sin(d) * Math.sin(a) + n * Math.cos(d) * Math.sin(a);
  const z = m * Math.cos(d) + n * Math.sin(d);
  return { raDeg: Math.atan2(y, x) / degree, decDeg: Math.atan2(z, Math.hypot(x, y)) / degree };
}

describe('mosaicImages refuses', () => {
  const good = tileAt({ raDeg: 10, decDeg: 20 });
  const { image, primaryBeam } = good;
  const filled = (value: number, shape = [64, 64]) =>
    ndarray(new Float32Array(shape[0]! * shape[1]!).fill(value), shape);
  const bad: [string, Partial<MosaicTile>, RegExp][] = [
    ['another unit', { image: { ...image, unit: 'K' } }, /in Jy\/beam but its unit is "K"/],
    ['no beam', { image: { ...image, beam: undefined } }, /to have a restoring beam/],
    ['only NaN', { image: { ...image, pixels: filled(NaN) } }, /but all are NaN/],
    ['an rms of 0', { rmsJyBeam: 0 }, /to be a positive number of Jy\/beam but received 0/],
    ['an rms of NaN', { rmsJyBeam: NaN }, /but received NaN/],
    ['an rms of infinity', { rmsJyBeam: Infinity }, /but received Infinity/],
    [
      'another shape',
      { primaryBeam: { ...primaryBeam, pixels: filled(1, [64, 32]) } },
      /shape 64 x 64 but it has 64 x 32/,
    ],
    [
      'a primary beam elsewhere',
      { primaryBeam: { ...primaryBeam, wcs: { ...primaryBeam.wcs, centerX: 31 } } },
      /on the image's pixels/,
    ],
    ['no primary beam at all', { primaryBeam: { ...primaryBeam, pixels: filled(NaN) } }, /to have its peak between/],
    ['a primary beam in percent', { primaryBeam: { ...primaryBeam, pixels: filled(100) } }, /but the peak is 100/],
    [
      'a beam that is too different',
      { image: { ...image, beam: { majorArcsec: 400, minorArcsec: 300, positionAngleDeg: 0 } } },
      /within 20 % of the median 300.0" x 300.0", but odd has 400.0" x 300.0" at 0 deg/,
    ],
    [
      'another frequency',
      { image: { ...image, freqHz: 1.3e9 } },
      /within 50 MHz of the median 1405 MHz, but odd is at 1300 MHz/,
    ],
  ];
  test.each(bad)('%s, naming the tile', async (_, fields, message) => {
    const odd = { ...good, ...fields, id: 'odd' };
    await expect(mosaicImages([good, odd, good])).rejects.toMatchObject({
      code: 'MOSAIC',
      message: expect.stringMatching(message) as string,
    });
    await expect(mosaicImages([good, odd, good])).rejects.toThrow('odd');
  });

  const badOptions: [string, MosaicOptions][] = [
    ['a cut-off of 0', { primaryBeamCutoff: 0 }],
    ['an unknown kernel', { kernel: 'nearest' as 'bilinear' }],
    ['a negative cell', { cellArcsec: -1 }],
    ['a misspelt option', { cutoff: 0.1 } as MosaicOptions],
    ['half a thread', { threads: 0.5 }],
    ['a grid without pixels', { grid: { wcs: image.wcs, nx: 0, ny: 5 } }],
    ['a grid without cell', { grid: { wcs: { ...image.wcs, cellArcsec: NaN }, nx: 5, ny: 5 } }],
  ];
  test.each(badOptions)('%s', async (_, options) => {
    await expect(mosaicImages([good], options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('no tiles', async () => {
    await expect(mosaicImages([])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

test('identical tiles give the tile, with less noise', async () => {
  const tile = tileAt({ raDeg: 10, decDeg: 20 });
  tile.image.pixels.data.forEach((_, i, data) => (data[i] = Math.sin(i / 5) * tile.primaryBeam.pixels.data[i]!));
  const grid = { wcs: tile.image.wcs, nx: 64, ny: 64 };
  const one = await mosaicImages([tile], { grid });
  const four = await mosaicImages([tile, tile, tile, tile], { grid });
  expect(four.rms.pixels.get(32, 32)).toBeCloseTo(one.rms.pixels.get(32, 32) / 2, 9);
  expect(four.coverage.pixels.get(32, 32)).toBe(4);
  for (let i = 0; i < 64 * 64; i++) {
    const value = one.mosaic.pixels.data[i]!;
    if (Number.isNaN(value)) continue;
    expect(value).toBeCloseTo(tile.image.pixels.data[i]! / tile.primaryBeam.pixels.data[i]!, 5);
    expect(four.mosaic.pixels.data[i]).toBeCloseTo(value, 6);
  }
});

test('reprojectImage onto its own grid keeps the pixels, onto another says NaN outside', async () => {
  const { primaryBeam } = tileAt({ raDeg: 10, decDeg: 20 });
  const same = await reprojectImage(primaryBeam, { wcs: primaryBeam.wcs, nx: 64, ny: 64 });
  expect(same.pixels.get(20, 30)).toBeCloseTo(primaryBeam.pixels.get(20, 30), 6);
  const wcs = { ...primaryBeam.wcs, center: { raDeg: 50, decDeg: 20 } };
  const elsewhere = await reprojectImage(primaryBeam, { wcs, nx: 8, ny: 8 }, { kernel: 'lanczos3' });
  expect([...elsewhere.pixels.data].every(Number.isNaN)).toBe(true);
});
