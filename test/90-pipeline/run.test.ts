import { mkdir, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import * as h5wasm from 'h5wasm/node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { readFits } from '../../src/fits/index.js';
import { openRegistry } from '../../src/registry/index.js';
import { contimg } from '../support/contimg-command.js';
import { FinishedRun, publishedHashes, reportOf, smallRun } from '../support/small-run.js';

let finished: FinishedRun;
let folder: string;
beforeAll(async () => void (finished = await FinishedRun.make(3)));
afterAll(() => finished.remove());
beforeEach(async () => void (folder = await finished.newFolder()));

/** A copy of the finished run, to spoil. */
async function copyFinished(): Promise<void> {
  folder = await finished.copy();
}

const workPath = (...parts: string[]) => join(folder, 'work', ...parts);
const runHere = async (from = finished.incoming) => contimg(smallRun(from, folder));

describe('contimg run', () => {
  it('leaves a tile per group, and a mosaic for every two tiles', async () => {
    expect(await readdir(join(finished.folder, 'work'))).toEqual(expect.arrayContaining(['ms', 'tiles', 'mosaics']));
    expect(await readdir(join(finished.folder, 'work', 'ms'))).toEqual([]);
    const [id] = finished.tiles;
    const parts = ['dirty', 'image', 'image-pb', 'model', 'pb', 'psf', 'residual', 'weight'].map(
      part => `${id}-${part}.fits`,
    );
    expect((await readdir(join(finished.folder, 'work', 'tiles', id!))).sort()).toEqual(
      [...parts, `${id}.json`].sort(),
    );
    const published = await readdir(join(finished.folder, 'products', 'mosaics'));
    const main = published.find(name => /^\S+_[0-9a-f]{8}\.fits$/.test(name))!;
    const stem = main.replace('.fits', '');
    expect(published.sort()).toEqual(
      [`${stem}-coverage.fits`, `${stem}-rms.fits`, `${stem}-weight.fits`, main, `${stem}.png`, `${stem}.json`].sort(),
    );
    const mosaic = await readFits(join(finished.folder, 'products', 'mosaics', main));
    expect(mosaic.history.join(' ')).toContain(id);
  });

  it('does nothing the second time, and says so', async () => {
    await copyFinished();
    const [id] = finished.tiles;
    const facts = async () => [await stat(workPath('tiles', id!, `${id}-image.fits`)), await stat(workPath('mosaics'))];
    const before = await facts();
    const again = await runHere();
    expect(again.exitCode, again.stderr).toBe(0);
    expect(reportOf(again).products.every(product => !product.made)).toBe(true);
    expect(reportOf(again).products.find(product => product.kind === 'mosaic')!.published).toHaveLength(6);
    const after = await facts();
    expect(after.map(found => found.mtimeMs)).toEqual(before.map(found => found.mtimeMs));
  });

  it('gives the same bytes in other folders', async () => {
    const moved = join(folder, 'elsewhere');
    await finished.copyFiles(moved, [0, 1]);
    const run = await runHere(moved);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(await publishedHashes(folder)).toEqual(await publishedHashes(finished.folder));
  });

  it('names every product, and the tile that waits for another, in its report', async () => {
    const { products, leftOut, failed } = finished.report;
    const names = finished.tiles;
    expect(products.filter(product => product.kind === 'tile').map(product => basename(product.path))).toEqual(names);
    for (const { kind, clean } of products) {
      expect(clean !== undefined).toBe(kind === 'tile');
      for (const { seconds } of clean?.cycles ?? []) expect(seconds).toBeGreaterThan(0);
    }
    const mosaics = products.filter(product => product.kind === 'mosaic');
    expect(mosaics).toMatchObject([{ state: 'published', made: true }]);
    for (const path of mosaics[0]!.published) expect((await stat(path)).isFile()).toBe(true);
    expect(mosaics[0]!.published.at(-1)).toMatch(/mosaics\/[^/]*[0-9a-f]{8}\.fits$/);
    expect(leftOut).toMatchObject([{ subject: names[2], code: 'TOO_FEW_TILES' }]);
    expect(failed).toEqual([]);
  });

  it('records the lineage from the mosaic to the files', async () => {
    const registry = await openRegistry(join(finished.folder, 'work', 'registry.sqlite'));
    const [mosaic] = await registry.products.list({ kind: 'mosaic' });
    const names = finished.tiles.slice(0, 2);
    expect(await registry.products.ancestors(mosaic!.id)).toEqual(names.map(name => `tiles/${name}`));
    expect((await registry.products.get(`tiles/${names[0]}`))!.groupId).toBe(names[0]);
    await registry.close();
  });

  it('makes a new mosaic of the waiting tile once its neighbor comes', async () => {
    const few = join(folder, 'few');
    await finished.copyFiles(few, [0]);
    expect(reportOf(await runHere(few)).leftOut).toMatchObject([{ code: 'TOO_FEW_TILES' }]);
    await finished.copyFiles(few, [1]);
    const second = reportOf(await runHere(few));
    expect(second.products.filter(product => product.made).map(product => product.kind)).toEqual(['tile', 'mosaic']);
    expect(await publishedHashes(folder)).toEqual(await publishedHashes(finished.folder));
  });
});

it('leaves alone what a run on a folder of the same path publishes on another host', async () => {
  await copyFinished();
  const registry = await openRegistry(workPath('registry.sqlite'));
  const [mosaic] = await registry.products.list({ kind: 'mosaic' });
  const other = `run on ${workPath()}`;
  await registry.products.unpublish(mosaic!.id, 'to be published by the other');
  await registry.claims.take(mosaic!.id, { owner: other, leaseSec: 3600 });
  const run = await runHere();
  expect(run.exitCode, run.stderr).toBe(0);
  expect(reportOf(run).leftOut).toContainEqual(expect.objectContaining({ code: 'PUBLISH_DEFERRED' }));
  expect(await registry.products.get(mosaic!.id)).toMatchObject({ state: 'publishing', claim: { owner: other } });
  await registry.close();
});

it('takes tiles into mosaics whose correlator files are gone', async () => {
  const few = join(folder, 'few');
  for (const group of [0, 1]) {
    await rm(few, { recursive: true, force: true });
    await finished.copyFiles(few, [group]);
    const run = await runHere(few);
    expect(run.exitCode, run.stderr).toBe(0);
  }
  expect(await publishedHashes(folder)).toEqual(await publishedHashes(finished.folder));
});

describe('what is lost or spoilt is made again', () => {
  it.each([
    ['a tile', async (id: string) => rm(workPath('tiles', id), { recursive: true })],
    ['one image of a tile', async (id: string) => rm(workPath('tiles', id, `${id}-image.fits`))],
    ['the end of an image', async (id: string) => truncate(workPath('tiles', id, `${id}-image.fits`), 2880)],
  ])('%s', async (_, spoil) => {
    await copyFinished();
    const [id] = finished.tiles;
    await spoil(id!);
    const run = await runHere();
    expect(run.exitCode, run.stderr).toBe(0);
    const made = reportOf(run).products.filter(product => product.made);
    expect(made.map(product => product.id)).toEqual([`tiles/${id}`]);
    expect(await publishedHashes(folder)).toEqual(await publishedHashes(finished.folder));
  });

  it('published files', async () => {
    await copyFinished();
    for (const name of await readdir(join(folder, 'products', 'mosaics'))) {
      if (name.endsWith('-rms.fits') || name.endsWith('.png')) await rm(join(folder, 'products', 'mosaics', name));
    }
    const run = await runHere();
    expect(run.exitCode, run.stderr).toBe(0);
    expect(await publishedHashes(folder)).toEqual(await publishedHashes(finished.folder));
  });

  it('a measurement set that was asked for and is gone', async () => {
    await copyFinished();
    const withMs = async () => {
      const run = await contimg([...smallRun(finished.incoming, folder), '--ms']);
      expect(run.exitCode, run.stderr).toBe(0);
      return reportOf(run).products.filter(product => product.made);
    };
    const first = await withMs();
    expect(first.map(product => product.kind)).toEqual(['ms', 'ms', 'ms']); // tiles and mosaics stay as they are
    expect(await withMs()).toEqual([]);
    await rm(first[1]!.path, { recursive: true });
    expect((await withMs()).map(product => product.path)).toEqual([first[1]!.path]);
  });

  it('leftovers of a run that died are removed', async () => {
    await copyFinished();
    await mkdir(workPath('tiles', '.partial-x'));
    await writeFile(workPath('ms', '.partial-y'), '');
    await runHere();
    expect((await readdir(workPath('tiles'))).concat(await readdir(workPath('ms')))).not.toContainEqual(
      expect.stringMatching(/^\.partial/),
    );
  });
});

describe('bad input', () => {
  it('is left out and named: incomplete groups and unreadable files', async () => {
    const spoilt = join(folder, 'spoilt');
    await finished.copyFiles(spoilt);
    const names = finished.files;
    const [first, second] = finished.tiles;
    await rm(join(spoilt, names[0]!)); // the first group has 15 files
    await truncate(join(spoilt, names[16]!), 5000); // as has the second
    await rename(join(spoilt, names[32]!), join(spoilt, names[32]!.replace('.hdf5', '_incomplete.hdf5')));
    await writeFile(join(spoilt, 'notes.txt'), '');
    const run = await contimg([...smallRun(spoilt, folder), '--min-subbands', '16']);
    expect(run.exitCode, run.stderr).toBe(0);
    const { leftOut, failed } = reportOf(run);
    expect(failed).toEqual([]);
    expect(leftOut).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ subject: first, code: 'INCOMPLETE_GROUP' }),
        expect.objectContaining({ subject: second, code: 'INCOMPLETE_GROUP' }),
        expect.objectContaining({ subject: join(spoilt, names[16]!), code: 'UNREADABLE_FILE' }),
        expect.objectContaining({ code: 'INCOMPLETE_NAME' }),
      ]),
    );
    const lenient = reportOf(await runHere(spoilt));
    expect(lenient.products.filter(product => product.kind === 'mosaic')).toMatchObject([{ state: 'published' }]);
  });

  it('is a failure of its group alone, which the next run tries again', async () => {
    const spoilt = join(folder, 'spoilt');
    await finished.copyFiles(spoilt);
    const names = finished.files;
    const [first] = finished.tiles;
    for (const name of names.slice(0, 16)) await weighNothing(join(spoilt, name));
    const run = await runHere(spoilt);
    expect(run.exitCode, run.stderr).toBe(1);
    expect(reportOf(run).failed).toMatchObject([{ stage: 'image', subject: first, code: 'NO_VALID_DATA' }]);
    expect(run.stderr).toContain(`Failed: image ${first}`);
    expect(reportOf(run).products.filter(product => product.kind === 'mosaic')).toHaveLength(1); // of the other two
    await finished.copyFiles(spoilt, [0]);
    const again = await runHere(spoilt);
    expect(again.exitCode, again.stderr).toBe(0);
    expect(reportOf(again).products.map(product => product.id)).toContain(`tiles/${first}`);
  });
});

/** Takes all weight from a subband file, as the correlator does when every sample of it was bad. */
async function weighNothing(path: string): Promise<void> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'a');
  const nsamples = file.get('Data/nsamples') as h5wasm.Dataset;
  const ranges = nsamples.shape!.map((extent): [number, number] => [0, extent]);
  nsamples.write_slice(ranges, new Float32Array(nsamples.shape!.reduce((a, b) => a * b)));
  file.close();
}
