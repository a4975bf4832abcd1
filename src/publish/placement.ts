import { createHash } from 'node:crypto';
import { basename } from 'node:path';

import { FileAccessError, isPipelineError, ProductConflictError } from '../core/errors.js';
import { fromFileSystem } from '../core/file-errors.js';
import type { Product, ProductFile, ProductKind } from '../registry/index.js';
import { contentOf, copyTo, hasOtherNames } from './content.js';
import { using } from './folder.js';
import { safePath } from './safe-path.js';
import type { SafePath } from './safe-path.js';

/** Where products are made and where they are published. */
export interface PublishRoots {
  /** Folder that the paths in the registry are relative to. */
  readonly workRoot: string;
  /** Folder that holds `mosaics/` and the like. */
  readonly productsRoot: string;
}

/**
 * What publishing does, in order; each step is reported when it is done, with its path: `copying` when the first bytes of
 * a copy are written. A process may be killed at each, and is in the tests: a step that is not reported under one of
 * these names does not compile.
 */
export const publishSteps = Object.freeze([
  ...(['claimed', 'cleaned', 'copying', 'copied', 'placed', 'synced', 'retired', 'removed', 'completed'] as const),
]);
export type PublishStep = (typeof publishSteps)[number];
/** Publishing goes on when it is through; the claim is renewed meanwhile. */
export type OnPublishStep = (step: PublishStep, path: string) => void | Promise<void>;

/** Takes back one step of a placement. */
export type Undo = () => Promise<void>;

const folders: Record<ProductKind, string> = { ms: 'ms', tile: 'tiles', mosaic: 'mosaics' };

/** Where a file of a product is published, relative to the products folder. */
export function publishedName(product: Pick<Product, 'kind'>, file: Pick<ProductFile, 'path'>): string {
  return `${folders[product.kind]}/${basename(file.path)}`;
}

/** Whether every file of the product stands in the products folder, by name and size; a folder by its name. */
export async function filesArePlaced(product: Product, { productsRoot }: PublishRoots): Promise<boolean> {
  for (const file of product.files) {
    const target = await orMissing(safePath(productsRoot, publishedName(product, file)));
    if (target === undefined) return false;
    const found = await using(target, ({ folder, name }) => folder.stat(name));
    if (file.sha256.startsWith('tree:') ? !found?.isDirectory() : !found?.isFile()) return false;
    if (found!.isFile() && found!.size !== file.sizeBytes) return false;
  }
  return true;
}

/** One file or folder on its way from the work folder to the products folder. */
export class Placement {
  readonly target: SafePath;
  readonly #file: ProductFile;
  /** Undefined where the folder that it was in is gone. */
  readonly #source: SafePath | undefined;
  readonly #hidden: string;

  private constructor(file: ProductFile, source: SafePath | undefined, target: SafePath) {
    this.#file = file;
    this.#source = source;
    this.target = target;
    this.#hidden = createHash('sha256').update(target.name).digest('hex').slice(0, 16); // short, whatever the name
  }

  static async open(product: Product, file: ProductFile, roots: PublishRoots): Promise<Placement> {
    const source = await orMissing(safePath(roots.workRoot, file.path));
    try {
      return new Placement(file, source, await safePath(roots.productsRoot, publishedName(product, file), true));
    } catch (error) {
      await source?.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#source?.close();
    await this.target.close();
  }

  /** Removes copies that other attempts left, and brings back a source that was retired for a target that is gone. */
  async clean(): Promise<void> {
    const { folder } = this.target;
    for (const name of await folder.names()) if (name.startsWith(this.#temporary(''))) await folder.remove(name);
    const source = this.#source;
    if (!(await source?.folder.stat(this.#retired))) return;
    let placed = false;
    try {
      placed = await this.isPlaced();
    } finally {
      if (placed) await source!.folder.remove(this.#retired);
      else if (!(await source!.folder.stat(source!.name))) await this.#unretire();
    }
  }

  /**
   * Whether the target stands, with the content that was registered.
   *
   * @throws {ProductConflictError} something else stands there.
   */
  async isPlaced(): Promise<boolean> {
    const { folder, name, path } = this.target;
    if ((await folder.stat(name)) === undefined) return false;
    if ((await contentOf(folder, name)).sha256 === this.#file.sha256) return true;
    throw new ProductConflictError(
      path,
      `Expected nothing or the same content at ${path}, but something else stands there. Move it away, then try again`,
    );
  }

  /**
   * Gives the content its published name: on one file system the very file or folder, otherwise a copy, and likewise where
   * files have other names, by which they could be changed once published. Nothing is ever replaced.
   *
   * @param token - unique: names what this attempt alone writes.
   * @param onPlaced - told how to take it back, unless it stood already.
   */
  async place(token: string, onStep: OnPublishStep, onPlaced: (undo: Undo) => void): Promise<void> {
    if (await this.isPlaced()) return;
    const { folder, name, path } = this.target;
    const source = this.#source;
    const found = await source?.folder.stat(source.name);
    if (found === undefined) throw this.#missing();
    const isFolder = found.isDirectory();
    const movable = found.dev === (await folder.device()) && !(await hasOtherNames(source!.folder, source!.name));
    const undo = movable ? await this.#move(isFolder) : undefined;
    if (undo !== undefined) {
      onPlaced(undo);
      await onStep('placed', path);
      return;
    }
    const temporary = this.#temporary(token);
    try {
      let begun = false;
      await copyTo(source!.folder, source!.name, folder, temporary, async () => {
        if (!begun) await onStep('copying', path);
        begun = true;
      });
      this.#check((await contentOf(folder, temporary)).sha256, 'a copy of it');
      await onStep('copied', path);
      await this.#giveName({ ...this.target, name: temporary }, isFolder);
      onPlaced(() => folder.remove(name));
      await onStep('placed', path);
    } finally {
      await folder.remove(temporary).catch(() => undefined); // the error that led here says more
    }
  }

  /** Takes the source out of sight, once its content is published; it is not removed yet. */
  async retire(): Promise<Undo | undefined> {
    const source = this.#source;
    if (source === undefined) return undefined;
    const [found, target] = [await source.folder.stat(source.name), await this.target.folder.stat(this.target.name)];
    if (found === undefined) return undefined;
    if (found.ino !== target?.ino || found.dev !== target.dev)
      this.#check((await contentOf(source.folder, source.name)).sha256, 'what stands there now');
    await source.folder.remove(this.#retired);
    await this.#onSource(() => source.folder.moveTo(source.name, source.folder, this.#retired));
    return () => this.#unretire();
  }

  async removeRetired(): Promise<void> {
    await this.#source?.folder.remove(this.#retired);
  }

  /** @returns undefined where the file system wants a copy. */
  async #move(isFolder: boolean): Promise<Undo | undefined> {
    const source = this.#source!;
    const { folder, name } = this.target;
    this.#check((await contentOf(source.folder, source.name)).sha256, 'it now');
    const before = await source.folder.stat(source.name);
    try {
      await this.#giveName(source, isFolder);
    } catch (error) {
      const code = (error as { cause?: NodeJS.ErrnoException }).cause?.code ?? '';
      if (['EXDEV', 'EPERM', 'EMLINK'].includes(code)) return undefined;
      throw error;
    }
    const undo = isFolder ? () => folder.moveTo(name, source.folder, source.name) : () => folder.remove(name);
    if ((await folder.stat(name))?.ino === before?.ino) return undo;
    await undo();
    throw new FileAccessError(source.path, `Expected ${source.path} to stay as it is while it is published: try again`);
  }

  /** A file gets a second name, since a rename would replace what came into the way; a folder is renamed. */
  async #giveName(from: SafePath, isFolder: boolean): Promise<void> {
    const { folder, name, path } = this.target;
    try {
      await (isFolder ? from.folder.moveTo(from.name, folder, name) : from.folder.linkTo(from.name, folder, name));
    } catch (error) {
      if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code!)) await this.isPlaced();
      throw fromFileSystem(path, error);
    }
  }

  async #unretire(): Promise<void> {
    const { folder, name } = this.#source!;
    await folder.moveTo(this.#retired, folder, name);
  }

  get #retired(): string {
    return `.published-${this.#hidden}`;
  }

  #temporary(token: string): string {
    return `.publishing-${this.#hidden}-${token}`;
  }

  #check(sha256: string, what: string): void {
    if (sha256 === this.#file.sha256) return;
    const path = this.#source?.path ?? this.#file.path;
    throw new FileAccessError(
      path,
      `Expected ${path} to have the content that was registered (SHA-256 ${this.#file.sha256}) but ${what} has ${sha256}. Remove it and run again: it is made anew`,
    );
  }

  #missing(): FileAccessError {
    const { path } = this.#file;
    return new FileAccessError(path, `Expected ${path} in the work folder, to be published, but it is missing`);
  }

  async #onSource(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw fromFileSystem(this.#source!.path, error);
    }
  }
}

async function orMissing(path: Promise<SafePath>): Promise<SafePath | undefined> {
  try {
    return await path;
  } catch (error) {
    const { cause } = error as { cause?: NodeJS.ErrnoException };
    if (isPipelineError(error, 'FILE_ACCESS') && cause?.code === 'ENOENT') return undefined;
    throw error;
  }
}
