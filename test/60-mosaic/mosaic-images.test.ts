import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { pixelToSky, readFits, skyToPixel, writeFits } from '../../src/fits/index.js';
import type { SkyImage } from '../../src/fits/index.js';
import { mosaicFiles, mosaicImages } from '../../src/mosaic/index.js';
import type { Mosaic } from '../../src/mosaic/index.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';
import { makeTile, measurePeak, spiral } from '../support/mosaic-tiles.js';
import type { MemoryTile, SkySource } from '../support/mosaic-tiles.js';

const beamPixels = 5;

function worstErrors(mosaic: Mosaic, sources: readonly SkySource[], minWeight: number) {
  const worst = { pixels: 0, flux: 0, n: 0 };
  for (const source of sources) {
    const expected = skyToPixel(mosaic.mosaic.wcs, source);
    const [x, y] = [Math.round(expected.x), Math.round(expected.y)];
    const [ny, nx] = mosaic.mosaic.pixels.shape as [number, number];
    if (!(x > 1 && y > 1 && x < nx - 2 && y < ny - 2) || !(mosaic.weight.pixels.get(y, x) > minWeight)) continue;
    const found = measurePeak(mosaic.mosaic, expected);
    worst.pixels = Math.max(worst.pixels, Math.hypot(found.x - expected.x, found.y - expected.y));
    worst.flux = Math.max(worst.flux, Math.abs(found.peak / source.fluxJy - 1));
    worst.n++;
  }
  return worst;
}

describe('mosaicImages', () => {
  const fields = [
    ['the DSA-110 strip', 343.2, 16.15],
    ['0h of right ascension', 359.8, 16.15],
    ['the south', 83.6, -30],
    ['high declination', 0.5, 80],
    ['the pole', 10, 90],
  ] as const;
  test.each(fields)('keeps every source at its place with its flux: %s', async (_, raDeg, decDeg) => {
    const sources = spiral({ raDeg, decDeg }, 0.7, 40);
    const shifts = [
      [-0.6, 0.1],
      [0, 0],
      [0.6, -0.1],
      [0.1, 0.5],
    ] as const;
    const tiles = shifts.map(([dx, dy], i) => {
      const dec = Math.min(decDeg + dy, 90);
      const ra = dec > 89.9 ? raDeg + 90 * i : raDeg + dx / Math.cos((dec * Math.PI) / 180);
      const center = { raDeg: (ra + 360) % 360, decDeg: dec };
      return makeTile({
        center,
        npix: 300,
        cellArcsec: 12,
        beamPixels,
        beamFwhmDeg: 0.7,
        rmsJyBeam: 0.01 * (i + 1),
        sources,
      });
    });
    const mosaic = await mosaicImages(tiles);
    const worst = worstErrors(mosaic, sources, (0.15 / 0.01) ** 2);
    expect(worst.n).toBeGreaterThan(20);
    expect(worst.pixels).toBeLessThan(0.02);
    expect(worst.flux).toBeLessThan(0.003);
  });

  test('gives the estimate of least noise, its rms and coverage', async () => {
    const center = { raDeg: 10, decDeg: 20 };
    const flat = (value: number, response: number, rmsJyBeam: number) => {
      const tile = makeTile({ center, npix: 32, cellArcsec: 12, beamPixels, beamFwhmDeg: 1, rmsJyBeam, sources: [] });
      tile.image.pixels.data.fill(value * response);
      tile.primaryBeam.pixels.data.fill(response);
      return tile;
    };
    const mosaic = await mosaicImages([flat(2.1, 0.9, 0.01), flat(1.8, 0.4, 0.02)]);
    const { x, y } = skyToPixel(mosaic.mosaic.wcs, center);
    const at = (image: SkyImage) => image.pixels.get(Math.round(y), Math.round(x));
    const [w1, w2] = [(0.9 / 0.01) ** 2, (0.4 / 0.02) ** 2];
    expect(at(mosaic.mosaic)).toBeCloseTo((w1 * 2.1 + w2 * 1.8) / (w1 + w2), 5);
    expect(at(mosaic.rms)).toBeCloseTo(1 / Math.sqrt(w1 + w2), 7);
    expect(at(mosaic.weight)).toBeCloseTo(w1 + w2, 2);
    expect(at(mosaic.coverage)).toBe(2);
    expect(String(mosaic)).toMatch(/^Mosaic 32x32, 12", 2 tiles, rms from 10.8 mJy\/beam$/);
  });

  test('says in its header what went in', async () => {
    const tile = (id: string, dateObs: string, midTimeMjdSec: number, majorArcsec: number): MemoryTile => {
      const made = makeTile({
        center: { raDeg: 10, decDeg: 20 },
        npix: 64,
        cellArcsec: 12,
        beamPixels,
        beamFwhmDeg: 0.2,
        rmsJyBeam: 0.01,
        sources: [],
      });
      const beam = { majorArcsec, minorArcsec: 50, positionAngleDeg: 89 };
      return { ...made, id, image: { ...made.image, dateObs, midTimeMjdSec, beam } };
    };
    const { mosaic, weight, rms, coverage, tiles } = await mosaicImages([
      tile('b', '2026-01-25T22:05:14Z', 5276020000, 66),
      tile('a', '2026-01-25T22:00:05Z', 5276019700, 60),
      tile('c', '2026-01-25T22:10:23Z', 5276020300, 62),
    ]);
    expect(mosaic.dateObs).toBe('2026-01-25T22:00:05Z');
    expect(mosaic.midTimeMjdSec).toBe(5276020000);
    expect(mosaic.exposureSec).toBeCloseTo(3 * 309.24, 9);
    expect(mosaic.beam!.majorArcsec).toBeCloseTo(62, 9);
    expect(mosaic.beam!.minorArcsec).toBeCloseTo(50, 9);
    expect(mosaic.beam!.positionAngleDeg).toBeCloseTo(89, 9);
    expect(mosaic.keywords).toEqual({ NTILES: 3, PBCUTOFF: 0.1, KERNEL: 'optimal' });
    expect(mosaic.history.slice(2)).toEqual([
      'tile b: sigma 1.0000e-2 Jy/beam, weight 1.0000e+4 at A = 1',
      'tile a: sigma 1.0000e-2 Jy/beam, weight 1.0000e+4 at A = 1',
      'tile c: sigma 1.0000e-2 Jy/beam, weight 1.0000e+4 at A = 1',
    ]);
    expect([mosaic.unit, weight.unit, rms.unit, coverage.unit]).toEqual(['Jy/beam', 'beam2/Jy2', 'Jy/beam', '']);
    expect(tiles.map(({ id }) => id)).toEqual(['b', 'a', 'c']);
  });

  test('takes tiles that do not overlap', async () => {
    const tiles = [10, 12].map(raDeg =>
      makeTile({
        center: { raDeg, decDeg: 20 },
        npix: 64,
        cellArcsec: 20,
        beamPixels,
        beamFwhmDeg: 0.2,
        rmsJyBeam: 0.01,
        sources: [{ raDeg, decDeg: 20, fluxJy: 1 }],
      }),
    );
    const { mosaic, coverage } = await mosaicImages(tiles);
    for (const raDeg of [10, 12])
      expect(measurePeak(mosaic, skyToPixel(mosaic.wcs, { raDeg, decDeg: 20 })).peak).toBeCloseTo(1, 2);
    const between = skyToPixel(mosaic.wcs, { raDeg: 11, decDeg: 20 });
    expect(mosaic.pixels.get(Math.round(between.y), Math.round(between.x))).toBeNaN();
    expect(Math.max(...coverage.pixels.data)).toBe(1);
  });

  test('gives the same bits with one thread and two, and from files', async () => {
    const tiles = [9.9, 10.1].map(raDeg =>
      makeTile({
        center: { raDeg, decDeg: 20 },
        npix: 128,
        cellArcsec: 12,
        beamPixels,
        beamFwhmDeg: 0.3,
        rmsJyBeam: 0.01,
        sources: [{ raDeg: 10, decDeg: 20, fluxJy: 1 }],
      }),
    );
    const one = await mosaicImages(tiles, { threads: 1 });
    const folder = mkdtempSync(join(tmpdir(), 'contimg-mosaic-'));
    try {
      const paths = await Promise.all(
        tiles.map(async ({ image, primaryBeam, rmsJyBeam }, i) => {
          const [a, b] = [join(folder, `${i}-image.fits`), join(folder, `${i}-pb.fits`)];
          await writeFits(a, image);
          await writeFits(b, primaryBeam);
          return { image: a, primaryBeam: b, rmsJyBeam };
        }),
      );
      const two = await mosaicFiles(join(folder, 'two'), paths, { threads: 2 });
      expect(two.files).toEqual(['', '-weight', '-rms', '-coverage'].map(end => join(folder, `two${end}.fits`)));
      for (const [i, key] of (['mosaic', 'weight', 'rms', 'coverage'] as const).entries()) {
        const { pixels } = await readFits(two.files[i]!);
        expect(Buffer.from(one[key].pixels.data.buffer).equals(Buffer.from(pixels.data.buffer))).toBe(true);
      }
      const some = await mosaicFiles(join(folder, 'some'), paths, { maps: ['rms'] });
      expect(some.files).toEqual(['', '-rms'].map(end => join(folder, `some${end}.fits`)));
      expect(readdirSync(folder).filter(file => file.startsWith('some'))).toHaveLength(2);
      expect(readFileSync(some.files[1]!).equals(readFileSync(two.files[2]!))).toBe(true);
      await expect(mosaicFiles(join(folder, 'some'), paths, { maps: ['depth' as 'rms'] })).rejects.toThrow(
        'Expected maps to be one of weight, rms, coverage',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('reports progress up to 1 and stops when aborted', async () => {
    const tile = makeTile({
      center: { raDeg: 10, decDeg: 20 },
      npix: 64,
      cellArcsec: 12,
      beamPixels,
      beamFwhmDeg: 0.2,
      rmsJyBeam: 0.01,
      sources: [],
    });
    const fractions: number[] = [];
    await mosaicImages([tile, tile], { onProgress: fraction => fractions.push(fraction) });
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = () => controller.abort(reason);
    await expect(mosaicImages([tile, tile], { signal: controller.signal, onProgress })).rejects.toBe(reason);
  });
});

describeIf(hasPythonModule('astropy'), 'python3-astropy is missing', 'a mosaic in astropy', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-mosaic-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // An independent linear mosaic: pixel positions by astropy's WCS, values by cubic convolution in numpy (Keys 1981).
  const script = `
import json, sys, warnings
warnings.simplefilter('error')
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

def keys(f):
    d = np.abs(np.stack([f + 1, f, 1 - f, 2 - f]))
    near, far = 1.5 * d**3 - 2.5 * d**2 + 1, -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return np.where(d <= 1, near, far)

def sample(image, x, y):
    ny, nx = image.shape
    inside = (x >= 2) & (y >= 2) & (x < nx - 3) & (y < ny - 3)  # where six pixels lie inside, as ours needs
    ix, iy = np.where(inside, np.floor(x), 5).astype(int), np.where(inside, np.floor(y), 5).astype(int)
    wx, wy = keys(np.where(inside, x - ix, 0)), keys(np.where(inside, y - iy, 0))
    value = sum(wy[j] * wx[i] * image[iy + j - 1, ix + i - 1] for j in range(4) for i in range(4))
    return np.where(inside, value, np.nan)

folder, rms = sys.argv[1], json.loads(sys.argv[2])
ours, header = fits.getdata(folder + '/mosaic.fits')[0, 0], fits.getheader(folder + '/mosaic.fits')
yy, xx = np.mgrid[:ours.shape[0], :ours.shape[1]]
ra, dec = WCS(header).celestial.all_pix2world(xx.ravel(), yy.ravel(), 0)
numerator, weight, coverage = np.zeros((3, ours.size))
for i, sigma in enumerate(rms):
    image = fits.getdata(f'{folder}/tile{i}.fits')[0, 0].astype(float)
    beam = fits.getdata(f'{folder}/beam{i}.fits')[0, 0].astype(float)
    x, y = WCS(fits.getheader(f'{folder}/tile{i}.fits')).celestial.all_world2pix(ra, dec, 0)
    a, v = sample(beam, x, y), sample(image, x, y)
    use = np.isfinite(a) & (np.nan_to_num(a) >= 0.1)
    numerator[use] += (a * v / sigma**2)[use]
    weight[use] += (a**2 / sigma**2)[use]
    coverage[use] += 1
with np.errstate(all='ignore'):
    theirs = (numerator / weight).reshape(ours.shape)
same = (coverage > 0) & (coverage == fits.getdata(folder + '/coverage.fits')[0, 0].ravel())
both = same.reshape(ours.shape)
rms_map = fits.getdata(folder + '/rms.fits')[0, 0]
with np.errstate(all='ignore'):
    rms_ratio = (rms_map * np.sqrt(weight.reshape(ours.shape)))[both]
print(json.dumps(dict(
    both=float(both.mean()), ours=float(np.isfinite(ours).mean()), theirs=float(np.isfinite(theirs).mean()),
    peak=float(np.nanmax(ours)), worst=float(np.abs(ours - theirs)[both].max()),
    rms=[float(np.percentile(rms_ratio, 1)), float(np.percentile(rms_ratio, 99))])))
`;

  test('is the one that astropy and numpy make of the same tiles', async () => {
    const sources = spiral({ raDeg: 359.9, decDeg: 54.5 }, 0.5, 30);
    const rms = [0.01, 0.013, 0.008];
    const tiles = [359.4, 359.95, 0.5].map((raDeg, i) =>
      makeTile({
        center: { raDeg, decDeg: 54.3 + 0.1 * i },
        npix: 256,
        cellArcsec: 12,
        beamPixels: 8,
        beamFwhmDeg: 0.6,
        rmsJyBeam: rms[i]!,
        sources,
      }),
    );
    for (const [i, tile] of tiles.entries()) {
      await writeFits(join(folder, `tile${i}.fits`), tile.image);
      await writeFits(join(folder, `beam${i}.fits`), tile.primaryBeam);
    }
    const files = tiles.map(({ rmsJyBeam }, i) => {
      return { image: join(folder, `tile${i}.fits`), primaryBeam: join(folder, `beam${i}.fits`), rmsJyBeam };
    });
    const mosaic = await mosaicImages(files);
    await writeFits(join(folder, 'mosaic.fits'), mosaic.mosaic);
    await writeFits(join(folder, 'rms.fits'), mosaic.rms);
    await writeFits(join(folder, 'weight.fits'), mosaic.weight);
    await writeFits(join(folder, 'coverage.fits'), mosaic.coverage);
    expect((await readFits(join(folder, 'mosaic.fits'))).history).toEqual(mosaic.mosaic.history);
    const result = JSON.parse(runPython(script, [folder, JSON.stringify(rms)])) as Record<string, number> & {
      rms: [number, number];
    };
    expect(result['both']! / Math.max(result['ours']!, result['theirs']!)).toBeGreaterThan(0.998);
    // Measured 0.1 %, which is what cubic convolution costs at this beam.
    expect(result['worst']! / result['peak']!).toBeLessThan(0.003);
    expect(result.rms[0]).toBeCloseTo(1, 3);
    expect(result.rms[1]).toBeCloseTo(1, 3);
  });
});

test('pixelToSky of a mosaic is where its tiles say', async () => {
  const center = { raDeg: 0.1, decDeg: 16 };
  const tile = makeTile({ center, npix: 64, cellArcsec: 12, beamPixels, beamFwhmDeg: 0.1, rmsJyBeam: 1, sources: [] });
  const { mosaic } = await mosaicImages([tile]);
  const { raDeg, decDeg } = pixelToSky(mosaic.wcs, mosaic.wcs.centerX, mosaic.wcs.centerY);
  expect(raDeg).toBeCloseTo(0.1, 10);
  expect(decDeg).toBeCloseTo(16, 10);
});
