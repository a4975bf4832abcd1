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

/** Makes a dirty image and returns WSClean's exit status and output. */
function wsclean(name: string, ms: string, npix: number, ...more: string[]) {
  const size = ['-size', String(npix), String(npix), '-scale', `${cellArcsec}asec`];
  // Several spectral windows need -reorder; Debian's build refuses to run with a threaded OpenBLAS.
  const rest = ['-reorder', '-no-update-model-required', '-pol', 'I', '-weight', 'natural', ...more, ms];
  const env = { ...process.env, OPENBLAS_NUM_THREADS: '1' };
  return spawnSync('wsclean', ['-name', name, ...size, ...rest], { encoding: 'utf8', env });
}

describeIf(available, 'needs ../shared, wsclean, python3-astropy', 'WSClean on our MeasurementSets', () => {
  let folder: string;
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
});
