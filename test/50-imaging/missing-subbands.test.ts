import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { convertToMs, imageGroup, imageMs } from '../../src/index.js';
import type { ImagingOptions, TileImages } from '../../src/index.js';
import { dsa110Tile, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';

const options: ImagingOptions = { nx: 640, ny: 480, cellArcsec: 10, niter: 200, outerSources: false };
const canRun = hasDsa110Tile && hasPythonModule('h5py');

describeIf(canRun, 'needs ../shared and python3-h5py', 'a tile of a group that lacks subbands', () => {
  const isMissing = ({ path }: { path: string }) => /_sb(04|15)\.hdf5$/.test(path);
  const tile = dsa110Tile();
  const lacking = { ...tile, files: tile.files.filter(file => !isMissing(file)), missingSubbands: [4, 15] };
  let folder: string;
  let image: TileImages;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-missing-'));
    image = await imageGroup(lacking, options);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is that of a group in which they are flagged, and says so', async () => {
    const files = tile.files.map(file => {
      if (!isMissing(file)) return file;
      const path = join(folder, basename(file.path));
      copyFileSync(file.path, path);
      runPython("import h5py, sys; h5py.File(sys.argv[1], 'a')['Data/flags'][...] = True", [path]);
      return { ...file, path };
    });
    const expected = await imageGroup({ ...tile, files }, options);
    expect(image.restoredPb.pixels.data).toEqual(expected.restoredPb.pixels.data);
    expect([image.nChannels, image.restored.freqHz]).toEqual([28, expected.restored.freqHz]);
    expect(image.restored.history.join()).toContain('missing subbands sb15, sb04');
  });

  it('is the same through a MeasurementSet, to 1e-6 of the peak', async () => {
    const { restored } = image;
    const throughMs = await imageMs(await convertToMs(lacking, { path: join(folder, 'lacking.ms') }), options);
    const other = throughMs.restored.pixels.data;
    const peak = restored.pixels.data.reduce((most, value) => Math.max(most, value), 0);
    const worst = restored.pixels.data.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);
    expect(worst).toBeLessThan(1e-6 * peak);
  });
});
