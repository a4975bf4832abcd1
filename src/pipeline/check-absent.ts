import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';

import { OutputExistsError } from '../core/errors.js';
import { fromFileSystem } from '../core/file-errors.js';

/**
 * Refuses paths where something stands, or where nothing can be written, before any work is done.
 *
 * @throws {OutputExistsError}
 * @throws {FileAccessError} the folder is missing or forbidden.
 */
export async function checkAbsent(paths: readonly string[], what = 'file'): Promise<void> {
  for (const path of paths) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) throw new OutputExistsError(path, `Expected no ${what} at ${path}, but there is one`);
  }
  for (const folder of new Set(paths.map(path => dirname(path))))
    await access(folder, constants.W_OK).catch((error: unknown) => {
      throw fromFileSystem(folder, error);
    });
}
