import { describe, expect, test } from 'vitest';

import { pixelToSky, skyToPixel } from '../../src/fits/index.js';
import type { ImageWcs } from '../../src/fits/types.js';
import { localMatrix } from '../../src/fits/wcs.js';
import { mosaicImages, planMosaicGrid } from '../../src/mosaic/index.js';
import type { MosaicOptions, MosaicTile } from '../../src/mosaic/index.js';
import { gaussianOnSky, measurePeak } from '../support/mosaic-tiles.js';
import { makeSkyImage } from '../support/sky-image.js';

const degree = Math.PI / 180;
const beam = { majorArcsec: 30, minorArcsec: 30, positionAngleDeg: 0 };
const n = 200;

/** CAR with its reference point on the equator, as is usual: pixels of 6" in declination, narrower on the sky in RA. */
function carAt(raDeg: number, decDeg: number): ImageWcs {
  const center = { raDeg, decDeg: 0 };
  return { center, cellArcsec: 6, centerX: n / 2, centerY: n / 2 - Math.round(decDeg * 600), projection: 'CAR' };
}

function tileOf(wcs: ImageWcs, source?: { raDeg: number; decDeg: number }) {
  const value = (x: number, y: number) => (source ? gaussianOnSky(pixelToSky(wcs, x, y), source, 30) : 0);
  const image = makeSkyImage([n, n], value, { wcs, beam });
  const primaryBeam = makeSkyImage([n, n], () => 1, { wcs, unit: '', beam: undefined });
  return { image, primaryBeam, rmsJyBeam: 0.01 } satisfies MosaicTile;
}

describe('tiles whose reference point is not their middle', () => {
  const decDeg = 54.57;
  const source = { raDeg: 120.05, decDeg: decDeg + 0.01 };
  const found = async (tile: MosaicTile, options: MosaicOptions = {}) => {
    const { mosaic } = await mosaicImages([tile], options);
    const [east, north] = tile.shiftArcsec ?? [0, 0];
    const expected = skyToPixel(mosaic.wcs, source);
    const { cellArcsec } = mosaic.wcs;
    const at = { x: expected.x - east / cellArcsec, y: expected.y + north / cellArcsec };
    const { x, y, peak } = measurePeak(mosaic, at);
    const there = pixelToSky(mosaic.wcs, x, y);
    return {
      peak,
      eastArcsec: (there.raDeg - source.raDeg) * Math.cos(decDeg * degree) * 3600,
      northArcsec: (there.decDeg - source.decDeg) * 3600,
    };
  };

  test('make a mosaic about their middles, with cells as large as their pixels', async () => {
    const { wcs, nx, ny } = await planMosaicGrid([tileOf(carAt(120, decDeg)), tileOf(carAt(120.1, decDeg))]);
    expect(wcs.center.raDeg).toBeCloseTo(120.05, 3);
    expect(wcs.center.decDeg).toBeCloseTo(decDeg, 3);
    expect(wcs.cellArcsec).toBeCloseTo(6 * Math.sqrt(Math.cos(decDeg * degree)), 3);
    expect([wcs.centerX / nx, wcs.centerY / ny].every(part => Math.abs(part - 0.5) < 0.02)).toBe(true);
    expect(ny * wcs.cellArcsec).toBeGreaterThan(n * 6 - 12);
  });

  test('may be far from it: CAR beyond 60 degrees, and a part of a large SIN image', async () => {
    expect((await planMosaicGrid([tileOf(carAt(10, 75))])).wcs.center.decDeg).toBeCloseTo(75, 3);
    const cut: ImageWcs = { center: { raDeg: 100, decDeg: 20 }, cellArcsec: 6, centerX: n / 2 + 24000, centerY: n / 2 };
    const { wcs } = await planMosaicGrid([tileOf(cut)]);
    const middle = pixelToSky(cut, n / 2, n / 2);
    expect(wcs.center.raDeg).toBeCloseTo(middle.raDeg, 9);
    expect(wcs.center.decDeg).toBeCloseTo(middle.decDeg, 9);
  });

  test('are weighted by a dish that looked at their middle', async () => {
    const { image } = tileOf(carAt(120, decDeg));
    const { tiles, weight } = await mosaicImages([
      { image, primaryBeam: { dishDiameterMeters: 4.65 }, rmsJyBeam: 0.01 },
    ]);
    expect(tiles[0]!.center.decDeg).toBeCloseTo(decDeg, 3);
    const at = skyToPixel(weight.wcs, { raDeg: 120, decDeg });
    const most = weight.pixels.data.reduce((a, b) => Math.max(a, b), 0);
    expect(weight.pixels.get(Math.round(at.y), Math.round(at.x)) / most).toBeGreaterThan(0.9999);
  });

  test('are convolved to a common beam that is round on the sky', async () => {
    const tile = tileOf(carAt(120, decDeg), source);
    const { peak } = await found(tile, { commonBeam: { majorArcsec: 60, minorArcsec: 60, positionAngleDeg: 0 } });
    expect(Math.abs(peak - 1)).toBeLessThan(0.003);
  });

  test('are shifted on the sky', async () => {
    const tile = tileOf(carAt(120, decDeg), source);
    for (const [east, north] of [
      [30, 0],
      [0, -20],
    ] as const) {
      const { eastArcsec, northArcsec } = await found({ ...tile, shiftArcsec: [east, north] });
      expect(Math.abs(eastArcsec - east)).toBeLessThan(0.1);
      expect(Math.abs(northArcsec - north)).toBeLessThan(0.1);
    }
  });

  test('differ from others to the east and north where they are, not where the mosaic has its center', async () => {
    const shifted = { raDeg: source.raDeg + 3 / 3600 / Math.cos(decDeg * degree), decDeg: source.decDeg };
    const tiles = [tileOf(carAt(120, decDeg), source), tileOf(carAt(120, decDeg), shifted)];
    // North at the tiles is 8 degrees from north at the center of this projection.
    const far: ImageWcs = { center: { raDeg: 110, decDeg }, cellArcsec: 6, centerX: 0, centerY: 0 };
    const at = skyToPixel(far, { raDeg: 120, decDeg });
    const wcs = { ...far, centerX: Math.round(100 - at.x), centerY: Math.round(100 - at.y) };
    const mosaic = await mosaicImages(tiles, { grid: { wcs, nx: 200, ny: 200 }, compareTiles: true });
    const { eastArcsec, northArcsec } = mosaic.tiles[1]!.agreement!;
    expect(Math.abs(eastArcsec - 3)).toBeLessThan(0.3); // linear in offsets: right to a tenth for a tenth of a beam
    expect(Math.abs(northArcsec)).toBeLessThan(0.1);
  });
});

test('the local matrix is what steps of a pixel do on the sky, in any projection', () => {
  const center = { raDeg: 30, decDeg: 60 };
  for (const projection of ['SIN', 'TAN', 'ZEA', 'CAR'] as const)
    for (const [x, y] of [
      [0, 0],
      [3000, -2000],
    ] as const) {
      const turned: Partial<ImageWcs> = { matrixDeg: [-0.0015, 0.0004, 0.0003, 0.0016], projection };
      const wcs: ImageWcs = { center, cellArcsec: 6, centerX: 0, centerY: 0, ...turned };
      const [a, b, c, d] = localMatrix(wcs, x, y);
      const here = { center: pixelToSky(wcs, x, y), cellArcsec: 3600, centerX: 0, centerY: 0 };
      for (const [i, j] of [
        [1, 0],
        [0, 1],
        [3, -2],
      ] as const) {
        const step = skyToPixel(here, pixelToSky(wcs, x + i, y + j));
        expect(Math.abs(-step.x * degree - (a * i + b * j))).toBeLessThan(1e-8);
        expect(Math.abs(step.y * degree - (c * i + d * j))).toBeLessThan(1e-8);
      }
    }
});
