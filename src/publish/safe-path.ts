import { lstat, realpath } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

import { UnsafePathError } from '../core/errors.js';
import { fromFileSystem } from '../core/file-errors.js';

const maxNameBytes = 255;

/**
 * The real path of `relative` below `root`, after every component has been looked at: none may be empty, `.` or `..`,
 * hold control characters or be too long for a file system, and none that exists may be a symbolic link. Components
 * need not exist. The root itself may be reached through links: whoever configured it chose so.
 *
 * @throws {UnsafePathError} the path would, or through a link could, leave the root.
 */
export async function safePath(root: string, relative: string): Promise<string> {
  let path = await realRoot(root);
  for (const name of components(relative)) {
    path = join(path, name);
    if (await isLink(path)) {
      throw new UnsafePathError(path, `Expected no symbolic link below ${root}, but ${path} is one. Remove it`);
    }
  }
  return path;
}

function components(relative: string): string[] {
  const refuse = (reason: string): never => {
    const shown = JSON.stringify(relative);
    throw new UnsafePathError(relative, `Expected a path that stays below its root, but ${shown} ${reason}`);
  };
  if (relative === '' || isAbsolute(relative)) refuse('is empty or absolute');
  const names = relative.split('/');
  for (const name of names) {
    if (name === '' || name === '.' || name === '..') refuse(`has the component ${JSON.stringify(name)}`);
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\u0000-\u001f\u007f]/.test(name)) refuse('holds control characters');
    if (Buffer.byteLength(name) > maxNameBytes) refuse(`has a component of more than ${maxNameBytes} bytes`);
  }
  return names;
}

async function realRoot(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (error) {
    throw fromFileSystem(root, error);
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw fromFileSystem(path, error);
  }
}
