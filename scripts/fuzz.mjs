// Reads thousands of mutated UVH5 files under sanitizers, in child processes: npm run fuzz -- [--count N] [--seed S] ...
// The options are those of test/native/fuzz/main.cpp. Prints one line of JSON; fails where something was found.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const build = spawnSync('cmake', ['--build', 'build', '--target', 'contimg_fuzz'], { encoding: 'utf8' });
if (build.status !== 0) {
  console.error(`${build.stdout}${build.stderr}\nThe build failed. "npm run setup" prepares it.`);
  process.exit(1);
}
// In memory where there is such a place: every mutation is a file.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'contimg-fuzz-'));
const given = process.argv.slice(2);
const args = given.includes('--count') || given.includes('--only') ? given : ['--count', '20000', ...given];
const { status, signal } = spawnSync('build/contimg_fuzz', [folder, ...args], { stdio: 'inherit' });
rmSync(folder, { recursive: true });
if (signal) console.error(`Ended by ${signal}`);
process.exit(status ?? 1);
