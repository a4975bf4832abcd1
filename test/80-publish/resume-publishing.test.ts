import { renameSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';

import {
  keepPublishing,
  publishDue,
  publishProduct,
  resumePublishing,
  retryPublishing,
} from '../../src/publish/index.js';
import { isTransient, retryDelaySec } from '../../src/publish/failure.js';
import type { OnPublishStep, PublishStep } from '../../src/publish/index.js';
import {
  DiskFullError,
  FileAccessError,
  ProductConflictError,
  RegistryError,
  UnsafePathError,
} from '../../src/core/errors.js';
import { onBothDatabases, sqlite } from '../support/databases.js';
import { endLeases, publishAndDie } from '../support/dying-publisher.js';
import { Site, wholeProducts } from '../support/publishing-site.js';

onBothDatabases('what a process that died left', database => {
  let site: Site;
  beforeEach(async () => void (site = await Site.make(database)));
  afterEach(() => site.remove());

  const copying = 5; // steps: claimed, cleaned, and one file placed and two more

  it('is left alone until the lease ends, and then finished by another scheduler', async () => {
    const id = await site.stage();
    await publishAndDie(site, id, copying);
    const scheduler = { ...site.roots, owner: 'second scheduler' };
    expect(await resumePublishing(site.registry, scheduler)).toEqual({ published: [], failed: [] });
    expect(await publishDue(site.registry, scheduler)).toEqual({ published: [], failed: [] });
    await expect(publishProduct(site.registry, id, scheduler)).rejects.toMatchObject({ code: 'PUBLISH_DEFERRED' });
    expect(await site.state(id)).toBe('publishing');
    await endLeases(site, database);
    expect(await resumePublishing(site.registry, scheduler)).toEqual({ published: [id], failed: [] });
    expect(await site.published()).toEqual(wholeProducts(['files', 'm']));
    const messages = (await site.registry.history(id)).map(event => event.message);
    expect(messages).toContainEqual(expect.stringMatching(/^second scheduler takes over from /));
  });

  it('is taken over at once where its owner is known to be dead', async () => {
    const id = await site.stage();
    await publishAndDie(site, id, copying, { owner: 'run' });
    const other = { ...site.roots, owner: 'run', deadOwner: 'another' };
    expect(await resumePublishing(site.registry, other)).toEqual({ published: [], failed: [] });
    expect(await resumePublishing(site.registry, { ...other, deadOwner: 'run' })).toMatchObject({ published: [id] });
  });

  it('is taken back where it cannot be finished, with the reason', async () => {
    const id = await site.stage();
    await publishAndDie(site, id, copying);
    await endLeases(site, database);
    await rm(join(site.workRoot, 'mosaics/m/m.fits'));
    await rm(join(site.productsRoot, 'mosaics/m.fits'), { force: true });
    const { published, failed } = await resumePublishing(site.registry, site.roots);
    expect(published).toEqual([]);
    expect(failed).toMatchObject([{ id, error: { code: 'FILE_ACCESS' } }]);
    expect(await site.registry.products.get(id)).toMatchObject({ state: 'failed', publishError: /m\.fits/ });
    expect(Object.keys(await site.published()).filter(path => /\/\./.test(path))).toEqual([]);
  });

  it('may be a copied folder of which the source is half removed', async () => {
    const other = await Site.make(database, 'other');
    const id = await other.stage('obs', 'folder');
    const steps = await publishAndDie(other, id, 7);
    expect(steps.at(-1)).toBe('retired');
    const [hidden] = Object.keys(await other.staged()).filter(path => path.endsWith('table.f0'));
    await rm(join(other.workRoot, hidden!));
    await endLeases(other, database);
    expect(await resumePublishing(other.registry, other.roots)).toMatchObject({ published: [id] });
    expect(await other.staged()).toEqual({});
    expect(await other.published()).toEqual(wholeProducts(['folder', 'obs']));
    await other.remove();
  });

  it('may be a copied folder that was lost again: its source is brought back and published once more', async () => {
    const other = await Site.make(database, 'other');
    const id = await other.stage('obs', 'folder');
    await publishAndDie(other, id, 7);
    await rm(join(other.productsRoot, 'ms'), { recursive: true });
    await endLeases(other, database);
    expect(await resumePublishing(other.registry, other.roots)).toMatchObject({ published: [id] });
    expect(await other.published()).toEqual(wholeProducts(['folder', 'obs']));
    await other.remove();
  });
});

onBothDatabases('publishDue', database => {
  let site: Site;
  beforeEach(async () => void (site = await Site.make(database)));
  afterEach(() => site.remove());

  it('publishes what is ready, and goes on after a failure', async () => {
    const ids = [await site.stage('a'), await site.stage('b'), await site.stage('c', 'folder')];
    await rm(join(site.workRoot, 'mosaics/b/b.fits'));
    await site.registry.products.register({ id: 'tiles/t', kind: 'tile', path: 'tiles/t', recipe: '' });
    const { published, failed } = await publishDue(site.registry, site.roots);
    expect(published).toEqual([ids[0], ids[2]]);
    expect(failed).toMatchObject([{ id: ids[1], error: { code: 'FILE_ACCESS' } }]);
    expect(await site.state('tiles/t')).toBe('staged');
  });

  it.each(['workRoot', 'productsRoot'] as const)('touches nothing where the %s is missing or no folder', async root => {
    const ids = [await site.stage('a'), await site.stage('b')];
    await publishAndDie(site, ids[1]!, 1);
    await endLeases(site, database);
    await writeFile(join(site.folder, 'file'), '');
    for (const name of ['unmounted', 'file']) {
      const wrong = { ...site.roots, [root]: join(site.folder, name) };
      const error = { code: 'FILE_ACCESS', path: wrong[root] };
      await expect(publishDue(site.registry, wrong)).rejects.toMatchObject(error);
      await expect(resumePublishing(site.registry, wrong)).rejects.toMatchObject(error);
      for (const publish of [publishProduct, retryPublishing])
        for (const id of ids) await expect(publish(site.registry, id, wrong)).rejects.toMatchObject(error);
    }
    expect(await Promise.all(ids.map(id => site.state(id)))).toEqual(['staged', 'publishing']);
    expect(await resumePublishing(site.registry, site.roots)).toEqual({ published: [ids[1]], failed: [] });
    expect(await publishDue(site.registry, site.roots)).toEqual({ published: [ids[0]], failed: [] });
    await expect(
      publishProduct(site.registry, ids[0]!, { ...site.roots, [root]: join(site.folder, 'unmounted') }),
    ).rejects.toMatchObject({ code: 'FILE_ACCESS' });
    expect(await site.state(ids[0]!)).toBe('published');
  });

  it('tries three times what may pass, then waits for somebody', async () => {
    const id = await site.stage();
    const failing = { ...site.roots, backoffSec: 0, onStep: failAt('cleaned', 'EIO') };
    const { failed } = await publishDue(site.registry, failing);
    expect(failed.map(failure => failure.id)).toEqual([id, id, id]);
    expect(await site.registry.products.get(id)).toMatchObject({ state: 'failed', publishAttempts: 3 });
    const events = await site.registry.history(id);
    expect(events.filter(event => event.message?.startsWith('publishing failed: EIO'))).toHaveLength(3);
  });

  it('makes the next attempt no sooner than the back-off says', async () => {
    const id = await site.stage();
    const failing = { ...site.roots, backoffSec: 1000, onStep: failAt('cleaned', 'EIO') };
    expect((await publishDue(site.registry, failing)).failed).toHaveLength(1);
    const waitSec = (Date.parse((await site.registry.products.get(id))!.nextAttemptAt!) - Date.now()) / 1000;
    expect(waitSec).toBeGreaterThan(400);
    expect(waitSec).toBeLessThan(1001);
    expect(await publishDue(site.registry, site.roots)).toEqual({ published: [], failed: [] });
    await database.query(site.location, `update products set next_attempt_at = '2000-01-01T00:00:00.000Z'`);
    expect(await publishDue(site.registry, site.roots)).toEqual({ published: [id], failed: [] });
  });

  it('begins no other product once it is aborted', async () => {
    const ids = [await site.stage('a'), await site.stage('b')];
    const stop = new AbortController();
    const onStep: OnPublishStep = step => void (step === 'claimed' && stop.abort());
    const options = { ...site.roots, signal: stop.signal, onStep };
    expect(await publishDue(site.registry, options)).toEqual({ published: [ids[0]], failed: [] });
    expect(await site.state(ids[1]!)).toBe('staged');
  });

  it('goes on in keepPublishing once a root is back that was away for some rounds', async () => {
    const away = `${site.productsRoot}-away`;
    const stop = new AbortController();
    const events: string[] = [];
    const id = await site.stage('a');
    await keepPublishing(site.registry, {
      ...site.roots,
      intervalSec: 0.05,
      signal: stop.signal,
      onReport: ({ published }) => {
        events.push(...published);
        if (published.includes(id)) renameSync(site.productsRoot, away);
        else stop.abort();
      },
      onError: error => {
        events.push((error as FileAccessError).code);
        if (events.length === 2) void site.stage('b').then(() => renameSync(away, site.productsRoot));
      },
    });
    expect(events[0]).toBe(id);
    expect(new Set(events.slice(1, -1))).toEqual(new Set(['FILE_ACCESS']));
    expect(events.at(-1)).toBe('mosaics/b');
    const wrong = { ...site.roots, productsRoot: away, onError: () => undefined };
    await expect(keepPublishing(site.registry, wrong)).rejects.toMatchObject({ code: 'FILE_ACCESS', path: away });
  });

  it('is done again and again by keepPublishing, until it is aborted', async () => {
    const ids = [await site.stage('a'), await site.stage('b')];
    await publishAndDie(site, ids[0]!, 3);
    await endLeases(site, database);
    const stop = new AbortController();
    const done: string[] = [];
    await keepPublishing(site.registry, {
      ...site.roots,
      intervalSec: 3600,
      signal: stop.signal,
      onReport: ({ published }) => {
        done.push(...published);
        if (done.length === ids.length) stop.abort();
      },
    });
    expect(done).toEqual(ids);
  });
});

it('a publisher that lost its claim meanwhile stops, and takes nothing back that is now somebody else’s', async () => {
  const site = await Site.make(sqlite);
  const id = await site.stage();
  const steal = () => {
    const database = new Database(site.location);
    database.exec(`update products set claim_owner = 'thief', claim_token = 'stolen'`);
    database.close();
  };
  let nPlaced = 0;
  const onStep = (step: PublishStep) => {
    if (step !== 'placed' || ++nPlaced < 2) return;
    steal();
    throw new Error('the disk fails too');
  };
  const attempt = publishProduct(site.registry, id, { ...site.roots, onStep });
  await expect(attempt).rejects.toMatchObject({ code: 'PUBLISH_DEFERRED', message: /thief has taken it over/ });
  expect(Object.keys(await site.published())).toHaveLength(2);
  expect(await site.registry.products.get(id)).toMatchObject({ state: 'publishing', claim: { owner: 'thief' } });
  await site.remove();
});

it('tells errors that may pass from those that stay', () => {
  const system = (code: string) =>
    new FileAccessError('/p', 'no', { cause: Object.assign(new Error(code), { code, syscall: 'open' }) });
  for (const code of ['EACCES', 'EIO', 'EBUSY', 'ESTALE', 'EMFILE']) expect(isTransient(system(code)), code).toBe(true);
  expect(isTransient(new DiskFullError('/p', 'full'))).toBe(true);
  expect(isTransient(new RegistryError('locked'))).toBe(true);
  expect(isTransient(system('ENOENT'))).toBe(false);
  expect(isTransient(new FileAccessError('/p', 'not what was registered'))).toBe(false);
  expect(isTransient(new UnsafePathError('/p', 'no'))).toBe(false);
  expect(isTransient(new ProductConflictError('/p', 'no'))).toBe(false);
});

it('backs off exponentially, with jitter, for an hour at most', () => {
  for (let attempts = 1; attempts <= 12; attempts++) {
    const delays = Array.from({ length: 200 }, () => retryDelaySec(attempts, 60));
    const longest = Math.min(60 * 2 ** (attempts - 1), 3600);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(longest / 2);
    expect(Math.max(...delays)).toBeLessThanOrEqual(longest);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(longest / 4);
  }
});

/** Fails like the system does, once the step is done. */
function failAt(step: PublishStep, code: string): OnPublishStep {
  return done => {
    if (done === step) throw new FileAccessError('/p', code, { cause: Object.assign(new Error(code), { code }) });
  };
}
