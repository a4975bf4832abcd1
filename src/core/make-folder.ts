import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder, and those above it that are missing, one by one: Node's own recursive `mkdir` never ends below /proc.
 *
 * @throws the file system's error.
 */
export async function makeFolder(path: string): Promise<void> {
  const absolute = resolve(path);
  if (await isFolder(absolute)) return;
  try {
    await mkdir(absolute);
  } catch (error) {
    if (await isFolder(absolute)) return; // another process was faster
    const parent = dirname(absolute);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || (await isFolder(parent))) throw error;
    await makeFolder(parent);
    await makeFolder(absolute);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
