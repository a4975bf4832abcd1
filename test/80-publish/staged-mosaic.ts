import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openRegistry } from '../../src/registry/index.js';
import type { Registry } from '../../src/registry/index.js';

export const fileNames = ['m-weight.fits', 'm-rms.fits', 'm.fits'];

export interface Folders {
  readonly folder: string;
  readonly workRoot: string;
  readonly productsRoot: string;
  readonly registryPath: string;
}

/** A work folder with a mosaic `mosaic/m` of three files, staged and validated, and an empty products folder. */
export async function stageMosaic(): Promise<Folders & { registry: Registry }> {
  const folder = await mkdtemp(join(tmpdir(), 'contimg-publish-'));
  const folders = { folder, workRoot: join(folder, 'work'), productsRoot: join(folder, 'products') };
  await mkdir(join(folders.workRoot, 'mosaics', 'm'), { recursive: true });
  await mkdir(folders.productsRoot);
  const registryPath = join(folders.workRoot, 'registry.sqlite');
  const registry = await openRegistry(registryPath);
  const files = await Promise.all(
    fileNames.map(async name => {
      const content = Buffer.alloc(100_000, name);
      const path = `mosaics/m/${name}`;
      await writeFile(join(folders.workRoot, path), content);
      return { path, sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
    }),
  );
  await registry.products.register({ id: 'mosaic/m', kind: 'mosaic', path: 'mosaics/m', recipe: 'r', files });
  await registry.products.setValidation('mosaic/m', 'passed');
  return { ...folders, registryPath, registry };
}

/** Every file below mosaics/ of the products folder, hidden ones included, with its content. */
export async function publishedContent(productsRoot: string): Promise<Record<string, string>> {
  const folder = join(productsRoot, 'mosaics');
  const names = await readdir(folder).catch(() => []);
  const contents = await Promise.all(names.sort().map(name => readFile(join(folder, name), 'utf8')));
  return Object.fromEntries(names.map((name, i) => [name, contents[i]!]));
}

/** What `publishedContent` gives when the mosaic is published whole. */
export const wholeMosaic = Object.fromEntries(
  [...fileNames].sort().map(name => [name, Buffer.alloc(100_000, name).toString()]),
);
