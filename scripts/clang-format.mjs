// Formats every C++ file of the repository in place; with --check, only tells which would change.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const files = ['native', 'bindings', 'test/native', 'benchmarks'].flatMap(folder =>
  readdirSync(folder, { recursive: true })
    .filter(name => /\.(h|cpp)$/.test(name))
    .map(name => `${folder}/${name}`),
);
const mode = process.argv.includes('--check') ? ['--dry-run', '--Werror'] : ['-i'];
const { status, error } = spawnSync('clang-format', [...mode, ...files], { stdio: 'inherit' });
if (error) console.error(`Expected clang-format: ${error.message}. Run npm run setup`);
process.exit(status ?? 1);
