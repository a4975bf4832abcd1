import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { isPipelineError } from '../../src/core/errors.js';
import { describeSource, readSource, readUvh5, readUvh5Header } from '../../src/uvh5/index.js';
import { describeIf, hasPythonModule, hasShared, runPython, sharedPath } from '../support/oracles.js';

/** argv: file, folder. Writes one copy of the file for each dataset, without it; prints {copy: dataset}. */
const removeEachDataset = `
import h5py, json, os, shutil, sys
source, folder = sys.argv[1:]
names = []
with h5py.File(source) as f:
    f.visititems(lambda name, o: names.append(name) if isinstance(o, h5py.Dataset) else None)
made = {}
for k, name in enumerate(names):
    path = os.path.join(folder, f'without-{k:02d}.hdf5')
    shutil.copy(source, path)
    with h5py.File(path, 'a') as f: del f[name]
    made[path] = name
print(json.dumps(made))
`;

/** Datasets without which a file can still be read, by what reads it. */
const optional = {
  header: /instrument|object_name|history|phase_type|app_dec|spw_array|Nbls|antenna_diameters|extra_keywords/,
  data: /^Header\/(?!Nblts|Nfreqs|Npols)/,
  source:
    /instrument|object_name|history|app_dec|spw_array|Nbls|Ntimes|Nspws|Nants_data|antenna_diameters|extra_keywords\/(?!phase_center_dec)/,
};

/** Optional datasets whose value a header shows, so that it differs without them. */
const shown = /phase_type|antenna_diameters|instrument|object_name|phase_center_dec/;

const readers: Record<keyof typeof optional, (path: string) => Promise<unknown>> = {
  header: path => readUvh5Header(path).then(header => ({ ...header, path: '', fileSizeBytes: 0, extraKeywords: {} })),
  data: path => readUvh5(path),
  source: async path => {
    const { history, ...observation } = await describeSource([path], { minSubbands: 1 });
    expect(history).toHaveLength(1);
    return { ...observation, ...(await readSource([path], { minSubbands: 1 })) };
  },
};

const canRun = hasShared() && hasPythonModule('h5py');

describeIf(canRun, 'needs ../shared and python3-h5py', 'a damaged correlator file', () => {
  const tile = sharedPath('data', 'dsa110-tile');
  let folder: string;
  let intact: string;
  let mutants: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-mutations-'));
    intact = join(
      tile,
      (await readdir(tile)).find(name => name.endsWith('_sb00.hdf5'))!,
    );
    mutants = JSON.parse(runPython(removeEachDataset, [intact, folder])) as Record<string, string>;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(['header', 'data', 'source'] as const)(
    'each dataset removed in turn: the %s is refused with its name, or as it was',
    async kind => {
      const truth = await readers[kind](intact);
      expect(Object.keys(mutants).length).toBeGreaterThan(35);
      for (const [path, dataset] of Object.entries(mutants)) {
        const outcome = await readers[kind](path).catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(isPipelineError(outcome, 'UVH5_FORMAT'), `${dataset}: ${outcome.stack}`).toBe(true);
          expect(outcome.message).toContain(dataset);
          expect(outcome).toMatchObject({ path });
          expect(dataset).not.toMatch(optional[kind]);
        } else {
          expect(dataset).toMatch(optional[kind]);
          if (kind !== 'header' || !shown.test(dataset)) expect(isDeepStrictEqual(outcome, truth), dataset).toBe(true);
        }
      }
    },
  );

  test('cut at 50 places: every reader refuses and names the file', async () => {
    const bytes = await readFile(intact);
    const path = join(folder, 'cut.hdf5');
    for (let k = 0; k < 50; k++) {
      await writeFile(path, bytes.subarray(0, Math.floor((bytes.length * k) / 50)));
      for (const read of Object.values(readers)) {
        const error = await read(path).catch((reason: unknown) => reason);
        expect(isPipelineError(error, 'UVH5_FORMAT'), `cut at ${k}/50: ${String(error)}`).toBe(true);
        expect(error).toMatchObject({ path });
      }
    }
    await writeFile(path, bytes.subarray(0, bytes.length - 1));
    for (const read of Object.values(readers)) await expect(read(path)).rejects.toMatchObject({ code: 'UVH5_FORMAT' });
  });

  test('reading changes no file', async () => {
    const before = await stat(intact);
    await readers.source(intact);
    expect((await stat(intact)).mtimeMs).toBe(before.mtimeMs);
  });
});
