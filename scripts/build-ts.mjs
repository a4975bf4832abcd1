// Builds dist/: ES modules and types by tsc, and for `require` one CommonJS bundle per entry point by esbuild, with the
// same types once more as .d.cts.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
rmSync('dist', { recursive: true, force: true });

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
chmodSync('dist/cli/main.js', 0o755);

writeTypes();

const entryPoints = ['', 'grouping/', 'registry/', 'publish/']
  .map(folder => `src/${folder}index.ts`)
  .filter(existsSync);
await build({
  entryPoints,
  outbase: 'src',
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  packages: 'external',
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  logOverride: { 'empty-import-meta': 'silent' },
  logLevel: 'warning',
});

/** Brings the addon's types into dist/, and writes every .d.ts as .d.cts too. */
function writeTypes() {
  copyFileSync('bindings/addon.d.ts', 'dist/addon.d.ts');
  for (const name of readdirSync('dist', { recursive: true }).filter(name => name.endsWith('.d.ts'))) {
    const path = join('dist', name);
    const addon = relative(dirname(path), 'dist/addon.js').replace(/^(?!\.)/, './');
    const types = readFileSync(path, 'utf8').replace(/(["'])(?:\.\.\/)+bindings\/addon\.js\1/g, `'${addon}'`);
    writeFileSync(path, types);
    writeFileSync(path.replace(/\.ts$/, '.cts'), types.replace(/(["']\.{1,2}\/[^"']*)\.js(["'])/g, '$1.cjs$2'));
  }
}
