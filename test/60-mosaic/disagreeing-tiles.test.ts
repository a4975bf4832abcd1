import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readFits } from '../../src/fits/index.js';
import { mosaicFiles, mosaicImages, mosaicPlanes } from '../../src/mosaic/index.js';
import type { MosaicTile } from '../../src/mosaic/index.js';
import { makeTile, spiral } from '../support/mosaic-tiles.js';
import { randomOf } from '../support/random.js';

const sources = spiral({ raDeg: 10, decDeg: 20 }, 0.3, 15);
const random = randomOf(5);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function tileOf(id: string, raDeg: number, fields: Partial<MosaicTile> = {}): MosaicTile & { id: string } {
  const size = { npix: 200, cellArcsec: 12, beamPixels: 5, beamFwhmDeg: 0.5 };
  const tile = makeTile({ center: { raDeg, decDeg: 20 }, ...size, rmsJyBeam: 0.004, sources });
  tile.image.pixels.data.forEach((value, i, data) => (data[i] = value + 0.004 * normal()));
  return { ...tile, ...fields, id };
}

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'contimg-disagreeing-'))));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a tile that disagrees with the others', () => {
  const good = [9.9, 9.97, 10.03, 10.1].map((raDeg, i) => tileOf(`good${i}`, raDeg));
  const bright = tileOf('bright', 10, { fluxScale: 1.6 });
  const moved = tileOf('moved', 10.01, { shiftArcsec: [0, 20] });

  test('is told of where tiles are compared, and kept', async () => {
    const { tiles, leftOut, checks } = await mosaicImages([...good, bright], { compareTiles: true });
    expect(tiles).toHaveLength(5);
    expect(leftOut).toEqual([]);
    expect(checks.find(({ check, tile }) => check === 'fluxRatio' && tile === 'bright')).toMatchObject({
      limit: 0.2,
      passed: false,
    });
  });

  test('is left out where that is asked for, and the mosaic is that of the good ones', async () => {
    const options = { disagreeingTiles: 'leaveOut' } as const;
    const made = await mosaicImages([...good, bright, moved], options);
    expect(made.tiles.map(({ id }) => id)).toEqual(good.map(({ id }) => id));
    expect(made.leftOut.map(({ id }) => id).sort()).toEqual(['bright', 'moved']);
    const history = made.mosaic.history.join(' ');
    expect(history).toMatch(/fluxes differ from the others' by more than 0.2, or positions by 2 arcsec/);
    expect(history).toMatch(/left out: bright: Expected fluxes within 20 % .* those of bright differ by (5|6)\d\.\d %/);
    expect(history).toMatch(/left out: moved: Expected sources within 2" .* those of moved are (19|20)\.\d\d" off/);
    const alone = await mosaicImages(good);
    expect(made.mosaic.wcs).toEqual(alone.mosaic.wcs);
    expect(Buffer.from(made.mosaic.pixels.data.buffer).equals(Buffer.from(alone.mosaic.pixels.data.buffer))).toBe(true);
  });

  test('is kept within limits of its own', async () => {
    const options = { disagreeingTiles: 'leaveOut', maxFluxDifference: 0.9, maxOffsetArcsec: 30 } as const;
    expect((await mosaicImages([...good, bright, moved], options)).tiles).toHaveLength(6);
  });

  test('is left out of its plane alone', async () => {
    const planes = [
      { name: '0000', tiles: [...good, bright] },
      { name: '0001', tiles: good },
    ];
    const made = await mosaicPlanes(join(folder, 'planes'), planes, { disagreeingTiles: 'leaveOut' });
    expect(made.map(({ tiles }) => tiles.length)).toEqual([4, 4]);
    expect(made.map(({ leftOut }) => leftOut.map(({ id }) => id))).toEqual([['bright'], []]);
    expect(made[0]!.grid).toEqual(made[1]!.grid);
  });
});

test('pixels that were rejected are counted in the history, in memory and in files', async () => {
  const tiles = [9.95, 10, 10.05].map((raDeg, i) => tileOf(`t${i}`, raDeg));
  const { data } = (tiles[1]!.image as { pixels: { data: Float32Array } }).pixels;
  for (let y = 80; y < 90; y++) data.fill(7, y * 200 + 100, y * 200 + 110);
  const made = await mosaicImages(tiles, { rejectSigma: 6 });
  const counts = made.tiles.map(({ nRejected }) => nRejected);
  expect(counts[1]).toBeGreaterThan(80);
  const line = `rejected pixels, tile by tile in their order: ${counts.join(',')}`;
  expect(made.mosaic.history.at(-1)).toBe(line);
  const { files } = await mosaicFiles(join(folder, 'rejected'), tiles, { rejectSigma: 6 });
  for (const file of files) expect((await readFits(file)).history.at(-1)).toBe(line);
  // A line of more than one card.
  const many = Array.from({ length: 40 }, () => tiles).flat();
  const { files: longer, tiles: all } = await mosaicFiles(join(folder, 'many'), many, { rejectSigma: 6 });
  const numbers = all.map(({ nRejected }) => nRejected).join(',');
  expect((await readFits(longer[0]!)).history.at(-1)).toBe(`rejected pixels, tile by tile in their order: ${numbers}`);
});
