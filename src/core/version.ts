import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from './addon.js';

let version: string | undefined;

/** Version of this package, as package.json says. */
export function packageVersion(): string {
  version ??= (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
  return version;
}
