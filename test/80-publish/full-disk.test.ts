import { rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { publishProduct } from '../../src/publish/index.js';
import { describeIf } from '../support/oracles.js';
import { canMountDisks, mountSmallDisk, unmountDisk } from '../support/small-disk.js';
import { publishedContent, stageMosaic, wholeMosaic } from './staged-mosaic.js';

describeIf(canMountDisks(), 'mounting a tmpfs needs root', 'a full disk', () => {
  let staged: Awaited<ReturnType<typeof stageMosaic>>;
  const ballast = () => join(staged.productsRoot, 'ballast');

  beforeEach(async () => {
    staged = await stageMosaic();
    await rmdir(staged.productsRoot);
    expect(mountSmallDisk(staged.productsRoot, 400)).toBe(true); // the mosaic takes 300 kB
    await writeFile(ballast(), Buffer.alloc(200_000));
  });

  afterEach(async () => {
    await staged.registry.close();
    unmountDisk(staged.productsRoot);
    await rm(staged.folder, { recursive: true });
  });

  it('leaves the product staged and nothing behind; with room again, publishes it from the other file system', async () => {
    const publish = () => publishProduct(staged.registry, 'mosaic/m', staged);
    await expect(publish()).rejects.toMatchObject({
      code: 'DISK_FULL',
      path: expect.stringContaining(staged.productsRoot) as string,
    });
    expect(await publishedContent(staged.productsRoot)).toEqual({});
    expect(await staged.registry.products.get('mosaic/m')).toMatchObject({
      state: 'staged',
      publishError: expect.stringContaining('disk is full') as string,
    });
    await rm(ballast());
    await publish();
    expect(await publishedContent(staged.productsRoot)).toEqual(wholeMosaic);
  });
});
