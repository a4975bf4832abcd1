import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { link, lstat, mkdir, open, readdir, readlink, rename, rmdir, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { UnsafePathError } from '../core/errors.js';
import { fromFileSystem } from '../core/file-errors.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
const maxNameBytes = 255;

/**
 * A folder that is held open. Names in it are looked up relative to the open folder, by way of /proc/self/fd, never by a
 * path from the root again: whoever swaps a folder above it for a link meanwhile changes nothing. Every operation takes
 * one name, and none follows a symbolic link of that name.
 */
export class Folder {
  /** Where it was when it was opened: for messages. */
  readonly path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** A root, which may be reached through links: whoever configured it chose so. */
  static async openRoot(root: string): Promise<Folder> {
    return onDisk(root, async () => {
      const handle = await open(root, O_RDONLY | O_DIRECTORY);
      return new Folder(await readlink(`/proc/self/fd/${handle.fd}`), handle);
    });
  }

  /**
   * A folder in this one.
   *
   * @param make - make it where it is missing.
   * @throws {UnsafePathError} it is a link, or anything else that is no folder.
   */
  async open(name: string, make = false): Promise<Folder> {
    const path = this.pathOf(name);
    try {
      if (make) await mkdir(this.#at(name)).catch(ignore('EEXIST'));
      return new Folder(path, await open(this.#at(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    } catch (error) {
      throw notFollowed(path, error) ?? fromFileSystem(path, error);
    }
  }

  /** Undefined where there is nothing. */
  async stat(name: string): Promise<Stats | undefined> {
    return onDisk(this.pathOf(name), () => lstat(this.#at(name)).catch(ignore('ENOENT')));
  }

  /** @throws {UnsafePathError} it is a link, a device, or anything else that is no plain file. */
  async openFile(name: string): Promise<FileHandle> {
    const path = this.pathOf(name);
    // O_NONBLOCK: not to wait for the writer of a pipe.
    const handle = await open(this.#at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
      throw notFollowed(path, error) ?? fromFileSystem(path, error);
    });
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw new UnsafePathError(path, `Expected ${path} to be a plain file, but it is not. Remove it`);
  }

  /** A new file, to be written and read. */
  createFile(name: string): Promise<FileHandle> {
    return onDisk(this.pathOf(name), () => open(this.#at(name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644));
  }

  /** In order of their bytes. */
  async names(): Promise<string[]> {
    const names = await onDisk(this.path, () => readdir(`/proc/self/fd/${this.#handle.fd}`));
    return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** Gives a file a second name, in another folder of the same file system; unlike a rename it never replaces anything. */
  async linkTo(name: string, folder: Folder, newName: string): Promise<void> {
    await link(this.#at(name), folder.#at(newName));
  }

  /** Of folders: fails where there is something, unless that is an empty folder. Of files: see `linkTo`. */
  async moveTo(name: string, folder: Folder, newName: string): Promise<void> {
    await rename(this.#at(name), folder.#at(newName));
  }

  /** Removes a file, or a folder with all that is in it; nothing where there is nothing. */
  async remove(name: string): Promise<void> {
    const found = await this.stat(name);
    if (found === undefined) return;
    if (!found.isDirectory()) {
      await onDisk(this.pathOf(name), () => unlink(this.#at(name)).catch(ignore('ENOENT')));
      return;
    }
    await using(await this.open(name), async folder => {
      for (const inner of await folder.names()) await folder.remove(inner);
    });
    await this.removeEmpty(name);
  }

  /** @throws {FileAccessError} it is not empty. */
  async removeEmpty(name: string): Promise<void> {
    await onDisk(this.pathOf(name), () => rmdir(this.#at(name)).catch(ignore('ENOENT')));
  }

  /** Of the file system that it is on. */
  async device(): Promise<number> {
    return (await this.#handle.stat()).dev;
  }

  /** Puts names that were made, changed or removed on the disk. */
  sync(): Promise<void> {
    return onDisk(this.path, () => this.#handle.sync());
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  pathOf(name: string): string {
    return join(this.path, name);
  }

  #at(name: string): string {
    checkName(name);
    return `/proc/self/fd/${this.#handle.fd}/${name}`;
  }
}

/**
 * One component of a path: not empty, `.` or `..`, without `/`, control characters and halves of surrogate pairs, and no
 * longer than file systems allow. Names such as `a..b.fits` are as good as any.
 *
 * @throws {UnsafePathError}
 */
export function checkName(name: string): void {
  const obstacle =
    name === '' || name === '.' || name === '..'
      ? 'is no name'
      : name.includes('/')
        ? 'is more than one name'
        : /[\p{Cc}\p{Cs}]/u.test(name)
          ? 'holds control characters'
          : Buffer.byteLength(name) > maxNameBytes
            ? `has more than ${maxNameBytes} bytes`
            : undefined;
  if (obstacle === undefined) return;
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
  throw new UnsafePathError(name, `Expected a name in a path that stays below its root, but ${shown} ${obstacle}`);
}

/** Closes it whatever happens. */
export async function using<R extends { close(): Promise<void> }, T>(
  resource: R,
  work: (resource: R) => Promise<T>,
): Promise<T> {
  try {
    return await work(resource);
  } finally {
    await resource.close();
  }
}

/** What the system says where a link, or no folder, stands in the way. */
function notFollowed(path: string, error: unknown): UnsafePathError | undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ELOOP' && code !== 'ENOTDIR' && code !== 'ENXIO') return undefined;
  const expected = code === 'ENOTDIR' ? 'a folder, and no symbolic link' : 'no symbolic link and no device';
  return new UnsafePathError(path, `Expected ${path} to be ${expected}. Remove it`, { cause: error });
}

function ignore(code: string): (error: unknown) => undefined {
  return error => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  };
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromFileSystem(path, error);
  }
}
