import { constants, createWriteStream } from 'node:fs';
import { link, lstat, open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { FileAccessError, ProductConflictError, UnsafePathError } from '../core/errors.js';
import { sha256OfFile, syncPath } from '../core/file-digest.js';
import { fromFileSystem } from '../core/file-errors.js';
import { makeFolder } from '../core/make-folder.js';
import type { Product, ProductFile } from '../registry/index.js';
import { safePath } from './safe-path.js';

/** Where products are made and where they are published. */
export interface PublishRoots {
  /** Folder that the paths in the registry are relative to. */
  readonly workRoot: string;
  /** Folder that holds `mosaics/` and the like. */
  readonly productsRoot: string;
}

/** What publishing does, in order; each step is reported when it is done, so that tests can stop a process at each. */
export const publishSteps = ['claimed', 'cleaned', 'copied', 'linked', 'unlinked', 'placed', 'completed'] as const;
export type PublishStep = (typeof publishSteps)[number];
export type OnPublishStep = (step: PublishStep, path: string) => void;

/** One file on its way. */
interface Placement {
  readonly file: ProductFile;
  readonly source: string;
  readonly temporary: string;
  readonly target: string;
}

/** Where a file of a product is published, relative to the products folder. */
export function publishedName(product: Pick<Product, 'kind'>, file: Pick<ProductFile, 'path'>): string {
  return join(`${product.kind}s`, basename(file.path));
}

/**
 * Brings the files of a product into the products folder: first a copy of each under a hidden name, whole and verified,
 * then each under its own name, the main file last. What is there already with the same content stays.
 *
 * @returns the absolute paths.
 * @throws {ProductConflictError} a name is taken by other content; nothing was put in place.
 */
export async function placeFiles(product: Product, roots: PublishRoots, onStep: OnPublishStep): Promise<string[]> {
  const folder = await safePath(roots.productsRoot, `${product.kind}s`);
  await onDisk(folder, () => makeFolder(folder));
  const placements = await Promise.all(product.files.map(file => plan(product, file, roots)));
  await removeTemporaries(placements);
  onStep('cleaned', folder);
  const linked: Placement[] = [];
  try {
    const missing: Placement[] = [];
    for (const placement of placements) {
      if (await isPlaced(placement)) continue;
      await copyVerified(placement);
      missing.push(placement);
      onStep('copied', placement.target);
    }
    for (const placement of missing) {
      if (await linkToTarget(placement)) linked.push(placement);
      onStep('linked', placement.target);
      await onDisk(placement.temporary, () => rm(placement.temporary));
      onStep('unlinked', placement.target);
    }
    await syncPath(folder);
  } catch (error) {
    for (const { target } of linked) await rm(target, { force: true });
    await removeTemporaries(placements);
    throw error;
  }
  onStep('placed', folder);
  return placements.map(placement => placement.target);
}

/** Whether every file of the product stands in the products folder, by name and size. */
export async function filesArePlaced(product: Product, roots: PublishRoots): Promise<boolean> {
  for (const file of product.files) {
    const target = await safePath(roots.productsRoot, publishedName(product, file));
    const found = await lstat(target).catch(() => undefined);
    if (!found?.isFile() || found.size !== file.sizeBytes) return false;
  }
  return true;
}

async function plan(product: Product, file: ProductFile, roots: PublishRoots): Promise<Placement> {
  const source = await safePath(roots.workRoot, file.path);
  const target = await safePath(roots.productsRoot, publishedName(product, file));
  return { file, source, target, temporary: join(dirname(target), `.${basename(target)}.publishing`) };
}

async function isPlaced({ file, target }: Placement): Promise<boolean> {
  const found = await lstat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw fromFileSystem(target, error);
  });
  if (found === undefined) return false;
  if (found.isFile() && found.size === file.sizeBytes && (await sha256OfFile(target)) === file.sha256) return true;
  throw new ProductConflictError(
    target,
    `Expected nothing or the same content at ${target}, but something else stands there. Move it away, then run again`,
  );
}

async function copyVerified({ file, source, temporary }: Placement): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK; // do not wait for a pipe's writer
  const handle = await onDisk(source, () => open(source, flags));
  try {
    if (!(await handle.stat()).isFile()) throw new UnsafePathError(source, `Expected ${source} to be a plain file`);
    await onDisk(temporary, () =>
      pipeline(
        handle.createReadStream({ autoClose: false }),
        createWriteStream(temporary, { flags: 'wx', flush: true }),
      ),
    );
  } finally {
    await handle.close();
  }
  const sha256 = await sha256OfFile(temporary);
  if (sha256 === file.sha256) return;
  throw new FileAccessError(
    source,
    `Expected ${source} to have the content that was registered (SHA-256 ${file.sha256}) but a copy of it has ${sha256}. Remove it and run again: it is made anew`,
  );
}

/** A hard link, since unlike a rename it never replaces what came into the way meanwhile. */
async function linkToTarget(placement: Placement): Promise<boolean> {
  const { temporary, target } = placement;
  try {
    await link(temporary, target);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await isPlaced(placement))) return false;
    throw fromFileSystem(target, error);
  }
}

async function removeTemporaries(placements: readonly Placement[]): Promise<void> {
  for (const { temporary } of placements) await onDisk(temporary, () => rm(temporary, { force: true }));
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromFileSystem(path, error);
  }
}
