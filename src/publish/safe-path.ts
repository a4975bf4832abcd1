import { isAbsolute } from 'node:path';

import { UnsafePathError } from '../core/errors.js';
import { checkName, Folder } from './folder.js';

const maxPathBytes = 4096;

/** A place below a root: a name in a folder that is held open, so that what was checked is what is used. */
export interface SafePath {
  readonly folder: Folder;
  readonly name: string;
  /** Real and absolute, when it was opened: for messages and reports. */
  readonly path: string;
  /** Lets go of the folder. */
  close(): Promise<void>;
}

/**
 * Opens the folder that a path below `root` leads to, component by component: each is looked up in the one before, which
 * is held open, and none may be a symbolic link. The last component need not exist; what it is, is seen when it is used.
 *
 * @param relative - names separated by single slashes.
 * @param makeFolders - make those that are missing.
 * @throws {UnsafePathError} the path would leave the root, leads through a link, or holds what no name may: see checkName.
 * @throws {FileAccessError} a folder is missing.
 */
export async function safePath(root: string, relative: string, makeFolders = false): Promise<SafePath> {
  const names = components(relative);
  const last = names.pop()!;
  let folder = await Folder.openRoot(root);
  try {
    checkLength(folder.pathOf(relative));
    for (const name of names) {
      const next = await folder.open(name, makeFolders);
      await folder.close();
      folder = next;
    }
  } catch (error) {
    await folder.close();
    throw error;
  }
  return { folder, name: last, path: folder.pathOf(last), close: () => folder.close() };
}

/** Longer paths can be made by way of open folders, but other programs could not reach what stands there. */
function checkLength(path: string): void {
  if (Buffer.byteLength(path) < maxPathBytes) return;
  throw new UnsafePathError(path.slice(0, 200), `Expected a path of less than ${maxPathBytes} bytes, but it is longer`);
}

function components(relative: string): string[] {
  if (relative === '' || isAbsolute(relative)) {
    const shown = JSON.stringify(relative.slice(0, 200));
    throw new UnsafePathError(relative, `Expected a path below its root, but ${shown} is empty or absolute`);
  }
  const names = relative.split('/');
  names.forEach(checkName);
  return names;
}
