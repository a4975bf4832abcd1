import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import ndarray from 'ndarray';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readFits, skyToPixel, writeFits } from '../../src/fits/index.js';
import type { SkyImage } from '../../src/fits/index.js';
import { mosaicPlanes } from '../../src/mosaic/index.js';
import { makeMemoryFolder } from '../support/memory-folder.js';
import { makeTile, measurePeak } from '../support/mosaic-tiles.js';

const source = { raDeg: 10.03, decDeg: 20.04 };

let folder: string;
beforeAll(() => void (folder = makeMemoryFolder('contimg-planes-')));
afterAll(() => rmSync(folder, { recursive: true }));

/** A tile at a frequency or of a Stokes parameter, as files. */
async function tileFiles(name: string, raDeg: number, fluxJy: number, fields: Partial<SkyImage>) {
  const { image, primaryBeam } = makeTile({
    center: { raDeg, decDeg: 20 },
    ...{ npix: 96, cellArcsec: 12, beamPixels: 5, beamFwhmDeg: 0.5, rmsJyBeam: 0.01 },
    sources: [{ ...source, fluxJy }],
  });
  const paths = { image: join(folder, `${name}-image.fits`), primaryBeam: join(folder, `${name}-pb.fits`) };
  await writeFits(paths.image, { ...image, ...fields });
  await writeFits(paths.primaryBeam, primaryBeam);
  return { ...paths, rmsJyBeam: 0.01 };
}

const peakIn = (image: SkyImage) => measurePeak(image, skyToPixel(image.wcs, source)).peak;

describe('mosaicPlanes', () => {
  test('makes the mosaics of parts of a band on the same pixels, each with its own flux and frequency', async () => {
    const part = async (name: string, fluxJy: number, freqHz: number, centers: number[]) => ({
      name,
      tiles: await Promise.all(centers.map((raDeg, i) => tileFiles(`${i}-${name}`, raDeg, fluxJy, { freqHz }))),
    });
    const planes = [
      await part('0000', 1.2, 1.32e9, [9.95, 10.1]),
      await part('0001', 0.9, 1.48e9, [9.95]), // the second tile has no data there
      await part('MFS', 1, 1.4e9, [9.95, 10.1]),
    ];
    const fractions: number[] = [];
    const made = await mosaicPlanes(join(folder, 'strip'), planes, { onProgress: value => fractions.push(value) });
    expect(made.map(({ files }) => files[0])).toEqual(planes.map(({ name }) => join(folder, `strip-${name}.fits`)));
    const images = await Promise.all(made.map(({ files }) => readFits(files[0]!)));
    for (const [i, image] of images.entries()) {
      expect(image.pixels.shape).toEqual(images[0]!.pixels.shape);
      expect(image.wcs).toEqual(images[0]!.wcs);
      expect(peakIn(image)).toBeCloseTo([1.2, 0.9, 1][i]!, 3);
      expect(image.freqHz).toBeCloseTo([1.32e9, 1.48e9, 1.4e9][i]!, 0);
    }
    expect(images.map(({ keywords }) => keywords['NTILES'])).toEqual([2, 1, 2]);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  test('makes those of Stokes parameters, negative fluxes too', async () => {
    const planes = [];
    for (const [stokes, fluxJy] of [
      ['I', 1],
      ['Q', -0.3],
    ] as const)
      planes.push({ name: stokes, tiles: [await tileFiles(stokes, 10, fluxJy, { stokes })] });
    const made = await mosaicPlanes(join(folder, 'polarized'), planes);
    const [i, q] = await Promise.all(made.map(({ files }) => readFits(files[0]!)));
    expect([i!.stokes, q!.stokes]).toEqual(['I', 'Q']);
    expect(peakIn(i!)).toBeCloseTo(1, 3);
    const negative = new Float32Array(q!.pixels.data.map(value => -value));
    expect(Math.max(...negative.filter(Number.isFinite))).toBeGreaterThan(0.29);
  });

  test('leaves out a tile that is blank in one part, and writes nothing where one part cannot be made', async () => {
    const blank = { pixels: ndarray(new Float32Array(96 * 96).fill(NaN), [96, 96]) };
    const [a, b] = [await tileFiles('a-half', 9.95, 1, {}), await tileFiles('b-half', 10.1, 1, {})];
    const planes = [
      { name: '0000', tiles: [a, b] },
      { name: '0001', tiles: [await tileFiles('a-blank', 9.95, 1, blank), b] },
    ];
    await expect(mosaicPlanes(join(folder, 'half'), planes)).rejects.toThrow(/but all are NaN/);
    const made = await mosaicPlanes(join(folder, 'half'), planes, { badTiles: 'leaveOut' });
    expect(made.map(({ tiles, leftOut }) => [tiles.length, leftOut.length])).toEqual([
      [2, 0],
      [1, 1],
    ]);
    expect(made[1]!.leftOut[0]).toMatchObject({
      id: 'a-blank-image.fits',
      reason: expect.stringMatching(/but all are NaN/) as string,
    });
    const odd = { name: '0002', tiles: [a, await tileFiles('odd', 10.1, 1, { freqHz: 1.2e9 })] };
    await expect(mosaicPlanes(join(folder, 'none'), [...planes.slice(0, 1), odd])).rejects.toThrow(
      /frequencies within/,
    );
    expect(readdirSync(folder).filter(name => name.startsWith('none'))).toEqual([]);
  });

  test('refuses names that are none, before anything is written', async () => {
    const tiles = [await tileFiles('again', 10, 1, {})];
    const before = readdirSync(folder);
    for (const names of [[], ['a', 'a'], ['../a'], ['']])
      await expect(
        mosaicPlanes(
          join(folder, 'x'),
          names.map(name => ({ name, tiles })),
        ),
      ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(readdirSync(folder)).toEqual(before);
  });
});
