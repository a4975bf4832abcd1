import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { contimg, program } from '../support/contimg-command.js';
import { onBothDatabases } from '../support/databases.js';
import { publishAndDie } from '../support/dying-publisher.js';
import { Site, wholeProducts } from '../support/publishing-site.js';

onBothDatabases('contimg publish', database => {
  let site: Site;
  beforeEach(async () => void (site = await Site.make(database)));
  afterEach(() => site.remove());

  const run = async (...args: string[]) => {
    const folders = ['--work', site.workRoot, '--database', site.location];
    const products = ['status', 'list'].includes(args[0]!) ? [] : ['--products', site.productsRoot];
    const result = await contimg(['publish', ...args, ...folders, ...products]);
    const json = () => JSON.parse(result.stdout) as Record<string, unknown>;
    return { ...result, json };
  };
  const obstruct = async (name: string) => {
    await mkdir(join(site.productsRoot, 'mosaics'), { recursive: true });
    await writeFile(join(site.productsRoot, 'mosaics', `${name}.fits`), 'in the way');
  };

  it('tells of an empty registry that all is well', async () => {
    const { exitCode, stdout } = await run('status');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^0 published, 0 staged/);
    expect((await run('list')).stdout).toBe('Nothing waits to be published');
  });

  it('publishes what is due, names what failed, and retries it once that is mended', async () => {
    for (const name of ['a', 'b', 'c']) await site.stage(name);
    for (const name of ['b', 'c']) await obstruct(name);
    const resumed = await run('resume');
    expect(resumed.exitCode).toBe(1);
    expect(resumed.stdout).toBe('Published: mosaics/a\n1 published, 2 failed');
    expect(resumed.stderr).toMatch(/Failed: publish mosaics\/b: .*\[PRODUCT_CONFLICT\]/);

    const status = await run('status', '--json');
    expect(status.exitCode).toBe(1);
    expect(status.json()).toMatchObject({
      published: 1,
      failed: 2,
      failuresLastHour: 2,
      alerts: [{ name: 'PUBLISH_GIVEN_UP' }, { name: 'PUBLISH_SUCCESS_RATE' }],
    });
    expect((await run('list', '--min-attempts', '1')).stdout).toMatch(
      /^mosaics\/b: failed, 1 attempts; .*something else/,
    );

    const again = await run('retry', 'mosaics/b');
    expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/\[PRODUCT_CONFLICT\]$/) as string });
    await rm(join(site.productsRoot, 'mosaics/b.fits'));
    expect(await run('retry', 'mosaics/b')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`Published: ${site.productsRoot}/mosaics/b.fits`) as string,
    });
    const partly = await run('retry-all', '--json');
    expect(partly.exitCode).toBe(1);
    expect(partly.json()).toMatchObject({ published: [], failed: [{ id: 'mosaics/c', code: 'PRODUCT_CONFLICT' }] });
    await rm(join(site.productsRoot, 'mosaics/c.fits'));
    expect(await run('retry-all')).toMatchObject({
      exitCode: 0,
      stdout: 'Published: mosaics/c\n1 published, 0 failed',
    });
    expect(await site.published()).toEqual(wholeProducts(['files', 'a'], ['files', 'b'], ['files', 'c']));
    expect((await run('status')).exitCode).toBe(0);
  });

  it('refuses to retry what is unknown, published, or published by somebody who is alive', async () => {
    const id = await site.stage();
    await publishAndDie(site, id, 3);
    const busy = await run('retry', id);
    expect(busy).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/is publishing.*\[PUBLISH_DEFERRED\]/) as string,
    });
    for (const all of ['resume', 'retry-all'])
      expect(await run(all), all).toMatchObject({ exitCode: 0, stdout: '0 published, 0 failed' });
    expect((await run('list')).stdout).toMatch(/mosaics\/m: publishing, 1 attempts; claimed by /);
    for (const unknown of ['no/such', '../..', "'; drop table products; --"])
      expect(await run('retry', unknown)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('[REGISTRY]') as string,
      });
    const other = await site.stage('other');
    expect((await run('retry', other)).exitCode).toBe(0);
    expect(await run('retry', other)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/it is published/) as string,
    });
    expect(await site.state(other)).toBe('published');
  });

  it('stops after the product at hand when it is interrupted', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 100; i++) ids.push(await site.stage(`m${i}`));
    const folders = ['--work', site.workRoot, '--products', site.productsRoot, '--database', site.location];
    const child = execa(program, ['publish', 'resume', ...folders], { reject: false });
    const nPublished = async () => (await site.registry.products.list({ state: 'published' })).length;
    while ((await nPublished()) === 0) await setTimeout(20);
    child.kill('SIGINT');
    expect(await child).toMatchObject({ exitCode: 130, stderr: 'Interrupted. Run again to go on.' });
    expect(await nPublished()).toBeLessThan(ids.length);
    expect(await site.registry.products.list({ state: 'publishing' })).toEqual([]);
  });

  it('touches no product where a folder is missing', async () => {
    const id = await site.stage();
    await rm(site.productsRoot, { recursive: true });
    for (const args of [['resume'], ['resume', '--interval', '9'], ['retry', id]])
      expect(await run(...args), args.join(' ')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('[FILE_ACCESS]') as string,
      });
    expect(await site.registry.products.get(id)).toMatchObject({ state: 'staged', publishAttempts: 0 });
    await mkdir(site.productsRoot);
  });

  it('does not understand other things', async () => {
    for (const args of [['nothing'], ['retry'], ['list', '--limit', '0'], ['status', '--bogus']])
      expect((await run(...args)).exitCode, args.join(' ')).toBe(2);
    const nowhere = await contimg(['publish', 'resume', '--work', site.workRoot, '--database', site.location]);
    expect(nowhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--products') as string });
  });
});

it('contimg publish says that there is no registry in a folder of another purpose, and makes none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'contimg-no-work-'));
  for (const args of [['status'], ['list'], ['resume', '--products', folder]])
    expect(await contimg(['publish', ...args, '--work', folder]), args[0]).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/Expected a registry at .*registry\.sqlite.*none.*\[REGISTRY\]$/) as string,
    });
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});
