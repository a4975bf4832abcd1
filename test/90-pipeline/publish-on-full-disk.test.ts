import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { sqlite } from '../support/databases.js';
import { describeIf } from '../support/oracles.js';
import { canMountDisks, mountSmallDisk, unmountDisk } from '../support/small-disk.js';
import { contimg } from '../support/contimg-command.js';
import { FinishedRun, publishedHashes, reportOf, smallRun } from '../support/small-run.js';

/** Room for the mosaic, but not for it and the ballast. */
const diskKilobytes = 4000;

describeIf(canMountDisks(), 'mounting a tmpfs needs root', 'contimg run, when the disk of the products is full', () => {
  let finished: FinishedRun;
  const mounted: string[] = [];
  beforeAll(async () => void (finished = await FinishedRun.make(2)));
  afterEach(() => mounted.splice(0).forEach(unmountDisk));
  afterAll(() => finished.remove());

  /** A run of which the tiles are made, and the mosaic finds no room. */
  async function fillAndRun() {
    const at = await finished.copy();
    const work = join(at, 'work');
    for (const file of await readdir(join(at, 'products/mosaics'))) await rm(join(at, 'products/mosaics', file));
    expect(mountSmallDisk(join(at, 'products'), diskKilobytes)).toBe(true);
    mounted.push(join(at, 'products'));
    const ballast = join(at, 'products/ballast');
    await writeFile(ballast, Buffer.alloc((diskKilobytes - 100) * 1000));
    const run = await contimg(smallRun(finished.incoming, at));
    expect(run.exitCode).toBe(1);
    const { failed, products } = reportOf(run);
    expect(failed).toMatchObject([{ stage: 'publish', code: 'DISK_FULL' }]);
    const mosaic = products.find(product => product.kind === 'mosaic')!;
    expect(mosaic).toMatchObject({ state: 'staged', published: [] });
    expect((await stat(mosaic.path)).isDirectory()).toBe(true);
    expect(await publishedHashes(at)).toEqual({});
    await rm(ballast);
    return { at, work, id: mosaic.id };
  }

  it('keeps the mosaic staged; a retry by hand publishes it', async () => {
    const { at, work, id } = await fillAndRun();
    const waiting = await contimg(smallRun(finished.incoming, at));
    expect(waiting.exitCode).toBe(0);
    expect(reportOf(waiting).leftOut).toMatchObject([{ code: 'PUBLISH_DEFERRED' }]);
    const retry = await contimg(['publish', 'retry', id, '--work', work, '--products', join(at, 'products')]);
    expect(retry.exitCode, retry.stderr).toBe(0);
    expect(await publishedHashes(at)).toEqual(await publishedHashes(finished.folder));
    const status = await contimg(['publish', 'status', '--work', work]);
    expect(status.exitCode, status.stdout).toBe(0);
  });

  it('publishes it by itself once the next attempt is due', async () => {
    const { at, work } = await fillAndRun();
    await sqlite.query(
      join(work, 'registry.sqlite'),
      `update products set next_attempt_at = '2000-01-01T00:00:00.000Z'`,
    );
    const run = await contimg(smallRun(finished.incoming, at));
    expect(run.exitCode, run.stderr).toBe(0);
    expect(await publishedHashes(at)).toEqual(await publishedHashes(finished.folder));
  });

  it('does so by way of contimg publish resume, too', async () => {
    const { at, work } = await fillAndRun();
    await sqlite.query(
      join(work, 'registry.sqlite'),
      `update products set next_attempt_at = '2000-01-01T00:00:00.000Z'`,
    );
    const roots = ['--work', work, '--products', join(at, 'products')];
    expect((await contimg(['publish', 'resume', ...roots])).exitCode).toBe(0);
    expect(await publishedHashes(at)).toEqual(await publishedHashes(finished.folder));
    const run = await contimg(smallRun(finished.incoming, at));
    expect(run.exitCode, run.stderr).toBe(0);
    expect(reportOf(run).failed).toEqual([]);
  });
});
