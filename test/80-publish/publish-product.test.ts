import { link, mkdir, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { publishProduct, retryPublishing } from '../../src/publish/index.js';
import type { PublishOptions, PublishStep } from '../../src/publish/index.js';
import { onBothDatabases } from '../support/databases.js';
import { contentsOf, mosaicNames, Site, wholeProducts } from '../support/publishing-site.js';

onBothDatabases('publishProduct', database => {
  let site: Site;

  beforeEach(async () => {
    site = await Site.make(database);
    await site.stage();
  });

  afterEach(() => site.remove());

  const whole = wholeProducts(['files', 'm']);
  const id = 'mosaics/m';
  const publish = (options: Partial<PublishOptions> = {}) =>
    publishProduct(site.registry, id, { ...site.roots, ...options });
  const retry = () => retryPublishing(site.registry, id, site.roots);
  const product = async () => (await site.registry.products.get(id))!;
  const targetOf = (name: string) => join(site.productsRoot, 'mosaics', name);
  const sourceOf = (name: string) => join(site.workRoot, 'mosaics/m', name);

  it('moves every file, the main one last, and leaves nothing behind', async () => {
    const inode = (await stat(sourceOf('m.fits'))).ino;
    const placed: string[] = [];
    const onStep = (step: PublishStep, path: string) => void (step === 'placed' && placed.push(path));
    const paths = await publish({ onStep });
    expect(paths).toEqual(mosaicNames('m').map(targetOf));
    expect(placed).toEqual(paths);
    expect(await site.published()).toEqual(whole);
    expect(await site.staged()).toEqual({});
    expect(await readdir(join(site.workRoot, 'mosaics'))).toEqual([]);
    expect((await stat(targetOf('m.fits'))).ino).toBe(inode);
    expect(await product()).toMatchObject({ state: 'published', publishAttempts: 1, publishError: undefined });
  });

  it('moves a folder as a whole, empty folders in it too', async () => {
    const ms = await site.stage('obs', 'folder');
    const paths = await publishProduct(site.registry, ms, site.roots);
    expect(paths).toEqual([join(site.productsRoot, 'ms/obs.ms')]);
    expect(await site.published()).toEqual(wholeProducts(['folder', 'obs']));
    expect(await readdir(join(paths[0]!, 'empty'))).toEqual([]);
  });

  it('leaves what else stands in the folder of the product', async () => {
    await writeFile(sourceOf('notes.txt'), 'mine');
    await publish();
    expect(await site.staged()).toEqual({ 'mosaics/m/notes.txt': 'mine' });
  });

  it('does nothing the second time', async () => {
    const first = await publish();
    const before = await stat(targetOf('m.fits'));
    expect(await publish()).toEqual(first);
    expect((await stat(targetOf('m.fits'))).mtimeMs).toBe(before.mtimeMs);
    expect((await product()).publishAttempts).toBe(1);
  });

  it('completes a published product of which a file was lost, once that is staged again', async () => {
    await publish();
    await rm(targetOf('m-rms.fits'));
    await expect(publish()).rejects.toMatchObject({ code: 'FILE_ACCESS', message: /m-rms\.fits.*missing/ });
    expect((await product()).state).toBe('failed');
    await mkdir(join(site.workRoot, 'mosaics/m'));
    await writeFile(sourceOf('m-rms.fits'), contentsOf('files', 'm')['m-rms.fits']!);
    await retry();
    expect(await site.published()).toEqual(whole);
  });

  it('is published again by one of many that notice at once that a file was lost', async () => {
    await publish();
    await rm(targetOf('m.fits'));
    await mkdir(join(site.workRoot, 'mosaics/m'));
    await writeFile(sourceOf('m.fits'), contentsOf('files', 'm')['m.fits']!);
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => publish()));
    const lost = attempts.flatMap(attempt => (attempt.status === 'rejected' ? [attempt.reason as unknown] : []));
    for (const error of lost) expect(error).toMatchObject({ code: 'PUBLISH_DEFERRED' });
    expect(lost.length).toBeLessThan(8);
    expect(await site.published()).toEqual(whole);
    expect(await product()).toMatchObject({ state: 'published', publishAttempts: 1 });
    expect((await site.registry.history(id)).filter(event => event.from_state === 'published')).toHaveLength(1);
  });

  it('is not staged again by somebody who found its files lost, once it is removed', async () => {
    await publish();
    await site.registry.products.remove(id, 'no longer current');
    await site.registry.products.unpublish(id, 'published files are missing');
    expect((await product()).state).toBe('removed');
  });

  it('succeeds where the same content stands already', async () => {
    await mkdir(join(site.productsRoot, 'mosaics'));
    await writeFile(targetOf('m-rms.fits'), whole['mosaics/m-rms.fits']!);
    await publish();
    expect(await site.published()).toEqual(whole);
    expect(await site.staged()).toEqual({});
  });

  describe('refuses to replace other content', () => {
    it.each([
      ['another file', (path: string) => writeFile(path, 'precious')],
      ['an empty file', (path: string) => writeFile(path, '')],
      ['a folder', (path: string) => mkdir(path)],
    ])('%s, and puts nothing in place', async (_, obstruct) => {
      await mkdir(join(site.productsRoot, 'mosaics'));
      await obstruct(targetOf('m.fits'));
      const before = await site.published();
      await expect(publish()).rejects.toMatchObject({ code: 'PRODUCT_CONFLICT', path: targetOf('m.fits') });
      expect(await site.published()).toEqual(before);
      expect(Object.keys(await site.staged())).toHaveLength(3);
      expect(await product()).toMatchObject({ state: 'failed', publishAttempts: 1, publishError: /something else/ });
      await expect(publish()).rejects.toMatchObject({ code: 'PUBLISH_FAILED' });
      await rm(targetOf('m.fits'), { recursive: true });
      await retry();
      expect(await site.published()).toEqual(whole);
    });

    it('that came into the way meanwhile: what was put in place is taken back', async () => {
      const onStep = (step: PublishStep, path: string) =>
        void (step === 'placed' && path.endsWith('m-rms.fits') && writeFileSync(targetOf('m.fits'), 'x'));
      await expect(publish({ onStep })).rejects.toMatchObject({ code: 'PRODUCT_CONFLICT' });
      expect(await site.published()).toEqual({ 'mosaics/m.fits': 'x' });
      expect(Object.keys(await site.staged())).toHaveLength(3);
    });

    it('in place of a folder', async () => {
      const ms = await site.stage('obs', 'folder');
      await mkdir(join(site.productsRoot, 'ms/obs.ms'), { recursive: true });
      await writeFile(join(site.productsRoot, 'ms/obs.ms/table.dat'), 'precious');
      const attempt = publishProduct(site.registry, ms, site.roots);
      await expect(attempt).rejects.toMatchObject({ code: 'PRODUCT_CONFLICT' });
      expect(await site.published()).toEqual({ 'ms/obs.ms/table.dat': 'precious' });
    });
  });

  describe('refuses a source', () => {
    it.each([
      ['that changed since it was registered', () => writeFile(sourceOf('m-rms.fits'), 'y'), /m-rms.fits.*SHA-256/],
      ['that lost its end', () => truncate(sourceOf('m.fits'), 10), /m.fits.*SHA-256/],
      ['that is missing', () => rm(sourceOf('m.fits')), /m.fits.*missing/],
    ])('%s, and publishes it once it is there', async (_, spoil, message) => {
      await spoil();
      await expect(publish()).rejects.toMatchObject({ code: 'FILE_ACCESS', message });
      expect(await site.published()).toEqual({});
      expect(await product()).toMatchObject({ state: 'failed' });
      for (const [name, content] of Object.entries(contentsOf('files', 'm'))) await writeFile(sourceOf(name), content);
      await retry();
      expect(await site.published()).toEqual(whole);
    });

    it('with a link in it', async () => {
      const ms = await site.stage('obs', 'folder');
      await symlink('/etc/passwd', join(site.workRoot, ms, 'ANTENNA/link'));
      await expect(publishProduct(site.registry, ms, site.roots)).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
      expect(await site.published()).toEqual({});
    });
  });

  it('copies a file that has another name, so that it cannot be changed by that once it is published', async () => {
    await link(sourceOf('m.fits'), join(site.folder, 'alias'));
    await publish();
    await writeFile(join(site.folder, 'alias'), 'changed');
    expect(await site.published()).toEqual(whole);
  });

  it('copies a folder in which a file has another name', async () => {
    const ms = await site.stage('obs', 'folder');
    await link(join(site.workRoot, ms, 'ANTENNA/table.dat'), join(site.folder, 'alias'));
    await publishProduct(site.registry, ms, site.roots);
    await writeFile(join(site.folder, 'alias'), 'changed');
    expect(await site.published()).toEqual(wholeProducts(['folder', 'obs']));
    expect(Object.keys(await site.staged()).filter(path => path.startsWith('ms/'))).toEqual([]);
  });

  it('refuses links in place of the source, the folder and the target', async () => {
    const source = sourceOf('m.fits');
    await rm(source);
    await symlink('/etc/passwd', source);
    await expect(publish()).rejects.toMatchObject({ code: 'UNSAFE_PATH', path: source });
    await rm(source);
    await writeFile(source, contentsOf('files', 'm')['m.fits']!);

    const elsewhere = join(site.folder, 'elsewhere');
    await mkdir(elsewhere);
    await rm(join(site.productsRoot, 'mosaics'), { recursive: true, force: true });
    await symlink(elsewhere, join(site.productsRoot, 'mosaics'));
    await expect(retry()).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
    await rm(join(site.productsRoot, 'mosaics'));

    await mkdir(join(site.productsRoot, 'mosaics'));
    await symlink(join(elsewhere, 'victim'), targetOf('m.fits'));
    await expect(retry()).rejects.toMatchObject({ code: 'UNSAFE_PATH', path: targetOf('m.fits') });
    await rm(targetOf('m.fits'));
    await retry();
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('refuses what is unknown, has no files or did not pass its checks', async () => {
    const { registry } = site;
    await expect(publishProduct(registry, 'x', site.roots)).rejects.toMatchObject({ code: 'REGISTRY' });
    await registry.products.register({ id: 'ms', kind: 'ms', path: 'ms/a', recipe: '' });
    await expect(publishProduct(registry, 'ms', site.roots)).rejects.toMatchObject({ code: 'REGISTRY' });
    await registry.products.setValidation(id, 'failed', 'all NaN');
    await expect(publish()).rejects.toMatchObject({ code: 'REGISTRY', message: /validation/ });
    expect(await site.published()).toEqual({});
  });

  it.each([[{ leaseSec: 0 }], [{ maxAttempts: 0 }], [{ backoffSec: -1 }], [{ owner: '' }]])(
    'refuses %o',
    async options => {
      await expect(publish(options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    },
  );
});
