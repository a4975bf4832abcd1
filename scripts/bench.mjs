// Measures contimg beside its peers: npm run bench -- WORD... [--quick] [--json FILE]; docs/benchmarks.md.
// The harness is TypeScript: it is bundled into build/benchmarks/bin first, with the library's sources.
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
await build({
  absWorkingDir: root,
  entryPoints: ['benchmarks/run.ts', 'benchmarks/node-contender.ts'],
  outdir: 'build/benchmarks/bin',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  external: ['./scripts/peers-venv.mjs'], // finds its folder by where it is
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
await import('../build/benchmarks/bin/run.mjs');
