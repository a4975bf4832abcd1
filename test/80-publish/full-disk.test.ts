import { rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { publishDue, publishProduct, retryPublishing } from '../../src/publish/index.js';
import { sqlite } from '../support/databases.js';
import { describeIf } from '../support/oracles.js';
import { canMountDisks, mountSmallDisk, unmountDisk } from '../support/small-disk.js';
import { Site, wholeProducts } from '../support/publishing-site.js';

describeIf(canMountDisks(), 'mounting a tmpfs needs root', 'a full disk', () => {
  let site: Site;
  const ballast = () => join(site.productsRoot, 'ballast');

  beforeEach(async () => {
    site = await Site.make(sqlite);
    await rmdir(site.productsRoot);
    expect(mountSmallDisk(site.productsRoot, 400)).toBe(true); // the mosaic takes 255 kB, the folder 150
    await writeFile(ballast(), Buffer.alloc(300_000));
  });

  afterEach(async () => {
    unmountDisk(site.productsRoot);
    await site.remove();
  });

  it.each(['files', 'folder'] as const)(
    'leaves %s staged and nothing behind; a retry by hand, and the automatic one once it is due, publish them',
    async form => {
      const ids = [await site.stage('m', form), await site.stage('n', form)];
      const failures = await publishDue(site.registry, site.roots);
      expect(failures.failed).toMatchObject(ids.map(id => ({ id, error: { code: 'DISK_FULL' } })));
      expect(failures.failed[0]!.error).toHaveProperty('path', expect.stringContaining(site.productsRoot));
      expect(Object.keys(await site.published())).toEqual(['ballast']);
      expect(Object.keys(await site.staged())).toHaveLength(6);
      for (const id of ids) {
        const product = await site.registry.products.get(id);
        expect(product).toMatchObject({ state: 'staged', publishAttempts: 1, publishError: /disk is full/ });
      }

      await rm(ballast());
      expect(await publishDue(site.registry, site.roots)).toEqual({ published: [], failed: [] }); // not due
      await expect(publishProduct(site.registry, ids[0]!, site.roots)).rejects.toMatchObject({
        code: 'PUBLISH_DEFERRED',
      });
      await retryPublishing(site.registry, ids[0]!, site.roots);
      expect(await site.published()).toEqual(wholeProducts([form, 'm']));

      await rm(join(site.productsRoot, form === 'files' ? 'mosaics' : 'ms'), { recursive: true }); // room for the other
      await sqlite.query(site.location, `update products set next_attempt_at = '2000-01-01T00:00:00.000Z'`);
      expect(await publishDue(site.registry, site.roots)).toEqual({ published: [ids[1]], failed: [] });
      expect(await site.published()).toEqual(wholeProducts([form, 'n']));
    },
  );
});
