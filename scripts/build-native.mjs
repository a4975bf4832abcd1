// Configures and builds the addon, and in a checkout the C++ tests, into build/. Arguments go to cmake-js, e.g. --debug.
// With --install, as npm runs it when the package is installed: silent during scripts/setup.mjs, which builds afterwards.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const installing = process.argv.includes('--install');
if (installing && process.env.CONTIMG_SETUP) process.exit(0);

const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
const forwarded = process.argv.slice(2).filter(argument => argument !== '--install');
const { status } = spawnSync(process.execPath, [cmakeJs, 'compile', '-O', 'build', ...forwarded], {
  stdio: 'inherit',
  cwd: new URL('..', import.meta.url),
});
if (status !== 0) {
  console.error('The native build failed. In a checkout, "npm run setup" installs the Debian packages that it needs;');
  console.error('elsewhere see "Requirements" in README.md.');
}
process.exit(status ?? 1);
