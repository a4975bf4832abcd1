import { readFile } from 'node:fs/promises';

import { fromFileSystem } from './file-errors.js';

/**
 * Reads a text file.
 *
 * @throws {FileAccessError} it cannot be read.
 */
export function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw fromFileSystem(path, error);
  });
}
