import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe } from 'vitest';

const shared = process.env['CONTIMG_SHARED'] ?? fileURLToPath(new URL('../../../shared/', import.meta.url));

/** A file of the shared test data, which lies beside the checkout. */
export function sharedPath(...parts: string[]): string {
  return join(shared, ...parts);
}

export function hasShared(): boolean {
  return existsSync(shared);
}

/** Debian's Python, the one that sees Debian's python3-* packages. */
const python = '/usr/bin/python3';

export function hasPythonModule(name: string): boolean {
  return existsSync(python) && spawnSync(python, ['-c', `import ${name}`]).status === 0;
}

export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/**
 * Runs a Python script (source text) and returns what it printed.
 *
 * @throws with the script's stderr where it fails.
 */
export function runPython(script: string, args: readonly string[] = []): string {
  const run = spawnSync(python, ['-c', script, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`python3 failed:\n${run.stderr}`);
  return run.stdout;
}

/** A suite that needs something which may be missing here; skipped loudly then. */
export function describeIf(condition: boolean, reason: string, title: string, suite: () => void): void {
  if (condition) {
    describe(title, suite);
  } else {
    console.warn(`SKIPPED: ${title}: ${reason}`);
    describe.skip(`${title} (skipped: ${reason})`, suite);
  }
}
