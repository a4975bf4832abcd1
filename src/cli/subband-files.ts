import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { FileAccessError } from '../core/errors.js';

/** The file, or the UVH5 files of the folder, by name. */
export async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter(name => /\.(hdf5|uvh5)$/.test(name) && !name.startsWith('.'));
    return names.sort().map(name => join(path, name));
  } catch (cause) {
    throw new FileAccessError(path, `Expected a file or folder at ${path}: ${(cause as Error).message}`, { cause });
  }
}
