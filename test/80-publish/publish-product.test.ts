import { mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { publishProduct } from '../../src/publish/index.js';
import type { PublishStep } from '../../src/publish/index.js';
import { fileNames, publishedContent, stageMosaic, wholeMosaic } from './staged-mosaic.js';

let staged: Awaited<ReturnType<typeof stageMosaic>>;

beforeEach(async () => void (staged = await stageMosaic()));

afterEach(async () => {
  await staged.registry.close();
  await rm(staged.folder, { recursive: true });
});

const publish = () => publishProduct(staged.registry, 'mosaic/m', staged);
const product = async () => (await staged.registry.products.get('mosaic/m'))!;
const targetOf = (name: string) => join(staged.productsRoot, 'mosaics', name);

describe('publishProduct', () => {
  it('publishes every file, the main one last, and keeps the work copy', async () => {
    const linked: string[] = [];
    const onStep = (step: PublishStep, path: string) => void (step === 'linked' && linked.push(path));
    const paths = await publishProduct(staged.registry, 'mosaic/m', { ...staged, onStep });
    expect(paths).toEqual(fileNames.map(targetOf));
    expect(linked).toEqual(paths);
    expect(await publishedContent(staged.productsRoot)).toEqual(wholeMosaic);
    expect(await product()).toMatchObject({ state: 'published', publishAttempts: 1, publishError: undefined });
    expect((await stat(join(staged.workRoot, 'mosaics/m/m.fits'))).size).toBe(100_000);
  });

  it('does nothing the second time', async () => {
    const first = await publish();
    const before = await stat(targetOf('m.fits'));
    expect(await publish()).toEqual(first);
    expect((await stat(targetOf('m.fits'))).mtimeMs).toBe(before.mtimeMs);
    expect((await product()).publishAttempts).toBe(1);
  });

  it('completes a published product of which a file was lost', async () => {
    await publish();
    await rm(targetOf('m-rms.fits'));
    await publish();
    expect(await publishedContent(staged.productsRoot)).toEqual(wholeMosaic);
  });

  it('succeeds where the same content stands already', async () => {
    await mkdir(join(staged.productsRoot, 'mosaics'));
    await writeFile(targetOf('m-rms.fits'), wholeMosaic['m-rms.fits']!);
    await publish();
    expect(await publishedContent(staged.productsRoot)).toEqual(wholeMosaic);
  });

  it('refuses to replace other content, and puts nothing in place', async () => {
    await mkdir(join(staged.productsRoot, 'mosaics'));
    await writeFile(targetOf('m.fits'), 'precious');
    await expect(publish()).rejects.toMatchObject({ code: 'PRODUCT_CONFLICT', path: targetOf('m.fits') });
    expect(await publishedContent(staged.productsRoot)).toEqual({ 'm.fits': 'precious' });
    expect(await product()).toMatchObject({ state: 'staged', publishAttempts: 1, publishError: /something else/ });
  });

  it('takes back what it put in place when another file came into the way meanwhile', async () => {
    const onStep = (step: PublishStep, path: string) =>
      void (step === 'linked' && path.endsWith('m-weight.fits') && intruders.push(writeFile(targetOf('m.fits'), 'x')));
    const intruders: Promise<void>[] = [];
    const attempt = publishProduct(staged.registry, 'mosaic/m', { ...staged, onStep });
    await expect(attempt).rejects.toMatchObject({ code: 'PRODUCT_CONFLICT' });
    await Promise.all(intruders);
    expect(await publishedContent(staged.productsRoot)).toEqual({ 'm.fits': 'x' });
  });

  it('refuses a source that changed since it was registered', async () => {
    await writeFile(join(staged.workRoot, 'mosaics/m/m-rms.fits'), 'y'.repeat(100_000));
    await expect(publish()).rejects.toMatchObject({ code: 'FILE_ACCESS', message: /m-rms.fits.*SHA-256/ });
    expect(await publishedContent(staged.productsRoot)).toEqual({});
    expect((await product()).state).toBe('staged');
  });

  it('refuses a source that is missing, and publishes it once it is there', async () => {
    await rm(join(staged.workRoot, 'mosaics/m/m.fits'));
    await expect(publish()).rejects.toMatchObject({ code: 'FILE_ACCESS' });
    expect(await publishedContent(staged.productsRoot)).toEqual({});
    await writeFile(join(staged.workRoot, 'mosaics/m/m.fits'), wholeMosaic['m.fits']!);
    await publish();
    expect(await product()).toMatchObject({ state: 'published', publishAttempts: 2 });
  });

  it('refuses links in place of the source, the folder and the target', async () => {
    const source = join(staged.workRoot, 'mosaics/m/m.fits');
    await rm(source);
    await symlink('/etc/passwd', source);
    await expect(publish()).rejects.toMatchObject({ code: 'UNSAFE_PATH', path: source });
    await rm(source);
    await writeFile(source, wholeMosaic['m.fits']!);

    const elsewhere = join(staged.folder, 'elsewhere');
    await mkdir(elsewhere);
    await rm(join(staged.productsRoot, 'mosaics'), { recursive: true, force: true });
    await symlink(elsewhere, join(staged.productsRoot, 'mosaics'));
    await expect(publish()).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
    await rm(join(staged.productsRoot, 'mosaics'));

    await mkdir(join(staged.productsRoot, 'mosaics'));
    await symlink(join(elsewhere, 'victim'), targetOf('m.fits'));
    await expect(publish()).rejects.toMatchObject({ code: 'UNSAFE_PATH', path: targetOf('m.fits') });
    await rm(targetOf('m.fits'));
    await publish();
    expect(await publishedContent(elsewhere)).toEqual({});
  });

  it.each([['../escape.fits'], ['/etc/passwd'], ['mosaics/m/a\0b']])('refuses the registered path %j', async path => {
    const file = { path, sizeBytes: 1, sha256: 'x' };
    await staged.registry.products.register({ id: 'evil', kind: 'mosaic', path: 'evil', recipe: '', files: [file] });
    await staged.registry.products.setValidation('evil', 'passed');
    await expect(publishProduct(staged.registry, 'evil', staged)).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
    expect(await publishedContent(staged.productsRoot)).toEqual({});
  });

  it('refuses what is unknown, has no files or was not validated', async () => {
    const { registry } = staged;
    await expect(publishProduct(registry, 'x', staged)).rejects.toMatchObject({ code: 'REGISTRY' });
    await registry.products.register({ id: 'ms', kind: 'ms', path: 'ms/a', recipe: '' });
    await expect(publishProduct(registry, 'ms', staged)).rejects.toMatchObject({ code: 'REGISTRY' });
    await registry.products.setValidation('mosaic/m', 'failed', 'all NaN');
    await expect(publish()).rejects.toMatchObject({ code: 'REGISTRY', message: /validation/ });
    expect(await publishedContent(staged.productsRoot)).toEqual({});
  });
});
