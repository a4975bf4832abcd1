import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import { fromFileSystem } from '../core/file-errors.js';
import type { ProductFile } from '../registry/index.js';
import { using } from './folder.js';
import type { Folder } from './folder.js';
import { safePath } from './safe-path.js';

const chunkBytes = 1 << 20;

/** How much a file or folder holds, and what. */
export type Content = Pick<ProductFile, 'sizeBytes' | 'sha256'>;

/**
 * What is to be registered of a file or folder below the work folder.
 *
 * @throws {UnsafePathError} a link, device or the like, there or anywhere in it.
 * @throws {FileAccessError} there is nothing.
 * @example
 * const files = [await describeContent('work', 'ms/2026-01-25T22:00:05.ms')];
 * await registry.products.register({ id: 'ms/a', kind: 'ms', path: files[0].path, recipe, files });
 */
export async function describeContent(workRoot: string, path: string): Promise<ProductFile> {
  return using(await safePath(workRoot, path), async ({ folder, name }) => ({
    path,
    ...(await contentOf(folder, name)),
  }));
}

/** Whether a file, or one of those in a folder, has another name somewhere, by which it could be changed. */
export async function hasOtherNames(folder: Folder, name: string): Promise<boolean> {
  const found = await folder.stat(name);
  if (!found?.isDirectory()) return found !== undefined && found.nlink > 1;
  return using(await folder.open(name), async tree => {
    for (const inner of await tree.names()) if (await hasOtherNames(tree, inner)) return true;
    return false;
  });
}

/** Of a file, or of a folder: its files and folders by name, size and content, in order of their names. */
export async function contentOf(folder: Folder, name: string): Promise<Content> {
  if (!(await folder.stat(name))?.isDirectory()) {
    return using(await folder.openFile(name), file => contentOfFile(file, folder.pathOf(name)));
  }
  const list = createHash('sha256');
  const sizeBytes = await using(await folder.open(name), tree => addToList(tree, '', list));
  return { sizeBytes, sha256: `tree:${list.digest('hex')}` };
}

async function addToList(folder: Folder, prefix: string, list: ReturnType<typeof createHash>): Promise<number> {
  let bytes = 0;
  for (const name of await folder.names()) {
    if ((await folder.stat(name))?.isDirectory()) {
      list.update(`folder ${prefix}${name}\0`);
      bytes += await using(await folder.open(name), inner => addToList(inner, `${prefix}${name}/`, list));
    } else {
      const { sizeBytes, sha256 } = await contentOf(folder, name);
      list.update(`file ${sha256} ${sizeBytes} ${prefix}${name}\0`);
      bytes += sizeBytes;
    }
  }
  return bytes;
}

async function contentOfFile(file: FileHandle, path: string): Promise<Content> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of chunksOf(file, path)) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** From its start to its end, each in the same memory. */
async function* chunksOf(file: FileHandle, path: string): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, position).catch((error: unknown) => {
      throw fromFileSystem(path, error);
    });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

/**
 * Copies a file, or a folder with all that is in it, to a new name, and puts that on the disk.
 *
 * @param onBytes - told whenever some bytes are written, and waited for.
 */
export async function copyTo(
  from: Folder,
  name: string,
  to: Folder,
  newName: string,
  onBytes: () => Promise<void>,
): Promise<void> {
  if (!(await from.stat(name))?.isDirectory()) return copyFileTo(from, name, to, newName, onBytes);
  await using(await from.open(name), async source =>
    using(await to.open(newName, true), async target => {
      for (const inner of await source.names()) await copyTo(source, inner, target, inner, onBytes);
      await target.sync();
    }),
  );
}

async function copyFileTo(
  from: Folder,
  name: string,
  to: Folder,
  newName: string,
  onBytes: () => Promise<void>,
): Promise<void> {
  const path = to.pathOf(newName);
  await using(await from.openFile(name), async source =>
    using(await to.createFile(newName), async target => {
      for await (const chunk of chunksOf(source, from.pathOf(name))) {
        try {
          await target.writeFile(chunk); // all of it, from where the last one ended
        } catch (error) {
          throw fromFileSystem(path, error);
        }
        await onBytes();
      }
      await target.sync().catch((error: unknown) => {
        throw fromFileSystem(path, error);
      });
    }),
  );
}
