import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';

import type { Beam } from '../../src/fits/index.js';
import { mosaicImages } from '../../src/mosaic/index.js';
import type { MosaicTile } from '../../src/mosaic/index.js';
import { makeTile } from '../support/mosaic-tiles.js';
import { makeSkyImage } from '../support/sky-image.js';

const center = { raDeg: 10, decDeg: 20 };
const { image, primaryBeam } = makeTile({
  ...{ center, npix: 64, cellArcsec: 12, beamPixels: 5, beamFwhmDeg: 0.5, rmsJyBeam: 0.01 },
  sources: [{ raDeg: 10.01, decDeg: 20.01, fluxJy: 1 }],
});

function tileOf(id: string, fields: Partial<MosaicTile['image'] & object> = {}): MosaicTile {
  return { id, image: { ...image, ...fields }, primaryBeam, rmsJyBeam: 0.01 };
}

describe('the frequency of a tile', () => {
  test('is compared with the median, whichever tile comes first', async () => {
    const tiles = [tileOf('odd', { freqHz: 1.3e9 }), tileOf('a'), tileOf('b'), tileOf('c')];
    const { leftOut } = await mosaicImages(tiles, { badTiles: 'leaveOut' });
    expect(leftOut).toEqual([
      {
        id: 'odd',
        reason: 'Expected frequencies within 50 MHz of the median 1405 MHz, but odd is at 1300 MHz',
      },
    ]);
  });

  test('of two that are too far apart leaves one of them', async () => {
    const { leftOut } = await mosaicImages([tileOf('a'), tileOf('b', { freqHz: 1.48e9 })], { badTiles: 'leaveOut' });
    expect(leftOut.map(({ id }) => id)).toEqual(['b']);
  });
});

describe('the beam of a tile', () => {
  const beamed = (id: string, majorArcsec: number, minorArcsec: number, positionAngleDeg: number) => {
    const beam: Beam = { majorArcsec, minorArcsec, positionAngleDeg };
    return tileOf(id, { beam });
  };

  test('is compared along every direction, not only its axes by length', async () => {
    const tiles = [beamed('a', 60, 30, 0), beamed('b', 60, 30, 90)];
    await expect(mosaicImages(tiles)).rejects.toThrow(
      'Expected beams within 20 % of the median 42.4" x 42.4", but a has 60.0" x 30.0" at 0 deg',
    );
    const { leftOut } = await mosaicImages([...tiles, beamed('c', 60, 30, 2)], { badTiles: 'leaveOut' });
    expect(leftOut.map(({ id }) => id)).toEqual(['b']);
  });

  test.each([
    [60, 50, 178, 0.006],
    [66, 50, 0, 0.1],
    [60, 42.5, 0, 0.15],
    [50, 60, 90, 0],
  ])('%d" x %d" at %d degrees differs by %d from 60" x 50" at 0', async (major, minor, angle, expected) => {
    const tiles = [
      beamed('a', 60, 50, 0),
      beamed('b', 60, 50, 0),
      beamed('c', 60, 50, 0),
      beamed('d', major, minor, angle),
    ];
    const { checks, mosaic } = await mosaicImages(tiles);
    const found = checks.find(({ check, tile }) => check === 'beam' && tile === 'd')!.value;
    expect(found).toBeCloseTo(expected, 3);
    expect(mosaic.beam!.majorArcsec).toBeCloseTo(60, 9);
    expect(mosaic.beam!.minorArcsec).toBeCloseTo(50, 9);
    expect(Math.sin((mosaic.beam!.positionAngleDeg * Math.PI) / 180)).toBeCloseTo(0, 9);
  });
});

describe('a noise map', () => {
  const mapOf = (value: (x: number, y: number) => number) => makeSkyImage([64, 64], value, { wcs: image.wcs });
  const least = (pixels: { readonly data: Float32Array }) => Math.min(...pixels.data.filter(Number.isFinite));

  test('grows under a common beam as a number does', async () => {
    const commonBeam = { majorArcsec: 120, minorArcsec: 120, positionAngleDeg: 0 };
    const { rmsJyBeam, ...mapped } = { ...tileOf('a'), noise: mapOf(() => 0.01) };
    const byNumber = await mosaicImages([tileOf('a')], { commonBeam });
    const byMap = await mosaicImages([mapped], { commonBeam });
    expect(rmsJyBeam).toBe(0.01);
    expect(least(byNumber.rms.pixels)).toBeCloseTo(0.02, 4); // twice the beam
    expect(least(byMap.rms.pixels)).toBeCloseTo(least(byNumber.rms.pixels), 6);
    expect(byMap.tiles[0]!.rmsJyBeam).toBeCloseTo(0.02, 6);
  });

  test('is what the noise of a tile is judged by: its median, where the image has values', async () => {
    const silent = { ...image, pixels: ndarray(new Float32Array(64 * 64), [64, 64]) };
    const noise = mapOf((x, y) => ((x + y) % 5 === 0 ? (x % 2 === 0 ? NaN : 9) : 0.03));
    const { checks, tiles } = await mosaicImages([{ id: 'silent', image: silent, primaryBeam, noise }, tileOf('b')]);
    expect(tiles[0]!.rmsJyBeam).toBeCloseTo(0.03, 6);
    expect(checks).toContainEqual({
      check: 'noise',
      tile: 'silent',
      value: expect.closeTo(1.5, 5) as number,
      limit: Infinity,
      passed: true,
    });
    const noisy = mapOf(() => 0.5);
    await expect(
      mosaicImages([tileOf('a'), tileOf('b'), { ...tileOf('c'), noise: noisy }], { maxNoiseRatio: 5 }),
    ).rejects.toThrow('that of c, 500 mJy/beam, is 50.0 times');
  });

  test('without any positive number is refused', async () => {
    await expect(mosaicImages([{ ...tileOf('a'), noise: mapOf(() => 0) }])).rejects.toThrow(
      'Expected the noise map of a to have positive numbers where the image has values, but it has none',
    );
  });
});

test.each(['Jy/beam ', 'JY/BEAM', 'jy/beam'])('the unit "%s" is Jy/beam', async unit => {
  const { mosaic } = await mosaicImages([tileOf('a', { unit })]);
  expect(mosaic.unit).toBe('Jy/beam');
});
