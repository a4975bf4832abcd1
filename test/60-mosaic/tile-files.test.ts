import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { readFits, skyToPixel, writeFits } from '../../src/fits/index.js';
import type { ImageWcs, SkyImage } from '../../src/fits/index.js';
import { findPeaks, mosaicFiles, mosaicImages } from '../../src/mosaic/index.js';
import type { MosaicTile } from '../../src/mosaic/index.js';
import { makeTile, measurePeak } from '../support/mosaic-tiles.js';
import type { MemoryTile } from '../support/mosaic-tiles.js';
import { makeSkyImage } from '../support/sky-image.js';

const center = { raDeg: 10, decDeg: 20 };
const source = { raDeg: 10.03, decDeg: 20.04, fluxJy: 1 };

function tileOf(fields: Partial<Parameters<typeof makeTile>[0]> = {}): MemoryTile {
  const spec = {
    center,
    npix: 96,
    cellArcsec: 12,
    beamPixels: 5,
    beamFwhmDeg: 0.5,
    rmsJyBeam: 0.01,
    sources: [source],
  };
  return makeTile({ ...spec, ...fields });
}

function peakIn(image: SkyImage) {
  return measurePeak(image, skyToPixel(image.wcs, source));
}

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'contimg-tile-files-'))));
afterEach(() => rmSync(folder, { recursive: true }));

async function onDisk(name: string, { image, primaryBeam, rmsJyBeam }: MemoryTile) {
  const paths = { image: join(folder, `${name}-image.fits`), primaryBeam: join(folder, `${name}-pb.fits`) };
  await writeFits(paths.image, image);
  await writeFits(paths.primaryBeam, primaryBeam);
  return { ...paths, rmsJyBeam };
}

describe('tiles that are files', () => {
  test('that are cut, missing or of another shape are refused by their names, and nothing is left', async () => {
    const [a, b] = [await onDisk('a', tileOf()), await onDisk('b', tileOf({ npix: 64 }))];
    const before = readdirSync(folder);
    const output = join(folder, 'mosaic');
    const refused = async (tiles: MosaicTile[], code: string, message: RegExp) =>
      expect(mosaicFiles(output, tiles)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message) as string,
      });
    await refused([a, { ...a, image: join(folder, 'none.fits') }], 'FILE_ACCESS', /none.fits/);
    await refused([{ ...a, primaryBeam: b.primaryBeam }], 'MOSAIC', /shape 96 x 96 but it has 64 x 64/);
    await refused([{ ...a, noise: b.image }], 'MOSAIC', /noise map of .* shape 96 x 96/);
    truncateSync(b.image, 9000);
    await refused([a, b], 'FITS_FORMAT', /b-image.fits.*truncated/);
    expect(readdirSync(folder)).toEqual(before);
  });

  test('that change while they are read end the mosaic', async () => {
    const a = await onDisk('a', tileOf({ npix: 512, cellArcsec: 4 }));
    let changed = false;
    const onProgress = () => {
      if (!changed) truncateSync(a.image, 9000); // after its survey
      changed = true;
    };
    const made = mosaicFiles(join(folder, 'mosaic'), [a], { onProgress });
    await expect(made).rejects.toMatchObject({ code: 'FITS_FORMAT' });
    expect(existsSync(join(folder, 'mosaic.fits'))).toBe(false);
  });

  test('a mosaic that exists is kept, unless told otherwise', async () => {
    const a = await onDisk('a', tileOf());
    const { files } = await mosaicFiles(join(folder, 'mosaic'), [a]);
    await expect(mosaicFiles(join(folder, 'mosaic'), [a])).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await mosaicFiles(join(folder, 'mosaic'), [a], { overwrite: true });
    expect((await readFits(files[0]!)).history.join(' ')).toContain('sigma 1.0000e-2 Jy/beam');
  });
});

describe('tiles of different kinds', () => {
  test('projections, cells and rotations combine to one mosaic', async () => {
    const degree = Math.PI / 180;
    const turned = (cellArcsec: number, angleDeg: number): readonly [number, number, number, number] => {
      const [c, s] = [Math.cos(angleDeg * degree), Math.sin(angleDeg * degree)].map(v => (v * cellArcsec) / 3600) as [
        number,
        number,
      ];
      return [-c, s, s, c];
    };
    const on = (wcs: ImageWcs): MosaicTile => {
      // Drawn pixel by pixel in the plane of the tile: its beam is round, so that only the place of the source counts.
      const at = skyToPixel(wcs, source);
      const fwhm = 60 / wcs.cellArcsec;
      const draw = (x: number, y: number) =>
        Math.exp((-4 * Math.LN2 * ((x - at.x) ** 2 + (y - at.y) ** 2)) / fwhm ** 2);
      const image = makeSkyImage([96, 96], draw, {
        wcs,
        beam: { majorArcsec: 60, minorArcsec: 60, positionAngleDeg: 0 },
      });
      return { image, primaryBeam: { dishDiameterMeters: 4.65 }, rmsJyBeam: 0.01 };
    };
    const middle = { center, centerX: 48, centerY: 48 };
    const mosaic = await mosaicImages([
      on({ ...middle, cellArcsec: 12 }),
      on({ ...middle, cellArcsec: 10, projection: 'TAN', matrixDeg: turned(10, 35) }),
      on({ ...middle, cellArcsec: 11, projection: 'ZEA' }),
      on({ ...middle, cellArcsec: 12, slant: [0.05, -0.3] }),
      on({ ...middle, cellArcsec: 12, projection: 'CAR' }),
    ]);
    expect(mosaic.mosaic.wcs).toMatchObject({ cellArcsec: 10 });
    expect(mosaic.mosaic.wcs.projection).toBeUndefined();
    const expected = skyToPixel(mosaic.mosaic.wcs, source);
    const found = peakIn(mosaic.mosaic);
    expect(Math.hypot(found.x - expected.x, found.y - expected.y)).toBeLessThan(0.02);
    expect(found.peak).toBeCloseTo(1, 2);
    expect(Math.max(...mosaic.coverage.pixels.data)).toBe(5);
  });

  test('in TAN or ZEA alone the mosaic is so too', async () => {
    const tile = tileOf();
    for (const projection of ['TAN', 'ZEA'] as const) {
      const wcs = { ...tile.image.wcs, projection };
      const tiles = [{ ...tile, image: { ...tile.image, wcs }, primaryBeam: { ...tile.primaryBeam, wcs } }];
      expect((await mosaicImages(tiles)).mosaic.wcs.projection).toBe(projection);
      expect((await mosaicImages(tiles, { projection: 'SIN' })).mosaic.wcs.projection).toBeUndefined();
    }
  });
});

describe('what is said of a tile', () => {
  test('a flux scale and a shift correct it, and stand in the history', async () => {
    const tile = tileOf();
    const mosaic = await mosaicImages([{ ...tile, fluxScale: 1.25, shiftArcsec: [30, -18] }]);
    const expected = skyToPixel(mosaic.mosaic.wcs, {
      raDeg: source.raDeg + 30 / 3600 / Math.cos((source.decDeg * Math.PI) / 180),
      decDeg: source.decDeg - 18 / 3600,
    });
    const found = measurePeak(mosaic.mosaic, expected);
    expect(Math.hypot(found.x - expected.x, found.y - expected.y)).toBeLessThan(0.02);
    expect(found.peak).toBeCloseTo(1.25, 2);
    expect(Math.min(...mosaic.rms.pixels.data.filter(Number.isFinite))).toBeCloseTo(0.0125, 4);
    expect(mosaic.mosaic.history.join(' ')).toContain('flux times 1.25, shifted by 30, -18 arcsec E, N');
  });

  test('its noise is measured where it is not given', async () => {
    let seed = 1;
    const uniform = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const gauss = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const tile = tileOf();
    tile.image.pixels.data.forEach((value, i, data) => (data[i] = value + 0.02 * gauss()));
    const { tiles } = await mosaicImages([{ ...tile, rmsJyBeam: undefined }]);
    expect(tiles[0]!.rmsJyBeam / 0.02).toBeGreaterThan(0.95);
    expect(tiles[0]!.rmsJyBeam / 0.02).toBeLessThan(1.08);
    const silent = { ...tileOf({ sources: [] }), rmsJyBeam: undefined };
    await expect(mosaicImages([silent])).rejects.toThrow(/show noise, but it has none/);
  });

  test('a table of the primary beam weights as the image of it', async () => {
    const tile = tileOf();
    const anglesDeg = Array.from({ length: 400 }, (_, i) => i / 400);
    const power = anglesDeg.map(angle => Math.exp((-4 * Math.LN2 * angle ** 2) / 0.5 ** 2));
    const grid = { wcs: tile.image.wcs, nx: 96, ny: 96 };
    const [a, b] = [
      await mosaicImages([tile], { grid }),
      await mosaicImages([{ ...tile, primaryBeam: { anglesDeg, power } }], { grid }),
    ];
    a.weight.pixels.data.forEach((value, i) => {
      const other = b.weight.pixels.data[i]!;
      if (value > 0 && other > 0) expect(other / value).toBeCloseTo(1, 2);
    });
  });
});

describe('a bad tile', () => {
  const good = ['a', 'b', 'c'].map(id => ({ ...tileOf(), id }));

  test('that is too noisy fails the mosaic, or is left out and named', async () => {
    const noisy = { ...tileOf(), id: 'noisy', rmsJyBeam: 0.08 };
    const options = { maxNoiseRatio: 5 };
    await expect(mosaicImages([...good, noisy], options)).rejects.toThrow(
      /at most 5 times the median.*noisy.*8.00 times/,
    );
    const mosaic = await mosaicImages([...good, noisy], { ...options, badTiles: 'leaveOut' });
    expect(mosaic.tiles.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(mosaic.leftOut).toMatchObject([{ id: 'noisy' }]);
    expect(mosaic.checks).toContainEqual({ check: 'noise', tile: 'noisy', value: 8, limit: 5, passed: false });
    expect(mosaic.mosaic.history.join(' ')).toContain('left out: noisy: Expected noise of at most 5 times');
  });

  test('without dynamic range is left out; if all are, the mosaic fails', async () => {
    const dull = { ...tileOf({ sources: [] }), id: 'dull' };
    const options = { minDynamicRange: 5, badTiles: 'leaveOut' } as const;
    expect((await mosaicImages([...good, dull], options)).leftOut).toMatchObject([{ id: 'dull' }]);
    await expect(mosaicImages([dull], options)).rejects.toThrow(/at least one good tile.*peak of dull/);
  });

  test('of a wider beam goes in with a common one', async () => {
    const wide = tileOf({ beamPixels: 7 });
    await expect(mosaicImages([...good, wide])).rejects.toThrow(/or a commonBeam/);
    const mosaic = await mosaicImages([...good, wide], { commonBeam: true });
    expect(mosaic.mosaic.beam!.majorArcsec).toBeCloseTo(84, 6);
    expect(mosaic.mosaic.beam!.minorArcsec).toBeCloseTo(84, 6);
    expect(Math.abs(peakIn(mosaic.mosaic).peak - 1)).toBeLessThan(1e-3);
    // The noise of three tiles grows by 7/5 each.
    const least = Math.min(...mosaic.rms.pixels.data.filter(Number.isFinite));
    expect(least).toBeCloseTo(0.01 / Math.sqrt(3 * (5 / 7) ** 2 + 1), 4);
    // A hundredth wider, as tiles of one pointing are at different hour angles.
    const usual = await mosaicImages([...good, tileOf({ beamPixels: 5.05 })], { commonBeam: true });
    expect(usual.mosaic.beam!.majorArcsec).toBeCloseTo(60.6, 6);
    expect(Math.abs(peakIn(usual.mosaic).peak - 1)).toBeLessThan(1e-3);
    const narrow = { majorArcsec: 70, minorArcsec: 70, positionAngleDeg: 0 };
    await expect(mosaicImages([...good, wide], { commonBeam: narrow })).rejects.toThrow(/at least as wide as that of/);
  });
});

test('findPeaks finds the sources, brightest first, each once', async () => {
  const sources = [source, { raDeg: 9.97, decDeg: 19.95, fluxJy: 3 }, { raDeg: 9.95, decDeg: 20.07, fluxJy: 0.01 }];
  const { mosaic, rms } = await mosaicImages([tileOf({ sources })]);
  const peaks = findPeaks(mosaic, rms);
  expect(peaks.map(({ fluxJyBeam }) => Math.round(fluxJyBeam))).toEqual([3, 1]);
  expect(peaks[0]!.raDeg).toBeCloseTo(9.97, 2);
  expect(peaks[0]!.decDeg).toBeCloseTo(19.95, 2);
});
