import { readdir, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { fromFileSystem } from '../core/file-errors.js';
import { makeFolder } from '../core/make-folder.js';

/** Subfolders of the work folder, one for each kind of product, and that of calibration sets. */
const productFolders = ['ms', 'calibration', 'tiles', 'mosaics'] as const;

/** The path without links, as far as it exists. */
export async function realPathOf(path: string): Promise<string> {
  const absolute = resolve(path);
  const parent = dirname(absolute);
  const found = await realpath(absolute).catch(() => undefined);
  return found ?? (parent === absolute ? absolute : join(await realPathOf(parent), basename(absolute)));
}

/** Makes the work folder with what belongs into it, and gives its real path. */
export async function makeWorkFolder(path: string): Promise<string> {
  try {
    for (const folder of productFolders) await makeFolder(join(path, folder));
    return await realpath(path);
  } catch (error) {
    throw fromFileSystem(path, error);
  }
}

/** Makes the products folder, and gives its real path. */
export async function makeProductsFolder(path: string): Promise<string> {
  try {
    await makeFolder(path);
    return await realpath(path);
  } catch (error) {
    throw fromFileSystem(path, error);
  }
}

/** The hidden name under which a product is made, beside the final one. */
export function partialPath(path: string): string {
  return join(dirname(path), `.partial-${basename(path)}`);
}

/**
 * Removes what a run that died was making: everything hidden, since stages use hidden names of their own too. Only to be
 * called under the lock of the work folder.
 */
export async function removePartials(workRoot: string): Promise<void> {
  for (const folder of productFolders) {
    const path = join(workRoot, folder);
    for (const name of await readdir(path)) {
      if (name.startsWith('.')) await rm(join(path, name), { recursive: true, force: true });
    }
  }
}
