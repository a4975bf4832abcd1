import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds dist/, which tests that run other processes use, unless it is as new as the sources. */
export default function buildDist(): void {
  const marker = join(root, 'dist', 'index.cjs'); // the last thing that a build writes
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map(name => join('src', name));
  const newest = Math.max(...[...sources, 'scripts/build-ts.mjs'].map(name => statSync(join(root, name)).mtimeMs));
  if (existsSync(marker) && statSync(marker).mtimeMs > newest) return;
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build-ts.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('Building dist/ failed');
}
