import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { convertToMs, imageMs, readFits, writeFits } from '../../src/index.js';
import type { MeasurementSet } from '../../src/index.js';
import { apparentScale } from '../support/apparent-scale.js';
import { dsa110Tile, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf, hasProgram, hasPythonModule, runPython } from '../support/oracles.js';

const available = hasDsa110Tile && hasProgram('wsclean') && hasPythonModule('astropy');
const [nx, ny, cellArcsec] = [1400, 1000, 6];

/** The largest difference of two images but for a twentieth at every edge, the peak of each, and the pixel of it. */
const compare = `
import sys, json, numpy as np
from astropy.io import fits
a, b = (np.squeeze(fits.getdata(path)).astype(float) for path in sys.argv[1:3])
at = lambda image: [int(i) for i in np.unravel_index(image.argmax(), image.shape)]
inner = lambda image: image[image.shape[0] // 20 : -image.shape[0] // 20, image.shape[1] // 20 : -image.shape[1] // 20]
print(json.dumps(dict(shapes=[a.shape, b.shape], peaks=[a.max(), b.max()], at=[at(a), at(b)], worst=np.abs(inner(a - b)).max())))
`;

// Near the edges WSClean with other paddings and gridders differs from itself by 5 % of the peak; native tests compare those
// with a direct sum.
describeIf(available, 'needs ../shared, wsclean, python3-astropy', 'dirty image against WSClean', () => {
  let folder: string;
  let ms: MeasurementSet;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-dirty-'));
    const path = join(folder, 'single.ms');
    ms = await convertToMs(dsa110Tile(), { path, fields: 'single', telescopeName: 'NOWHERE' });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['I', 'XX', 'YY'] as const)(
    'agrees to 0.2 % of the peak, pixel by pixel, north and east the right way round: %s',
    async stokes => {
      const name = join(folder, `wsclean-${stokes}`);
      const run = spawnSync(
        'wsclean',
        [
          ...['-name', name, '-size', `${nx}`, `${ny}`, '-scale', `${cellArcsec}asec`, '-weight', 'natural'],
          ...['-pol', stokes, '-reorder', '-no-update-model-required', '-use-wgridder'],
          ...['-temp-dir', folder, ms.path],
        ],
        { encoding: 'utf8', env: { ...process.env, OPENBLAS_NUM_THREADS: '1' } },
      );
      expect(run.status, run.stderr).toBe(0);

      // WSClean's pixels are apparent angles; ours are ICRS.
      const scale = apparentScale(ms);
      expect(Math.abs(scale - 1)).toBeLessThan(1.1e-4);
      const options = { nx, ny, cellArcsec: cellArcsec / scale, niter: 0 };
      const tile = await imageMs(ms, { ...options, weighting: { scheme: 'natural' }, stokes });
      const path = join(folder, `contimg-${stokes}-dirty.fits`);
      await writeFits(path, tile.dirty);
      const result = JSON.parse(runPython(compare, [path, `${name}-dirty.fits`]));
      expect(result.shapes[0]).toEqual(result.shapes[1]);
      expect(result.at[0]).toEqual(result.at[1]);
      expect(result.worst).toBeLessThan(0.002 * result.peaks[1]);

      // WSClean gives J2000, which is 0.02" from ICRS.
      const theirs = await readFits(`${name}-dirty.fits`);
      expect(theirs.stokes).toBe(tile.dirty.stokes);
      expect((theirs.wcs.center.raDeg + 360) % 360).toBeCloseTo(tile.dirty.wcs.center.raDeg, 4);
      expect(theirs.wcs.center.decDeg).toBeCloseTo(tile.dirty.wcs.center.decDeg, 4);
      expect([theirs.wcs.centerX, theirs.wcs.centerY]).toEqual([nx / 2, ny / 2]);
    },
  );
});
