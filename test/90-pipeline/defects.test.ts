import { mkdir, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { isPipelineError } from '../../src/core/errors.js';
import { readFits } from '../../src/fits/index.js';
import { planMosaicGroups } from '../../src/grouping/index.js';
import { publishDue, publishProduct, resumePublishing } from '../../src/publish/index.js';
import type { PublishOptions } from '../../src/publish/index.js';
import { openRegistry } from '../../src/registry/index.js';
import { endLeases, publishAndDie } from '../support/dying-publisher.js';
import { Site, wholeProducts } from '../support/publishing-site.js';
import { onBothDatabases } from '../support/databases.js';
import { contimg } from '../support/contimg-command.js';
import { FinishedRun, reportOf, smallRun } from '../support/small-run.js';

/**
 * What was wrong in the pipeline before this one, where every safeguard had its tests and none held from end to end. The
 * letters are those under which the defects were recorded.
 */
describe('through contimg run', () => {
  let finished: FinishedRun;
  let folder: string;
  beforeAll(async () => void (finished = await FinishedRun.make(3)));
  afterAll(() => finished.remove());
  beforeEach(async () => {
    folder = await finished.copy();
    await mkdir(join(folder, 'empty'));
  });

  /** A run of what is there, a mosaic of every tile. */
  const runOnEach = () => contimg(smallRun(join(folder, 'empty'), folder, 1));
  const openHere = () => openRegistry(join(folder, 'work/registry.sqlite'));

  it('b: a mosaic is made and published of a group with an id that begins with group_', async () => {
    const registry = await openHere();
    const [group] = await registry.mosaicGroups.list();
    expect(group).toMatchObject({
      id: expect.stringMatching(/^group_[0-9a-f]{16}_\d{16}$/) as string,
      state: 'published',
    });
    expect(await registry.products.get(`mosaics/${group!.name}`)).toMatchObject({ state: 'published', qa: 'passed' });
    await registry.close();
  });

  it('c: the way that is taken by default forms no group of a tile that is not imaged', async () => {
    const [, , third] = finished.tiles;
    const registry = await openHere();
    await registry.groups.setState(third!, 'failed', 'imaging failed');
    await registry.close();
    const run = await runOnEach();
    expect(run.exitCode, run.stderr).toBe(0);
    const { products, leftOut } = reportOf(run);
    expect(products.filter(product => product.kind === 'mosaic')).toHaveLength(2);
    expect(leftOut).toMatchObject([{ subject: third, code: 'STAGE', reason: /failed; expected imaged or done/ }]);
  });

  it('c: nor one of a tile of which the image is spoilt', async () => {
    const [, , third] = finished.tiles;
    const path = join(folder, 'work/tiles', third!, `${third}-image.fits`);
    await truncate(path, 100); // and of the right size again, as a file system leaves it after a power cut
    await truncate(path, 10 * 2880);
    const registry = await openHere();
    const tile = (await registry.products.get(`tiles/${third}`))!;
    await registry.products.remove(tile.id, 'registered anew');
    const files = tile.files.map(file =>
      file.path.endsWith('-image.fits') ? { ...file, sizeBytes: 10 * 2880 } : file,
    );
    await registry.products.register({ ...tile, groupId: third!, files });
    await registry.close();
    expect(reportOf(await runOnEach()).leftOut).toMatchObject([{ subject: third, code: 'IMAGE' }]);
  });

  it('g: an observation of one tile, which begins and ends at one time, becomes a mosaic', async () => {
    const run = await runOnEach();
    expect(run.exitCode, run.stderr).toBe(0);
    expect(reportOf(run).products.filter(product => product.kind === 'mosaic')).toHaveLength(3);
  });

  it('i: the telescope stands at OVRO, not at Greenwich, unless somebody says so', async () => {
    const names = await readdir(join(finished.folder, 'products/mosaics'));
    const main = names.find(name => /_[0-9a-f]{8}\.fits$/.test(name))!;
    const { wcs } = await readFits(join(finished.folder, 'products/mosaics', main));
    expect(Math.abs(wcs.center.raDeg - 336.85)).toBeLessThan(0.5); // at Greenwich the meridian is 118 degrees away
  });

  it('n: a group that could not be imaged is not marked as imaged, and is tried again', async () => {
    const spoilt = join(folder, 'spoilt');
    await finished.copyFiles(spoilt);
    for (const name of finished.files.slice(0, 16)) await truncate(join(spoilt, name), 5000);
    await rm(join(folder, 'work'), { recursive: true });
    const run = await contimg(smallRun(spoilt, folder));
    const [first] = finished.tiles;
    const registry = await openHere();
    expect((await registry.groups.get(first!))?.state ?? 'incomplete').toBe('incomplete');
    await registry.close();
    expect(reportOf(run).leftOut.length).toBeGreaterThan(0);
    await finished.copyFiles(spoilt, [0]);
    expect(reportOf(await contimg(smallRun(spoilt, folder))).products.map(({ id }) => id)).toContain(`tiles/${first}`);
  });
});

onBothDatabases('in the registry and publishing', database => {
  let site: Site;
  beforeEach(async () => void (site = await Site.make(database)));
  afterEach(() => site.remove());
  const publish = (id: string, options: Partial<PublishOptions> = {}) =>
    publishProduct(site.registry, id, { ...site.roots, ...options });

  it('a: finalizing a product leads to its publication, and a failure of that does not undo it', async () => {
    const id = await site.stage();
    const { files } = (await site.registry.products.get(id))!;
    await site.registry.products.remove(id, 'to be registered before it is whole');
    await site.registry.products.register({ id, kind: 'mosaic', path: id, recipe: 'r', finalized: false });
    expect(await publishDue(site.registry, site.roots)).toEqual({ published: [], failed: [] });
    await site.registry.products.finalize(id, files);
    await site.registry.products.setValidation(id, 'passed');
    await site.registry.products.setQa(id, 'passed');
    const onStep = () => {
      throw new Error('the disk fails');
    };
    await expect(publish(id, { onStep: step => void (step === 'cleaned' && onStep()) })).rejects.toThrow(
      'the disk fails',
    );
    expect(await site.registry.products.get(id)).toMatchObject({ state: 'staged', finalized: true, qa: 'passed' });
    await site.registry.claims.reset(id);
    expect(await publishDue(site.registry, site.roots)).toEqual({ published: [id], failed: [] });
  });

  it('d: every query finds the columns that it asks for in the schema that the migrations make', async () => {
    const { registry } = site;
    await registry.groups.record({ id: 'g', files: [{ path: '/in/a', subband: 0, fileSizeBytes: 1 }] });
    const { id } = await registry.mosaicGroups.form({
      name: 'n',
      members: ['g'],
      options: 'o',
      newId: () => 'group_1',
    });
    await registry.mosaicGroups.setState(id, 'failed', 'why');
    expect(await registry.mosaicGroups.get(id)).toMatchObject({ state: 'failed', reason: 'why', members: ['g'] });
    expect(await registry.mosaicGroups.withMember('g')).toEqual([id]);
    await registry.groups.setState('g', 'imaged');
    const product = await site.stage();
    await publish(product);
    expect(await registry.products.list({ kind: 'mosaic', state: 'published' })).toHaveLength(1);
    expect(await registry.products.unpublished()).toEqual([]);
    expect(await registry.products.ancestors(product)).toEqual([]);
    expect(await registry.products.descendants(product)).toEqual([]);
    expect((await registry.history(product)).length).toBeGreaterThan(2);
    expect(await registry.health()).toMatchObject({ published: 1, groupsFormedLastDay: 1 });
  });

  it('e: a bad tile at the head blocks none behind it, and a group that is done is not formed again', async () => {
    const at = (minute: number) => ({ id: `t${minute}`, midTimeMjdSec: 5e9 + 60 * minute, decDeg: 16 });
    const tiles = [at(0), ...Array.from({ length: 10 }, (_, i) => at(100 + 5 * i))];
    const { groups } = planMosaicGroups(tiles);
    expect(groups.map(group => group[0]!.id)).toEqual(['t100']);
    expect(planMosaicGroups(tiles, {}, new Set(groups.flat().map(tile => tile.id))).groups).toEqual([]);
    for (const { id } of groups[0]!) await site.registry.groups.record({ id, files: [] });
    const members = groups[0]!.map(tile => tile.id);
    const form = (name: string) =>
      site.registry.mosaicGroups.form({ name, members, options: 'o', newId: () => `group_${name}` });
    const { id } = await form('first');
    await site.registry.mosaicGroups.setState(id, 'published');
    await expect(form('again')).rejects.toMatchObject({ code: 'DUPLICATE_GROUP', groupId: id });
  });

  it('f: ten tiles of five minutes each are a group by default', () => {
    const tiles = Array.from({ length: 10 }, (_, i) => ({ id: `t${i}`, midTimeMjdSec: 5e9 + 309.24 * i, decDeg: 16 }));
    expect(planMosaicGroups(tiles).groups).toEqual([tiles]);
  });

  it('h: an option that does not exist is refused by its name, and nothing is done', async () => {
    const id = await site.stage();
    const options = { validationStatus: 'validated' } as Partial<PublishOptions>;
    await expect(publish(id, options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: /validationStatus/ });
    expect(await site.registry.products.get(id)).toMatchObject({ state: 'staged', publishAttempts: 0 });
  });

  it('j: a process that dies while it publishes leaves nothing that nobody takes up', async () => {
    const id = await site.stage();
    await publishAndDie(site, id, 1);
    expect(await site.state(id)).toBe('publishing');
    await endLeases(site, database);
    expect(await resumePublishing(site.registry, site.roots)).toEqual({ published: [id], failed: [] });
  });

  it('k: a move to another file system that is interrupted leaves nothing half-copied under a published name', async () => {
    const other = await Site.make(database, 'other');
    const id = await other.stage('obs', 'folder');
    expect((await publishAndDie(other, id, 3)).at(-1)).toBe('copying');
    const visible = Object.keys(await other.published()).filter(path => !path.includes('/.'));
    expect(visible).toEqual([]);
    await endLeases(other, database);
    await resumePublishing(other.registry, other.roots);
    expect(await other.published()).toEqual(wholeProducts(['folder', 'obs']));
    await other.remove();
  });

  it('l: registering a product again replaces nothing: not its attempts, its lineage or its history', async () => {
    await site.registry.products.register({ id: 'tiles/t', kind: 'tile', path: 'tiles/t', recipe: '' });
    const id = 'mosaics/x';
    const product = { id, kind: 'mosaic', path: id, recipe: 'r', parents: ['tiles/t'] } as const;
    await site.registry.products.register({ ...product, files: [{ path: 'gone', sizeBytes: 1, sha256: 'x' }] });
    await site.registry.products.setValidation(id, 'passed');
    await site.registry.products.setQa(id, 'passed');
    await expect(publish(id)).rejects.toMatchObject({ code: 'FILE_ACCESS' });
    const before = await site.registry.products.get(id);
    const history = await site.registry.history(id);
    await expect(site.registry.products.register({ ...product, parents: [] })).rejects.toMatchObject({
      code: 'REGISTRY',
    });
    expect(await site.registry.products.get(id)).toEqual(before);
    expect(before).toMatchObject({ publishAttempts: 1, parents: ['tiles/t'] });
    expect(await site.registry.history(id)).toEqual(history);
  });

  it('m: a failure counts when it happens, not when its product was staged', async () => {
    const id = await site.stage();
    await site.stage('recent'); // staged just now, and never failed
    const old = '2000-01-01T00:00:00.000Z';
    await database.query(site.location, `update products set created_at = '${old}' where id = '${id}'`);
    expect(await site.registry.health()).toMatchObject({ failuresLastHour: 0, failuresLastDay: 0, stagedOverDay: 1 });
    await rm(join(site.workRoot, 'mosaics/m/m.fits'));
    await expect(publish(id)).rejects.toMatchObject({ code: 'FILE_ACCESS' });
    expect(await site.registry.health()).toMatchObject({ failuresLastHour: 1, failuresLastDay: 1, failed: 1 });
  });

  it('n: finding the files of a group again does not change how far it has come', async () => {
    const group = { id: 'g', files: [{ path: '/in/a', subband: 0, fileSizeBytes: 1 }] };
    for (const state of ['failed', 'imaged'] as const) {
      await site.registry.groups.record(group);
      await site.registry.groups.setState('g', state, state);
      expect(await site.registry.groups.record(group)).toMatchObject({ state });
    }
  });

  it('o: whatever an id holds, it is data', async () => {
    const evil = [
      `'; drop table products; --`,
      `" or 1=1`,
      '${id}',
      '%',
      '\\',
      '../../etc/passwd',
      '$1',
      '?',
      'ä\u202e',
    ];
    for (const id of evil) {
      await site.registry.products.register({ id, kind: 'mosaic', path: id, recipe: id, metadata: { [id]: id } });
      await site.registry.groups.record({ id, files: [{ path: id, subband: 0, fileSizeBytes: 1 }] });
    }
    for (const id of evil) {
      expect(await site.registry.products.get(id)).toMatchObject({ id, recipe: id, metadata: { [id]: id } });
      expect(await site.registry.groups.get(id)).toMatchObject({ id });
      expect(await site.registry.history(id)).toHaveLength(2);
    }
    expect(await site.registry.products.list()).toHaveLength(evil.length);
  });

  it('p: an error that nobody foresaw reaches the caller as it is, and the history', async () => {
    const id = await site.stage();
    const mistake = new TypeError('undefined is not a function');
    const onStep = () => {
      throw mistake;
    };
    const error: unknown = await publish(id, { onStep: step => void (step === 'placed' && onStep()) }).catch(
      (e: unknown) => e,
    );
    expect(error).toBe(mistake);
    expect(isPipelineError(error)).toBe(false);
    expect((await site.registry.history(id)).at(-1)!.message).toBe('publishing failed: undefined is not a function');
    expect(await site.published()).toEqual({});
  });

  it('q: an id that ends like a question about another product is a product of its own', async () => {
    const ids = ['mosaics/m', 'mosaics/m/lineage', 'mosaics/m/auto-publish/status', 'mosaics'];
    for (const id of ids) await site.registry.products.register({ id, kind: 'mosaic', path: id, recipe: id });
    for (const id of ids) expect((await site.registry.products.get(id))!.recipe).toBe(id);
    await site.registry.products.remove('mosaics/m', 'gone');
    expect(await site.state('mosaics/m/lineage')).toBe('staged');
  });
});
