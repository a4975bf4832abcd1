import { execFileSync } from 'node:child_process';
import { appendFile, copyFile, mkdir, mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { FileAccessError, InvalidArgumentError } from '../../src/core/errors.js';
import { groupSubbands } from '../../src/grouping/index.js';
import { openRegistry } from '../../src/registry/index.js';
import { simulateObservation } from '../../src/simulation/index.js';
import { indexFiles, indexFolder, readUvh5Header } from '../../src/uvh5/index.js';

let shared: string;
let sources: readonly string[];
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'contimg-index-'));
  const small = { nAntennas: 3, nChannels: 1, nIntegrations: 2, nTiles: 2, nameJitterSec: 0 };
  ({ files: sources } = await simulateObservation({ folder: join(shared, 'source'), ...small }));
});
afterAll(() => rm(shared, { recursive: true }));

/** A folder with a copy of all files, and a database beside it. */
let folder: string;
let database: string;
beforeEach(async () => {
  const home = await mkdtemp(join(shared, 'test-'));
  folder = join(home, 'incoming');
  database = join(home, 'headers.sqlite');
  await mkdir(folder);
  for (const path of sources) await copyFile(path, join(folder, basename(path)));
});
const file = (i: number) => join(folder, basename(sources[i]!));

describe('indexFolder', () => {
  it('gives every header, in the order of the names, and what groupSubbands makes of them', async () => {
    const index = await indexFolder(folder);
    expect(index.headers.map(header => header.path)).toEqual(sources.map((_, i) => file(i)).sort());
    for (const header of index.headers) expect(header).toEqual(await readUvh5Header(header.path));
    expect(index).toMatchObject({ leftOut: [], nOpened: 32 });
    const { groups, leftOut } = groupSubbands(index);
    expect(groups.map(group => [group.files.length, group.complete])).toEqual([
      [16, true],
      [16, true],
    ]);
    expect(leftOut).toEqual([]);
  });

  it('names files that cannot be used with the reason, and passes over others', async () => {
    const good = await readFile(file(0));
    const bad = {
      '2026-01-25T22:05:15_sb00_incomplete.hdf5': good,
      '.2026-01-25T22:05:15_sb01.hdf5.Xa81Qz': good,
      '.2026-01-25T22:05:15_sb01.hdf5': good,
      '2026-01-25T22:05:15_sb01.hdf5.part': good,
      '2026-01-25T22:05:15_sb02.hdf5': Buffer.alloc(0),
      '2026-01-25T22:05:15_sb03.hdf5': good.subarray(0, good.length / 2),
      '2026-01-25T22:05:15_sb04.hdf5': Buffer.from('not HDF5'),
      'averaged.uvh5': good,
    };
    const others = ['truth.json', 'notes.txt', '.DS_Store', 'sums.hdf5.sha256'];
    for (const [name, bytes] of Object.entries(bad)) await writeFile(join(folder, name), bytes);
    for (const name of others) await writeFile(join(folder, name), 'text');
    await mkdir(join(folder, 'subfolder.hdf5'));
    execFileSync('mkfifo', [join(folder, 'pipe.hdf5')]);
    const index = await indexFolder(folder, { database });
    const codes = { ...Object.fromEntries(index.leftOut.map(({ path, code }) => [basename(path), code])) };
    expect(codes).toEqual({
      '2026-01-25T22:05:15_sb00_incomplete.hdf5': 'INCOMPLETE_NAME',
      '.2026-01-25T22:05:15_sb01.hdf5.Xa81Qz': 'DOT_FILE',
      '.2026-01-25T22:05:15_sb01.hdf5': 'DOT_FILE',
      '2026-01-25T22:05:15_sb01.hdf5.part': 'INCOMPLETE_NAME',
      '2026-01-25T22:05:15_sb02.hdf5': 'EMPTY_FILE',
      '2026-01-25T22:05:15_sb03.hdf5': 'UNREADABLE_FILE',
      '2026-01-25T22:05:15_sb04.hdf5': 'UNREADABLE_FILE',
      'pipe.hdf5': 'UNREADABLE_FILE',
    });
    for (const { message, path } of index.leftOut) expect(message).toContain(basename(path));
    const { groups, leftOut } = groupSubbands(index);
    expect(groups.map(group => group.complete)).toEqual([true, true]);
    expect(leftOut.map(({ path }) => path)).toEqual([...leftOut.map(({ path }) => path)].sort());
    expect(leftOut.filter(({ code }) => code === 'UNKNOWN_NAME')).toMatchObject([
      { path: join(folder, 'averaged.uvh5') },
    ]);
  });

  it('opens no file a second time, sound or not, and gives the same', async () => {
    await writeFile(file(3), (await readFile(file(3))).subarray(0, 5000));
    const first = await indexFolder(folder, { database });
    expect(first).toMatchObject({ nOpened: 32, leftOut: [{ code: 'UNREADABLE_FILE', path: file(3) }] });
    expect(await indexFolder(folder, { database })).toEqual({ ...first, nOpened: 0 });
    expect(await indexFolder(folder)).toEqual(first);
  });

  it('opens what was written, touched, replaced or added again', async () => {
    await indexFolder(folder, { database });
    await appendFile(file(0), 'x'); // another size
    await utimes(file(1), 1e9, 1e9); // another time
    const [first, other] = [await readFile(file(2)), `${folder}-other`];
    await copyFile(file(2), other); // another inode, of the same size and time
    await utimes(file(2), 1.1e9, 1.1e9);
    await utimes(other, 1.1e9, 1.1e9);
    expect((await indexFolder(folder, { database })).nOpened).toBe(3);
    await rename(other, file(2));
    await writeFile(join(folder, '2026-02-01T00:00:00_sb00.hdf5'), first);
    expect((await indexFolder(folder, { database })).nOpened).toBe(2);
    expect((await indexFolder(folder, { database })).nOpened).toBe(0);
  });

  it('forgets files that are gone, and only those', async () => {
    const sibling = join(`${folder}-sibling`);
    await mkdir(sibling);
    await copyFile(file(0), join(sibling, 'a.uvh5'));
    await indexFolder(sibling, { database });
    await indexFolder(folder, { database });
    await rename(file(5), `${folder}-away`);
    const index = await indexFolder(folder, { database });
    expect(index).toMatchObject({ nOpened: 0, headers: { length: 31 } });
    await rename(`${folder}-away`, file(5)); // the very same file: only the index can have forgotten it
    expect((await indexFolder(folder, { database })).nOpened).toBe(1);
    expect((await indexFolder(sibling, { database })).nOpened).toBe(0);
  });

  it('may be called several times at once on one database', async () => {
    const indexes = await Promise.all([1, 2, 3, 4].map(() => indexFolder(folder, { database })));
    for (const { headers, leftOut } of indexes) {
      expect(headers).toEqual(indexes[0]!.headers);
      expect(leftOut).toEqual([]);
    }
    expect((await indexFolder(folder, { database })).nOpened).toBe(0);
  });

  it('stops when it is aborted, and keeps what it found until then', async () => {
    const controller = new AbortController();
    const onProgress = (fraction: number) => void (fraction > 0.4 && controller.abort(new Error('enough')));
    const options = { database, signal: controller.signal, onProgress };
    await expect(indexFolder(folder, options)).rejects.toThrow('enough');
    const fractions: number[] = [];
    const { nOpened } = await indexFolder(folder, { database, onProgress: fraction => fractions.push(fraction) });
    expect(nOpened).toBeGreaterThan(0);
    expect(nOpened).toBeLessThan(20);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  it('names a file that grows while it is looked at', async () => {
    const growing = join(folder, '2026-02-01T00:00:00_sb00.hdf5');
    await copyFile(file(0), growing);
    let grows = true;
    const writer = (async () => {
      while (grows) await appendFile(growing, 'x');
    })();
    const codes = new Set<string | undefined>();
    for (let i = 0; i < 200 && !codes.has('CHANGING_FILE'); i++)
      codes.add((await indexFiles([growing], { database })).leftOut[0]?.code);
    grows = false;
    await writer;
    expect([...codes]).toContain('CHANGING_FILE');
    expect((await indexFiles([growing])).headers).toHaveLength(1);
  });

  it('refuses a database of another kind and leaves it as it is', async () => {
    await writeFile(`${database}.txt`, 'no database');
    await expect(indexFolder(folder, { database: `${database}.txt` })).rejects.toThrow(FileAccessError);
    expect(await readFile(`${database}.txt`, 'utf8')).toBe('no database');
    await (await openRegistry(`${database}.registry`)).close();
    await expect(indexFolder(folder, { database: `${database}.registry` })).rejects.toThrow(/another database/);
    await (await openRegistry(`${database}.registry`)).close();
    await expect(indexFolder(folder, { database: join(folder, 'nowhere', 'x') })).rejects.toThrow(FileAccessError);
  });

  it('starts anew on a database of another version, and reads again what it cannot understand', async () => {
    const first = await indexFolder(folder, { database });
    const spoil = (statement: string) => new Database(database).exec(statement).close();
    spoil('pragma user_version = 999; create table news (a)');
    expect(await indexFolder(folder, { database })).toEqual(first);
    spoil("update files set own = x'00'");
    expect(await indexFolder(folder, { database })).toEqual(first);
    spoil('delete from commons');
    expect(await indexFolder(folder, { database })).toEqual(first);
    expect((await indexFolder(folder, { database })).nOpened).toBe(0);
  });

  it('refuses what it does not understand', async () => {
    await expect(indexFolder(join(folder, 'nothing'))).rejects.toThrow(FileAccessError);
    await expect(indexFolder('')).rejects.toThrow(InvalidArgumentError);
    await expect(indexFolder(folder, { databse: database } as object)).rejects.toThrow(/databse/);
    await expect(indexFiles([file(0), 3 as unknown as string])).rejects.toThrow(InvalidArgumentError);
  });
});

describe('indexFiles', () => {
  it('takes files in any order, none twice, and names those that are not there', async () => {
    const missing = join(folder, '2026-01-25T22:05:15_sb00.hdf5');
    const paths = [file(1), missing, file(0), file(1)];
    const index = await indexFiles(paths, { database });
    expect(index.headers.map(header => header.path)).toEqual([file(0), file(1)].sort());
    expect(index.leftOut).toMatchObject([{ code: 'UNREADABLE_FILE', path: missing }]);
    expect(await indexFiles([...paths].reverse(), { database })).toEqual({ ...index, nOpened: 0 });
  });
});
