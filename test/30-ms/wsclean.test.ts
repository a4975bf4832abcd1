import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { convertToMs } from '../../src/index.js';
import { dsa110Tile, dsa110TileTruth, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf, hasProgram, hasPythonModule, runPython } from '../support/oracles.js';

const available = hasDsa110Tile && hasProgram('wsclean') && hasPythonModule('astropy');
const cellArcsec = 6;

/** Peaks within 5 cells of each given position (degrees), and how far from it, by astropy's WCS: [Jy, dx, dy]. */
const peaks = `
import sys, json, warnings, numpy as np
warnings.simplefilter('ignore')
from astropy.io import fits
from astropy.wcs import WCS
hdu = fits.open(sys.argv[1])[0]
image, wcs = hdu.data[0, 0], WCS(hdu.header).celestial
found = []
for ra, dec in json.loads(sys.argv[2]):
    x, y = map(float, wcs.all_world2pix(ra, dec, 0))
    i, j = round(x), round(y)
    box = image[j - 5:j + 6, i - 5:i + 6]
    b, a = np.unravel_index(box.argmax(), box.shape)
    found.append([float(box.max()), i - 5 + a - x, j - 5 + b - y])
print(json.dumps(dict(found=found, rms=float(image.std()), peak=float(image.max()))))
`;

/**
 * Writes a model image of 1 Jy in one pixel, with the header of a given one; or compares MODEL_DATA with the visibilities
 * of that pixel, V = exp(2 pi i nu/c UVW.(l, m, n - 1)), and prints the largest difference and what was compared.
 */
const onePixel = `
import sys, json, numpy as np
from astropy.io import fits
image, dx, dy = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
hdu = fits.open(image)[0]
ny, nx = hdu.data.shape[-2:]
if sys.argv[1] == 'write':
    hdu.data[...] = 0
    hdu.data[0, 0, ny // 2 + dy, nx // 2 + dx] = 1
    hdu.writeto(sys.argv[5], overwrite=True)
    sys.exit()
from casacore.tables import table
ms = table(sys.argv[5], ack=False)
l, m = (np.radians(hdu.header[key] * d) for key, d in (('CDELT1', dx), ('CDELT2', dy)))
n = np.sqrt(1 - l * l - m * m)
freq = table(sys.argv[5] + '::SPECTRAL_WINDOW', ack=False).getcol('CHAN_FREQ')[ms.getcol('DATA_DESC_ID')]
path = ms.getcol('UVW') @ [l, m, n - 1]
expected = np.exp(2j * np.pi * freq * path[:, None] / 299792458.0)
off = np.abs(ms.getcol('MODEL_DATA') - expected[:, :, None])
print(json.dumps(dict(off=float(off.max()), turns=float(np.abs(freq * path[:, None]).max() / 299792458.0))))
`;

const pixelRms = `
import sys
from astropy.io import fits
print(float(fits.getdata(sys.argv[1]).std()))
`;

/** Makes a dirty image and returns WSClean's exit status and output. */
function wsclean(name: string, ms: string, npix: number, ...more: string[]) {
  const size = ['-size', String(npix), String(npix), '-scale', `${cellArcsec}asec`];
  // Several spectral windows need -reorder; Debian's build refuses to run with a threaded OpenBLAS.
  const rest = ['-reorder', '-no-update-model-required', '-pol', 'I', '-weight', 'natural', ...more, ms];
  return run(['-name', name, ...size, ...rest]);
}

function run(parameters: readonly string[]) {
  const env = { ...process.env, OPENBLAS_NUM_THREADS: '1' };
  return spawnSync('wsclean', parameters, { encoding: 'utf8', env });
}

describeIf(available, 'needs ../shared, wsclean, python3-astropy', 'WSClean on our MeasurementSets', () => {
  let folder: string;
  const rms = new Map<string, number>();
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-wsclean-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('finds the sources where they are, and none at the mirrored places', async () => {
    const path = join(folder, 'single.ms');
    const ms = await convertToMs(dsa110Tile(), { path, fields: 'single', telescopeName: 'NOWHERE' });
    const { status, stderr } = wsclean(join(folder, 'single'), path, 2048, '-temp-dir', folder);
    expect(status, stderr).toBe(0);

    const { raDeg, decDeg } = ms.fields[0]!.center;
    const bright = dsa110TileTruth()
      .sources.filter(source => source.flux_jy > 1)
      .map(source => [source.ra_deg, source.dec_deg] as const);
    const mirrored = bright.map(([ra, dec]) => [2 * raDeg - ra, 2 * decDeg - dec] as const);
    const measure = (positions: unknown) =>
      JSON.parse(runPython(peaks, [join(folder, 'single-dirty.fits'), JSON.stringify(positions)]));

    const { found, rms } = measure(bright) as { found: [number, number, number][]; rms: number };
    expect(bright.length).toBeGreaterThanOrEqual(5);
    for (const [peak, dx, dy] of found) {
      expect(peak).toBeGreaterThan(8 * rms);
      expect(Math.hypot(dx, dy) * cellArcsec).toBeLessThan(6); // beam: 19" by 27"
    }
    for (const [peak] of measure(mirrored).found as [number, number, number][]) expect(peak).toBeLessThan(5 * rms);
  });

  it('images a field of its choice from the meridian layout', async () => {
    const path = join(folder, 'meridian.ms');
    await convertToMs(dsa110Tile(), { path });
    const { status, stderr } = wsclean(join(folder, 'meridian'), path, 2048, '-field', '12', '-temp-dir', folder);
    expect(status, stderr).toBe(0);
    const { ra_deg, dec_deg } = dsa110TileTruth().sources[11]!; // the brightest near the center of that field
    const positions = JSON.stringify([[ra_deg, dec_deg]]);
    const { found, rms, peak } = JSON.parse(runPython(peaks, [join(folder, 'meridian-dirty.fits'), positions]));
    expect(found[0][0]).toBeGreaterThan(5 * rms);
    expect(found[0][0]).toBeLessThanOrEqual(peak);
    expect(Math.hypot(found[0][1], found[0][2]) * cellArcsec).toBeLessThan(6);
  });

  it.each([
    ['subbands', {}],
    ['one window', { spectralWindows: 'one' }],
    ['all columns', { columns: ['MODEL_DATA', 'CORRECTED_DATA'], weightSpectrum: 'always' }],
    ['averaged', { maxSmearing: 0.01, fieldRadiusDeg: 1 }],
  ] as const)('images and predicts %s', async (layout, options) => {
    const { files, ...rest } = dsa110Tile();
    const group = { ...rest, files: files.slice(0, 4) };
    const path = join(folder, `${layout}.ms`);
    await convertToMs(group, { path, minSubbands: 4, fields: 'single', telescopeName: 'NOWHERE', ...options });
    const name = join(folder, layout);
    const imaging = wsclean(name, path, 512, '-temp-dir', folder);
    expect(imaging.status, imaging.stderr).toBe(0);
    runPython(onePixel, ['write', `${name}-dirty.fits`, '140', '-90', `${name}-model.fits`]);
    const how = ['-use-wgridder', '-no-small-inversion', '-reorder', '-temp-dir', folder, '-pol', 'I'];
    const predicting = run(['-predict', ...how, '-name', name, path]);
    expect(predicting.status, predicting.stderr).toBe(0);
    const { off, turns } = JSON.parse(runPython(onePixel, ['compare', `${name}-dirty.fits`, '140', '-90', path]));
    expect(turns).toBeGreaterThan(10);
    expect(off).toBeLessThan(1e-4);
    // The visibilities themselves give the same image in every layout.
    rms.set(layout, Number(runPython(pixelRms, [`${name}-dirty.fits`])));
    expect(rms.get(layout)! / rms.get('subbands')!).toBeCloseTo(1, layout === 'averaged' ? 1 : 4);
  });
});
