import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

import type { Addon } from '../../bindings/addon.js';
import { NativeAddonMissingError } from './errors.js';

let loaded: Addon | undefined;

/**
 * The native addon, loaded on first use.
 *
 * @throws {NativeAddonMissingError} not built, or a shared library it needs is missing.
 */
export function addon(): Addon {
  loaded ??= load();
  return loaded;
}

/** The folder that holds package.json, from wherever this module was compiled or bundled to. */
export function packageRoot(): string {
  let folder = typeof __dirname === 'string' ? __dirname : dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'CMakeLists.txt'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new NativeAddonMissingError('Expected the contimg package to hold CMakeLists.txt. Reinstall it');
    folder = parent;
  }
  return folder;
}

function load(): Addon {
  const path = join(packageRoot(), 'build', 'Release', 'contimg.node');
  try {
    const native = createRequire(path)(path) as Addon;
    // process.exit destroys, with the process's statics, what jobs stand on: they end before.
    process.once('exit', () => native.stopJobs(isMainThread));
    return native;
  } catch (cause) {
    const reason = existsSync(path) ? (cause as Error).message : 'it has not been built';
    throw new NativeAddonMissingError(
      `Expected the native addon at ${path}, but ${reason}. Run "npm run setup" in ${packageRoot()}: it installs the Debian packages and builds it`,
      { cause },
    );
  }
}
