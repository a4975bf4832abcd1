import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { FileAccessError } from '../../src/core/errors.js';
import { scanSubbands } from '../../src/grouping/index.js';
import { readUvh5Header } from '../../src/uvh5/index.js';
import { describeIf, hasShared, sharedPath } from '../support/oracles.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contimg-scan-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a folder that is not there is an error of its own', async () => {
  await expect(scanSubbands(join(folder, 'nothing'), readUvh5Header)).rejects.toThrow(FileAccessError);
});

describeIf(hasShared(), 'no shared data', 'a folder of correlator files', () => {
  const tile = sharedPath('data', 'dsa110-tile');

  async function copyTile(): Promise<string[]> {
    const names = (await readdir(tile)).filter(name => name.endsWith('.hdf5')).sort();
    for (const name of names) await copyFile(join(tile, name), join(folder, name));
    return names;
  }

  test('16 files with scattered stamps are one complete group', async () => {
    await copyTile();
    const { groups, leftOut } = await scanSubbands(folder, readUvh5Header);
    expect(leftOut).toEqual([]);
    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({ id: '2026-01-25T22:00:05', complete: true, missingSubbands: [] });
    expect(groups[0]!.pointingDecDeg).toBeCloseTo(16.15, 10);
  });

  test('unfinished, hidden, empty, truncated and foreign files are left out and named', async () => {
    const names = await copyTile();
    const good = await readFile(join(folder, names[0]!));
    const bad = {
      '2026-01-25T22:05:15_sb00_incomplete.hdf5': good,
      '.2026-01-25T22:05:15_sb01.hdf5.Xa81': good,
      '2026-01-25T22:05:15_sb02.hdf5': Buffer.alloc(0),
      '2026-01-25T22:05:15_sb03.hdf5': good.subarray(0, good.length / 2),
      '2026-01-25T22:05:15_sb04.hdf5': Buffer.from('not HDF5'),
      'notes.txt': Buffer.from('hello'),
    };
    for (const [name, bytes] of Object.entries(bad)) await writeFile(join(folder, name), bytes);
    await mkdir(join(folder, 'subfolder'));
    const { groups, leftOut } = await scanSubbands(folder, readUvh5Header);
    expect(groups.map(group => group.complete)).toEqual([true]);
    expect(Object.fromEntries(leftOut.map(({ path, code }) => [basename(path!), code]))).toEqual({
      '2026-01-25T22:05:15_sb00_incomplete.hdf5': 'INCOMPLETE_NAME',
      '.2026-01-25T22:05:15_sb01.hdf5.Xa81': 'DOT_FILE',
      '2026-01-25T22:05:15_sb02.hdf5': 'EMPTY_FILE',
      '2026-01-25T22:05:15_sb03.hdf5': 'UNREADABLE_FILE',
      '2026-01-25T22:05:15_sb04.hdf5': 'UNREADABLE_FILE',
      'notes.txt': 'UNKNOWN_NAME',
    });
  });

  test('a subband that is truncated is missing from its group', async () => {
    const names = await copyTile();
    const path = join(folder, names[4]!);
    await writeFile(path, (await readFile(path)).subarray(0, 100_000));
    const { groups, leftOut } = await scanSubbands(folder, readUvh5Header);
    expect(groups[0]!.complete).toBe(false);
    expect(groups[0]!.missingSubbands).toEqual([Number(names[4]!.slice(-7, -5))]);
    expect(leftOut).toMatchObject([{ code: 'UNREADABLE_FILE', path }]);
  });

  test('a list of paths is taken as it is, whatever the order', async () => {
    const paths = (await copyTile()).map(name => join(folder, name));
    const forward = await scanSubbands(paths, readUvh5Header);
    expect(await scanSubbands([...paths].reverse(), readUvh5Header)).toEqual(forward);
    const { leftOut } = await scanSubbands([join(folder, '2026-01-25T22:05:15_sb00.hdf5')], readUvh5Header);
    expect(leftOut).toMatchObject([{ code: 'UNREADABLE_FILE' }]);
  });
});
