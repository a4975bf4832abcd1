import { appendFileSync, closeSync, openSync, statSync, truncateSync, utimesSync, writeSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { isPipelineError } from '../../src/core/errors.js';
import { simulateObservation } from '../../src/simulation/index.js';
import { readSource, readUvh5 } from '../../src/uvh5/index.js';
import { describeIf, hasPythonModule } from '../support/oracles.js';
import { memoryFolder } from './left-behind.js';

let folder: string;
let files: readonly string[];
beforeAll(async () => {
  folder = await mkdtemp(join(memoryFolder, 'contimg-changing-'));
  ({ files } = await simulateObservation({ folder: join(folder, 'input'), nAntennas: 24, nChannels: 8 }));
});
afterAll(() => rm(folder, { recursive: true }));

const changes: Record<string, (path: string) => void> = {
  'grows by a byte': path => appendFileSync(path, 'x'),
  'is cut to half': path => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'is emptied': path => truncateSync(path, 0),
  'gets a byte changed': path => {
    const file = openSync(path, 'r+');
    writeSync(file, 'x', 100_000);
    closeSync(file);
  },
  'is touched': path => utimesSync(path, new Date(2026, 0, 1), new Date(2026, 0, 1)),
};

test.each(Object.keys(changes))('the last file of a group %s while others are read: an error says so', async what => {
  // Files are read in ascending frequency: from the last to the first. A change may come too late: then again.
  for (let attempt = 0; attempt < 20; attempt++) {
    const paths = files.map((_, k) => join(folder, `${attempt}-${k}.hdf5`));
    await Promise.all(files.map((file, k) => copyFile(file, paths[k]!)));
    let changed = false;
    const onProgress = () => {
      if (!changed) changes[what]!(paths[0]!);
      changed = true;
    };
    const outcome = await readSource(paths, { onProgress }).catch((error: unknown) => error);
    await Promise.all(paths.map(path => rm(path)));
    if (!(outcome instanceof Error)) continue;
    expect(isPipelineError(outcome, 'UVH5_FORMAT'), outcome.stack).toBe(true);
    expect(outcome).toMatchObject({ path: paths[0] });
    return;
  }
  throw new Error('Every group was read before the change');
});

/** Writes a growing file as the correlator does: argv path, number of steps. Row r holds r in all places. */
const growingFile = `
import h5py, numpy as np, os, sys
path, steps = sys.argv[1], int(sys.argv[2])
block = 50
with h5py.File(path + '.new', 'w') as f:
    for name, value in [('Nblts', 0), ('Nfreqs', 4), ('Npols', 2)]: f['Header/' + name] = np.int64(value)
    kinds = {'visdata': 'c8', 'flags': '?', 'nsamples': 'f4'}
    made = {n: f.create_dataset('Data/' + n, (0, 1, 4, 2), t, maxshape=(None, 1, 4, 2), chunks=True) for n, t in kinds.items()}
    for step in range(steps):
        rows = np.arange(step * block, (step + 1) * block)[:, None, None, None] * np.ones((1, 1, 4, 2))
        for name, data in made.items():
            data.resize((step + 1) * block, axis=0)
            data[step * block:] = rows.astype(kinds[name]) if name != 'flags' else False
        f['Header/Nblts'][()] = (step + 1) * block
        f.flush()
        if step == 0:
            os.rename(path + '.new', path)
            print('begun', flush=True)
        if step % 20 == 19: sys.stdin.readline()  # goes on while the next reading begins; at once where there is no reader
`;

describeIf(hasPythonModule('h5py'), 'needs python3-h5py', 'a file that another process writes', () => {
  test('is read as it was at some moment, or refused', async () => {
    const path = join(folder, 'growing.hdf5');
    const writer = execa('/usr/bin/python3', ['-c', growingFile, path, '400'], { stdout: 'pipe' });
    await new Promise(resolve => writer.stdout.once('data', resolve));
    for (let reading = 0; reading < 20; reading++) {
      const outcome = await readUvh5(path).catch((error: unknown) => error);
      writer.stdin.write('\n');
      if (outcome instanceof Error) {
        expect(isPipelineError(outcome, 'UVH5_FORMAT'), outcome.stack).toBe(true);
        continue;
      }
      const { visibilities, nsamples } = outcome as Awaited<ReturnType<typeof readUvh5>>;
      for (let row = 0; row < nsamples.shape[0]!; row++) {
        const values = [nsamples.get(row, 0, 0), nsamples.get(row, 3, 1), visibilities.get(row, 3, 1, 0)];
        if (values.some(value => value !== row)) expect(values, `row ${row}`).toEqual([row, row, row]);
      }
    }
    await writer;
    const { nsamples } = await readUvh5(path);
    expect(nsamples.shape).toEqual([20_000, 4, 2]);
  });

  test('is refused where its end is missing', async () => {
    const path = join(folder, 'grown.hdf5');
    await execa('/usr/bin/python3', ['-c', growingFile, path, '20'], { input: '' });
    const bytes = await readFile(path);
    for (const part of [0.2, 0.5, 0.9, 0.999]) {
      await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * part)));
      await expect(readUvh5(path)).rejects.toMatchObject({ code: 'UVH5_FORMAT', path });
    }
  });
});
