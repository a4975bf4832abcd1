import { access } from 'node:fs/promises';

import { OutputExistsError } from '../core/errors.js';

/**
 * Refuses paths where something stands.
 *
 * @throws {OutputExistsError}
 */
export async function checkAbsent(paths: readonly string[], what = 'file'): Promise<void> {
  for (const path of paths) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) throw new OutputExistsError(path, `Expected no ${what} at ${path}, but there is one`);
  }
}
