import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describeContent } from '../../src/publish/index.js';
import { openRegistry } from '../../src/registry/index.js';
import type { Registry } from '../../src/registry/index.js';
import type { TestDatabase } from './databases.js';
import { makeMemoryFolder } from './memory-folder.js';

/** Names of the files of a staged mosaic, the main one last. */
export const mosaicNames = (name: string) => [`${name}-weight.fits`, `${name}-rms.fits`, `${name}.fits`];

/** What a product of several files, or one that is a folder, holds: by path below `mosaics/`, or below `ms/`. */
export function contentsOf(form: 'files' | 'folder', name: string): Record<string, string> {
  const text = (label: string) => `${name} ${label} `.repeat(5000);
  const paths =
    form === 'files'
      ? mosaicNames(name)
      : [`${name}.ms/table.dat`, `${name}.ms/table.f0`, `${name}.ms/ANTENNA/table.dat`];
  return Object.fromEntries(paths.map(path => [path, text(path)]));
}

/** A work folder and a products folder, and a registry beside them. */
export class Site {
  private constructor(
    readonly folder: string,
    readonly workRoot: string,
    readonly productsRoot: string,
    readonly location: string,
    readonly registry: Registry,
  ) {}

  /** @param productsOn - whether the products folder is on the file system of the work folder. */
  static async make(database: TestDatabase, productsOn: 'same' | 'other' = 'same'): Promise<Site> {
    const folder = await realpath(makeMemoryFolder('contimg-publish-'));
    const elsewhere =
      productsOn === 'same' ? folder : await realpath(await mkdtemp(join(tmpdir(), 'contimg-products-')));
    const [workRoot, productsRoot] = [join(folder, 'work'), join(elsewhere, 'products')];
    await mkdir(workRoot);
    await mkdir(productsRoot);
    const location = await database.make(folder);
    return new Site(folder, workRoot, productsRoot, location, await openRegistry(location));
  }

  async remove(): Promise<void> {
    await this.registry.close();
    await rm(this.folder, { recursive: true, force: true });
    if (!this.productsRoot.startsWith(this.folder)) await rm(dirname(this.productsRoot), { recursive: true });
  }

  get roots() {
    return { workRoot: this.workRoot, productsRoot: this.productsRoot };
  }

  /** A product that is ready to be published; gives its id. */
  async stage(name = 'm', form: 'files' | 'folder' = 'files'): Promise<string> {
    const id = form === 'files' ? `mosaics/${name}` : `ms/${name}.ms`;
    const home = form === 'files' ? `mosaics/${name}` : 'ms';
    const contents = contentsOf(form, name);
    for (const [path, content] of Object.entries(contents)) {
      await mkdir(dirname(join(this.workRoot, home, path)), { recursive: true });
      await writeFile(join(this.workRoot, home, path), content);
    }
    if (form === 'folder') await mkdir(join(this.workRoot, id, 'empty'));
    const paths = form === 'files' ? mosaicNames(name).map(file => join(home, file)) : [id];
    const files = await Promise.all(paths.map(path => describeContent(this.workRoot, path)));
    const kind = form === 'files' ? 'mosaic' : 'ms';
    await this.registry.products.register({ id, kind, path: id, recipe: 'r', files });
    await this.registry.products.setValidation(id, 'passed');
    await this.registry.products.setQa(id, 'passed');
    return id;
  }

  /** Everything in the products folder, hidden files included. */
  published(): Promise<Record<string, string>> {
    return filesBelow(this.productsRoot);
  }

  staged(): Promise<Record<string, string>> {
    return filesBelow(this.workRoot);
  }

  async state(id: string): Promise<string> {
    return (await this.registry.products.get(id))!.state;
  }
}

/** What `published` gives when these products are, and nothing else. */
export function wholeProducts(...products: readonly (readonly [form: 'files' | 'folder', name: string])[]) {
  const entries = products.flatMap(([form, name]) =>
    Object.entries(contentsOf(form, name)).map(
      ([path, content]) => [`${form === 'files' ? 'mosaics' : 'ms'}/${path}`, content] as const,
    ),
  );
  return Object.fromEntries(entries);
}

async function filesBelow(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => !entry.isDirectory()).map(entry => join(entry.parentPath, entry.name));
  const contents = await Promise.all(
    files.map(async path => ((await lstat(path)).isFile() ? readFile(path, 'utf8') : 'no file')),
  );
  return Object.fromEntries(files.map((path, i) => [path.slice(root.length + 1), contents[i]!]));
}
