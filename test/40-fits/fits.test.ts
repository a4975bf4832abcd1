import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ndarray from 'ndarray';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { readFits, writeFits } from '../../src/fits/index.js';
import type { SkyImage } from '../../src/fits/index.js';
import { readWithFitsjs } from '../support/fitsjs.js';
import { makeSkyImage } from '../support/sky-image.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'contimg-fits-'));
  path = join(folder, 'image.fits');
});
afterEach(() => rmSync(folder, { recursive: true }));

const wcs = { center: { raDeg: 343.2, decDeg: 16.15 }, cellArcsec: 7.2, centerX: 4, centerY: 3 };
const image = makeSkyImage([6, 8], (x, y) => (x === 3 && y === 2 ? NaN : 0.1 * x - y), {
  wcs,
  beam: { majorArcsec: 38.4, minorArcsec: 27.1, positionAngleDeg: -12.5 },
  keywords: { NTILES: 10, SIGMA: 1.25e-3, 'GROUP-ID': '2026-01-25T22:00:05', LONG: 'word '.repeat(40).trim() },
  history: ['contimg 0.1.0', 'x'.repeat(200), `${'a b  c   d '.repeat(20)}end`, 'last'],
});

describe('writeFits and readFits', () => {
  test('give back every field', async () => {
    await writeFits(path, image);
    const back = await readFits(path);
    expect([...back.pixels.data]).toEqual([...image.pixels.data]);
    expect(back.pixels.shape).toEqual([6, 8]);
    expect(back.wcs.centerX).toBe(image.wcs.centerX);
    expect(back.wcs.center).toEqual(image.wcs.center);
    expect(back.wcs.cellArcsec).toBeCloseTo(image.wcs.cellArcsec, 12);
    expect(back.beam?.majorArcsec).toBeCloseTo(38.4, 10);
    expect(back.beam?.minorArcsec).toBeCloseTo(27.1, 10);
    expect(back.beam?.positionAngleDeg).toBe(-12.5);
    expect(back.midTimeMjdSec).toBeCloseTo(image.midTimeMjdSec, 4);
    for (const key of ['unit', 'stokes', 'freqHz', 'bandwidthHz', 'dateObs', 'exposureSec', 'telescopeName'] as const)
      expect(back[key]).toBe(image[key]);
    expect(back.objectName).toBe(image.objectName);
    expect(back.keywords).toEqual(image.keywords);
    expect(back.history).toEqual(image.history);
  });

  test('write the elements of a view, not of its memory', async () => {
    const memory = ndarray(
      Float32Array.from({ length: 12 }, (_, i) => i),
      [3, 4],
    );
    await writeFits(path, { ...image, pixels: memory.lo(1, 1).hi(2, 2) });
    expect([...(await readFits(path)).pixels.data]).toEqual([5, 6, 9, 10]);
  });

  test.each(['I', 'V', 'XX', 'YY', 'RL'] as const)('tell what %s shows', async stokes => {
    await writeFits(path, { ...image, stokes });
    expect((await readFits(path)).stokes).toBe(stokes);
  });

  test('write the same bytes for the same image', async () => {
    await writeFits(path, image);
    await writeFits(join(folder, 'again.fits'), image);
    expect(readFileSync(path).equals(readFileSync(join(folder, 'again.fits')))).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['again.fits', 'image.fits']);
  });

  test('take file names that cfitsio would interpret', async () => {
    const odd = join(folder, 'a[1:2](b)+3 é.fits');
    await writeFits(odd, image);
    expect((await readFits(odd)).objectName).toBe(image.objectName);
  });

  test('keep what exists, unless told to overwrite', async () => {
    await writeFits(path, image);
    await expect(writeFits(path, image)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS', path });
    await writeFits(path, { ...image, objectName: 'other' }, { overwrite: true });
    expect((await readFits(path)).objectName).toBe('other');
  });
});

describe('writeFits refuses', () => {
  const cases: [string, Partial<SkyImage>][] = [
    ['text that is not ASCII', { objectName: 'Sgr A✶' }],
    ['a line break in the history', { history: ['a\nb'] }],
    ['a keyword that is too long', { keywords: { TOOLONGKEY: 1 } }],
    ['a keyword of its own', { keywords: { CRVAL1: 1 } }],
    ['a keyword value that is not finite', { keywords: { SIGMA: NaN } }],
    ['a time that is none', { dateObs: 'yesterday' }],
    ['no frequency', { freqHz: NaN }],
    ['a Stokes parameter that is none', { stokes: 'A' as never }],
    ['a beam without width', { beam: { majorArcsec: 0, minorArcsec: 1, positionAngleDeg: 0 } }],
    ['a center that is no place', { wcs: { ...image.wcs, center: { raDeg: 0, decDeg: 91 } } }],
    ['an image without pixels', { pixels: ndarray(new Float32Array(0), [0, 4]) }],
  ];
  test.each(cases)('%s', async (_, fields) => {
    await expect(writeFits(path, { ...image, ...fields })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('readFits refuses', () => {
  test('what is missing', async () => {
    await expect(readFits(path)).rejects.toMatchObject({ code: 'FILE_ACCESS', path });
  });

  test('a file that is cut', async () => {
    await writeFits(path, image);
    const whole = readFileSync(path);
    for (const size of [0, 1, 79, 80, 1000, 2879, 2880, whole.length - 2880, whole.length - 1]) {
      writeFileSync(path, whole);
      truncateSync(path, size);
      await expect(readFits(path), `cut to ${size}`).rejects.toMatchObject({ code: 'FITS_FORMAT', path });
    }
  });

  const changes: [string, string, string][] = [
    ['another projection', "CTYPE1  = 'RA---SIN'", "CTYPE1  = 'RA---ARC'"],
    ['axes of two projections', "CTYPE1  = 'RA---SIN'", "CTYPE1  = 'RA---TAN'"],
    ['galactic coordinates', "CTYPE2  = 'DEC--SIN'", "CTYPE2  = 'GLAT-SIN'"],
    ['cells without size', 'CDELT1  =               -0.002', 'CDELT1  =                   0.'],
    ['text for a number', 'CRVAL1  =                343.2', "CRVAL1  = '343.2'             "],
    ['no frequency', "CTYPE3  = 'FREQ", "CTYPE3  = 'VELO"],
    ['a bad date', "DATE-OBS= '2026-01-25", "DATE-OBS= '2026-99-25"],
    ['another time scale', "TIMESYS = 'UTC", "TIMESYS = 'TAI"],
    ['an old equinox', "RADESYS = 'ICRS    '", "RADESYS = 'FK4     '"],
    ['an unknown Stokes code', 'CRVAL4  =                   1.', 'CRVAL4  =                  77.'],
    ['a cube', 'NAXIS3  =                    1', 'NAXIS3  =                    2'],
  ];
  test.each(changes)('%s', async (_, from, to) => {
    await writeFits(path, image);
    const bytes = readFileSync(path, 'latin1');
    expect(bytes.includes(from), from).toBe(true);
    writeFileSync(path, bytes.replace(from, to), 'latin1');
    await expect(readFits(path)).rejects.toMatchObject({ code: 'FITS_FORMAT', path });
  });
});

test('fitsjs reads the same pixels and header', async () => {
  await writeFits(path, image);
  const { header, nx, ny, pixels } = await readWithFitsjs(path);
  expect([nx, ny]).toEqual([8, 6]);
  expect([...pixels]).toEqual([...image.pixels.data]);
  expect(header.get('CTYPE1')).toBe('RA---SIN');
  expect(header.get('CRVAL1')).toBe(343.2);
  expect(header.get('CRPIX2')).toBe(4);
  expect(header.get('BUNIT')).toBe('Jy/beam');
  expect(header.get('BMAJ')).toBeCloseTo(38.4 / 3600, 14);
  expect(header.get('CRVAL3')).toBe(1.405e9);
  expect(header.get('OBJECT')).toBe('drift_ra343');
  expect(header.get('DATE-OBS')).toBe('2026-01-25T22:00:05');
});
