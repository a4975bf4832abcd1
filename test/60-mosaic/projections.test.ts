import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { peersVenv } from '../../scripts/peers-venv.mjs';
import { pixelToSky, readFits, readFitsHeader, skyToPixel, writeFits } from '../../src/fits/index.js';
import type { SkyImage, SkyImageHeader } from '../../src/fits/index.js';
import { reprojectImage } from '../../src/mosaic/index.js';
import type { MosaicKernel } from '../../src/mosaic/index.js';
import { describeIf } from '../support/oracles.js';
import { measurePeak } from '../support/mosaic-tiles.js';

const python = await peersVenv(['reproject']);

interface Source {
  readonly raDeg: number;
  readonly decDeg: number;
  readonly from: [x: number, y: number];
  readonly to: [x: number, y: number];
}
interface Pair {
  readonly from: string;
  readonly to: string;
  /** Of output pixels per input pixel, in area. */
  readonly areaRatio: number;
  readonly pixels: [x: number, y: number, raDeg: number, decDeg: number][];
  readonly sources: Source[];
}

// Tiles with sources drawn where astropy puts them, grids to put them on, and what reproject makes of them.
const script = `
import json, sys, warnings
warnings.simplefilter('ignore')
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from reproject import reproject_adaptive, reproject_exact, reproject_interp

folder = sys.argv[1]
random = np.random.default_rng(5)

def header(code, ra, dec, cell, n, rotation=0, stretch=1, pv=None, reference=None, lonpole=None):
    h = fits.Header()
    h['SIMPLE'], h['BITPIX'], h['NAXIS'], h['NAXIS1'], h['NAXIS2'] = True, -32, 2, n, n
    h['CTYPE1'], h['CTYPE2'] = 'RA---' + code, 'DEC--' + code
    h['CRVAL1'], h['CRVAL2'] = ra, dec
    h['CRPIX1'], h['CRPIX2'] = reference or (n / 2 + 1, n / 2 + 1)
    h['CDELT1'], h['CDELT2'] = -cell * stretch, cell
    c, s = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
    if rotation:
        h['PC1_1'], h['PC1_2'], h['PC2_1'], h['PC2_2'] = c, -s, s, c
    for i, value in enumerate(pv or []):
        h[f'PV2_{i + 1}'] = value
    if lonpole is not None:
        h['LONPOLE'] = lonpole
    h['RADESYS'], h['EQUINOX'], h['BUNIT'] = 'ICRS', 2000.0, 'Jy/beam'
    h['CTYPE3'], h['CRVAL3'], h['CDELT3'], h['CRPIX3'] = 'FREQ', 1.4e9, 1e8, 1.0
    h['DATE-OBS'] = '2026-01-25T22:00:05'
    h['BMAJ'], h['BMIN'], h['BPA'] = 5 * cell, 5 * cell, 0.0
    return h

def celestial(h):
    return WCS(h).celestial

cell = 6 / 3600
pairs = [
    (header('SIN', 343.2, 16.15, cell, 220), header('SIN', 344.0, 16.5, cell, 260, reference=(-330, 340))),
    (header('SIN', 343.2, 16.15, cell, 220, rotation=30), header('TAN', 343.2, 16.1, cell, 260)),
    (header('SIN', 359.95, 54.5, cell, 220, pv=(0.12, -0.7)), header('ZEA', 0.02, 54.5, cell, 260)),
    (header('TAN', 0.05, -30.0, cell, 220, rotation=-75), header('CAR', 0.0, 0.0, cell, 260, reference=(130, 18130))),
    (header('CAR', 120.0, 0.0, cell, 220, reference=(110, -9600)), header('SIN', 120.0, 16.1, cell, 260, rotation=200)),
    (header('ZEA', 10.0, 89.95, cell, 220), header('SIN', 40.0, 90.0, cell, 260, lonpole=180.0)),
    (header('CAR', 30.0, 40.0, cell, 220), header('TAN', 30.0, 40.0, cell, 260)),
    (header('SIN', 83.6, 22.0, cell, 220), header('SIN', 83.6, 22.0, cell * 1.7, 150, rotation=12)),
    (header('SIN', 83.6, 22.0, cell, 220), header('TAN', 83.6, 22.0, cell * 0.8, 300, rotation=-12)),
]
result = []
for k, (a, b) in enumerate(pairs):
    n, m = a['NAXIS1'], b['NAXIS1']
    y, x = np.mgrid[:n, :n]
    image = np.zeros((n, n))
    sources = []
    for px, py in random.uniform(40, n - 40, (12, 2)):
        if any(np.hypot(px - s['from'][0], py - s['from'][1]) < 30 for s in sources):
            continue
        ra, dec = celestial(a).all_pix2world(px, py, 0)
        tx, ty = celestial(b).all_world2pix(ra, dec, 0)
        sources.append(dict(raDeg=float(ra), decDeg=float(dec), **{'from': [px, py], 'to': [float(tx), float(ty)]}))
        image += np.exp(-4 * np.log(2) * ((x - px) ** 2 + (y - py) ** 2) / 25)
    fits.writeto(f'{folder}/from{k}.fits', image.astype('f4'), a, overwrite=True)
    fits.writeto(f'{folder}/to{k}.fits', np.zeros((m, m), 'f4'), b, overwrite=True)
    image = image.astype('f4')  # what is in the file
    source = (image.astype(float), celestial(a))
    for name, array in dict(
        bilinear=reproject_interp(source, celestial(b), (m, m), order='bilinear')[0],
        adaptive=reproject_adaptive(source, celestial(b), (m, m), kernel='gaussian', sample_region_width=6, boundary_mode='strict')[0],
        exact=reproject_exact(source, celestial(b), (m, m), parallel=False)[0],
    ).items():
        array.astype('f4').tofile(f'{folder}/{name}{k}.bin')
    pixels = []
    for px, py in random.uniform(-20, n + 20, (40, 2)):
        ra, dec = celestial(a).all_pix2world(px, py, 0)
        pixels.append([px, py, float(ra), float(dec)])
    area = lambda h: abs(np.linalg.det(celestial(h).pixel_scale_matrix))
    result.append(dict(pixels=pixels, sources=sources, areaRatio=area(b) / area(a),
                       **{'from': f'{folder}/from{k}.fits', 'to': f'{folder}/to{k}.fits'}))
print(json.dumps(result))
`;

/** Most that two images differ where both have values, and the fraction of the pixels where they do. */
function compare(a: Float32Array, b: Float32Array): { worst: number; both: number } {
  let [worst, both] = [0, 0];
  a.forEach((value, i) => {
    const difference = Math.abs(value - b[i]!);
    if (!Number.isFinite(difference)) return;
    both++;
    worst = Math.max(worst, difference);
  });
  return { worst, both: both / a.length };
}

function sum(image: SkyImage): number {
  return image.pixels.data.reduce((total, value) => total + (Number.isFinite(value) ? value : 0), 0);
}

describeIf(
  python !== undefined,
  'PyPI does not give reproject',
  'between projections, as astropy and reproject say',
  () => {
    let folder: string;
    let pairs: Pair[];
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'contimg-projections-'));
      pairs = JSON.parse(execFileSync(python!, ['-c', script, folder], { encoding: 'utf8' })) as Pair[];
    }, 120_000);
    afterAll(() => rmSync(folder, { recursive: true }));

    const each = async (
      visit: (pair: Pair, image: SkyImage, to: SkyImageHeader, k: number) => Promise<void> | void,
    ) => {
      for (const [k, pair] of pairs.entries())
        await visit(pair, await readFits(pair.from), await readFitsHeader(pair.to), k);
    };
    const regrid = (image: SkyImage, { wcs, shape }: SkyImageHeader, kernel: MosaicKernel) =>
      reprojectImage(image, { wcs, nx: shape[1], ny: shape[0] }, { kernel });
    const other = (name: string, k: number) =>
      new Float32Array(new Uint8Array(readFileSync(join(folder, `${name}${k}.bin`))).buffer);

    test('a pixel shows the direction that it should to 1e-9 degrees, and back', async () => {
      await each(({ pixels, sources }, { wcs }, to) => {
        for (const [x, y, raDeg, decDeg] of pixels) {
          const found = pixelToSky(wcs, x, y);
          const turn = (((found.raDeg - raDeg + 540) % 360) - 180) * Math.cos((decDeg * Math.PI) / 180);
          expect(Math.hypot(turn, found.decDeg - decDeg)).toBeLessThan(1e-9);
          const back = skyToPixel(wcs, { raDeg, decDeg });
          expect(Math.hypot(back.x - x, back.y - y)).toBeLessThan(1e-5);
        }
        for (const source of sources) {
          const { x, y } = skyToPixel(to.wcs, source);
          expect(Math.hypot(x - source.to[0], y - source.to[1])).toBeLessThan(1e-5);
        }
      });
    });

    test('a header that is written says the same', async () => {
      await each(async ({ sources }, image, to) => {
        const path = join(folder, 'again.fits');
        await writeFits(path, { ...image, wcs: to.wcs }, { overwrite: true });
        const { wcs } = await readFitsHeader(path);
        for (const source of sources) {
          const { x, y } = skyToPixel(wcs, source);
          expect(Math.hypot(x - source.to[0], y - source.to[1])).toBeLessThan(1e-5);
        }
      });
    });

    const limits: [kernel: MosaicKernel, pixels: number, peak: number][] = [
      ['bicubic', 0.02, 0.015],
      ['lanczos3', 0.02, 0.005],
      ['optimal', 0.02, 0.001],
    ];
    test.each(limits)('%s keeps every source at its place and its peak', async (kernel, pixels, peak) => {
      const worst = { pixels: 0, peak: 0 };
      await each(async ({ sources, areaRatio }, image, to) => {
        if (areaRatio > 1.5) return; // too few pixels a beam to measure a peak by nine of them
        const regridded = await regrid(image, to, kernel);
        for (const source of sources) {
          const [x, y] = source.to;
          const found = measurePeak(regridded, { x, y });
          worst.pixels = Math.max(worst.pixels, Math.hypot(found.x - x, found.y - y));
          worst.peak = Math.max(worst.peak, Math.abs(found.peak - 1));
        }
      });
      expect(worst.pixels).toBeLessThan(pixels);
      expect(worst.peak).toBeLessThan(peak);
    });

    test.each(['lanczos3', 'optimal', 'adaptive'] as const)(
      '%s keeps the sum of flux to a thousandth',
      async kernel => {
        await each(async ({ areaRatio }, image, to, k) => {
          const regridded = await regrid(image, to, kernel);
          // Directions at which pixels have other areas: reproject's exact overlaps know them.
          const exact = other('exact', k).reduce((total, value) => total + (Number.isFinite(value) ? value : 0), 0);
          expect(sum(regridded) / exact).toBeGreaterThan(0.999);
          expect(sum(regridded) / exact).toBeLessThan(1.001);
          expect(areaRatio).toBeGreaterThan(0);
        });
      },
    );

    test('bilinear gives what reproject_interp gives', async () => {
      await each(async (_, image, to, k) => {
        if (k === 7) return; // coarser pixels: reproject_interp does not filter
        const { worst, both } = compare(
          (await regrid(image, to, 'bilinear')).pixels.data as Float32Array,
          other('bilinear', k),
        );
        expect(both).toBeGreaterThan(0.3);
        expect(worst).toBeLessThan(3e-4); // positions right to 1e-3 pixel, slopes up to 0.3 a pixel
      });
    });

    test('adaptive gives what reproject_adaptive gives', async () => {
      await each(async (_, image, to, k) => {
        const { worst, both } = compare(
          (await regrid(image, to, 'adaptive')).pixels.data as Float32Array,
          other('adaptive', k),
        );
        expect(both).toBeGreaterThan(0.3);
        expect(worst).toBeLessThan(1e-3); // of a peak of 1: where the Gaussian is cut off
      });
    });
  },
);

describe('an image of finer pixels than the output', () => {
  test('is filtered, so that what the output cannot show does not appear as something else', async () => {
    const center = { raDeg: 10, decDeg: 20 };
    const wcs = { center, cellArcsec: 6, centerX: 128, centerY: 128 };
    // Stripes of 2.5 pixels; on pixels four times as wide they would show as stripes of 1.67 of those.
    const { makeSkyImage } = await import('../support/sky-image.js');
    const image = makeSkyImage([256, 256], x => Math.cos((2 * Math.PI * x) / 2.5), { wcs });
    const grid = { wcs: { center, cellArcsec: 24, centerX: 30, centerY: 30 }, nx: 60, ny: 60 };
    for (const kernel of ['bilinear', 'bicubic', 'lanczos3', 'optimal', 'adaptive'] as const) {
      const { data } = (await reprojectImage(image, grid, { kernel })).pixels;
      const values = [...data].filter(Number.isFinite);
      expect(values.length).toBeGreaterThan(1500);
      expect(Math.max(...values.map(Math.abs))).toBeLessThan(kernel === 'bilinear' ? 0.1 : 0.03);
    }
  });
});
