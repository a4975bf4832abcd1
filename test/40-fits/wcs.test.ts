import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { pixelToSky, skyToPixel, writeFits } from '../../src/fits/index.js';
import type { ImageWcs } from '../../src/fits/index.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';
import { randomOf } from '../support/random.js';
import { makeSkyImage } from '../support/sky-image.js';

const centers = [
  [0, 0],
  [0.01, 16.15],
  [359.99, 16.15],
  [180, -30],
  [83.6, 80],
  [200, 89.9],
  [12, 90],
  [310, -89.5],
] as const;

function wcsAt(raDeg: number, decDeg: number): ImageWcs {
  return { center: { raDeg, decDeg }, cellArcsec: 6.5, centerX: 1024, centerY: 1020 };
}

/** Angle between two directions, degrees. */
function separation(a: { raDeg: number; decDeg: number }, b: { raDeg: number; decDeg: number }): number {
  const degree = Math.PI / 180;
  const deltaRa = (a.raDeg - b.raDeg) * degree;
  const [p, q] = [a.decDeg * degree, b.decDeg * degree];
  const haversine = Math.sin((p - q) / 2) ** 2 + Math.cos(p) * Math.cos(q) * Math.sin(deltaRa / 2) ** 2;
  return (2 * Math.asin(Math.sqrt(haversine))) / degree;
}

describe('skyToPixel and pixelToSky', () => {
  test('put the center at its pixel, north up and east left', () => {
    const wcs = wcsAt(10, 20);
    expect(skyToPixel(wcs, wcs.center).x).toBeCloseTo(1024, 10);
    expect(skyToPixel(wcs, wcs.center).y).toBeCloseTo(1020, 10);
    expect(skyToPixel(wcs, { raDeg: 10, decDeg: 20.1 }).y).toBeGreaterThan(1020);
    expect(skyToPixel(wcs, { raDeg: 10.1, decDeg: 20 }).x).toBeLessThan(1024);
  });

  test.each(centers)('are inverse to each other around (%d, %d)', (ra, dec) => {
    const wcs = wcsAt(ra, dec);
    const random = randomOf(7);
    for (let i = 0; i < 200; i++) {
      const [x, y] = [random() * 2048, random() * 2048];
      const back = skyToPixel(wcs, pixelToSky(wcs, x, y));
      expect(Math.hypot(back.x - x, back.y - y)).toBeLessThan(1e-8);
    }
  });

  test('say NaN for what the projection cannot show', () => {
    const wcs = wcsAt(10, 20);
    expect(skyToPixel(wcs, { raDeg: 190, decDeg: -20 })).toEqual({ x: NaN, y: NaN });
    expect(pixelToSky(wcs, 1e6, 0).raDeg).toBeNaN();
  });
});

describeIf(hasPythonModule('astropy'), 'python3-astropy is missing', 'astropy', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-wcs-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // Any warning, of verification or of the WCS library, is an error.
  const script = `
import json, sys, warnings
warnings.simplefilter('error')
from astropy.io import fits
from astropy.wcs import WCS
import astropy.units as u
from astropy.time import Time
out = []
for path in json.loads(sys.argv[1]):
    with fits.open(path) as hdus:
        hdus.verify('exception')
        header, data = hdus[0].header, hdus[0].data
        wcs = WCS(header)
        points = json.loads(sys.argv[2])
        sky = wcs.celestial.all_pix2world(points, 0)
        back = wcs.celestial.all_world2pix(sky, 0)
        out.append(dict(
            sky=sky.tolist(), back=back.tolist(), shape=data.shape, frame=wcs.celestial.wcs.radesys,
            unit=u.Unit(header['BUNIT']).to_string('fits'), beam=[header['BMAJ'], header['BMIN'], header['BPA']],
            freq=float(wcs.spectral.pixel_to_world(0).to_value('Hz')), value=float(data[0, 0, 1, 2]),
            mid=(Time(header['DATE-AVG']).mjd - header['MJD-AVG']) * 86400,
            start=(Time(header['DATE-OBS']).mjd - header['MJD-OBS']) * 86400,
            name=header['LONGTEXT']))
print(json.dumps(out))
`;

  test('opens our files without a warning and maps every pixel to the same sky', async () => {
    const random = randomOf(3);
    const points = Array.from({ length: 100 }, () => [random() * 2048, random() * 2048] as const);
    const paths = centers.map((_, i) => join(folder, `${i}.fits`));
    for (const [i, [ra, dec]] of centers.entries()) {
      const keywords = { LONGTEXT: 'long text '.repeat(30).trim() };
      await writeFits(
        paths[i]!,
        makeSkyImage([4, 5], (x, y) => x + 10 * y, { wcs: wcsAt(ra, dec), keywords }),
      );
    }
    const results = JSON.parse(runPython(script, [JSON.stringify(paths), JSON.stringify(points)])) as AstropyResult[];
    for (const [i, [ra, dec]] of centers.entries()) {
      const result = results[i]!;
      const wcs = wcsAt(ra, dec);
      for (const [k, [x, y]] of points.entries()) {
        const theirs = { raDeg: result.sky[k]![0]!, decDeg: result.sky[k]![1]! };
        expect(separation(pixelToSky(wcs, x, y), theirs)).toBeLessThan(1e-9);
        const ours = skyToPixel(wcs, theirs);
        expect(Math.hypot(ours.x - x, ours.y - y) * (6.5 / 3600)).toBeLessThan(1e-9);
      }
      expect(result).toMatchObject({ shape: [1, 1, 4, 5], frame: 'ICRS', freq: 1.405e9, value: 12 });
      expect(result.name).toBe('long text '.repeat(30).trim());
      expect(result.unit).toMatch(/^beam-1 Jy|Jy beam-1$/);
      expect(result.beam[0]).toBeCloseTo((5 * 6.5) / 3600, 12);
      expect(Math.abs(result.mid)).toBeLessThan(1e-5);
      expect(Math.abs(result.start)).toBeLessThan(1e-5);
    }
  });
});

interface AstropyResult {
  sky: number[][];
  shape: number[];
  unit: string;
  beam: number[];
  mid: number;
  start: number;
  name: string;
}
