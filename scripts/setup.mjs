// Gets a fresh clone ready: Debian packages, npm packages, the native addon, dist/. Each step is skipped when its inputs
// have not changed, so that with everything in place this takes a fraction of a second.
//
//   node scripts/setup.mjs             what building and running needs
//   node scripts/setup.mjs --oracles   and the independent programs that the tests compare with, where they may be installed
//
// Runs before anything is installed: Node's own modules only.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const buildPackages = [
  ...['g++', 'make', 'cmake', 'python3', 'doctest-dev'],
  ...['casacore-dev', 'casacore-data', 'wcslib-dev', 'libcfitsio-dev', 'libfftw3-dev', 'libhdf5-dev', 'liberfa-dev'],
  ...['libdeflate-dev', 'liblz4-dev'],
];
const oraclePackages = [
  ...[
    'wsclean',
    'aoflagger',
    'swarp',
    'montage',
    'python3-casacore',
    'python3-h5py',
    'bitshuffle',
    'python3-astropy',
    'python3-erfa',
    'python3-numpy',
    'python3-venv',
    'python3-dev',
    'clang-format',
    'postgresql-15',
  ],
];

process.env.CONTIMG_SETUP = '1'; // the package's own install script has nothing to do then

requireNode();
ensureDebianPackages(buildPackages, { required: true });
if (process.argv.includes('--oracles')) ensureDebianPackages(oraclePackages, { required: false });
step('npm packages', ['package-lock.json'], 'node_modules/.contimg-setup', ['npm', 'ci', '--no-audit', '--no-fund']);
linkItself();
step(
  'native addon',
  ['CMakeLists.txt', 'native', 'bindings', 'test/native', 'benchmarks/machine_limits.cpp'],
  'build/.contimg-setup',
  ['node', 'scripts/build-native.mjs'],
);
step(
  'dist',
  ['src', 'bindings/addon.d.ts', 'tsconfig.json', 'package.json', 'scripts/build-ts.mjs'],
  'dist/.contimg-setup',
  ['node', 'scripts/build-ts.mjs'],
);

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) fail(`Expected Node 20.19 or newer but this is ${process.version}`);
}

/** Installs what is missing as root or by sudo; otherwise says what to type, and goes on if it can. */
function ensureDebianPackages(packages, { required }) {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Abbrev}\n', ...packages], {
    encoding: 'utf8',
  });
  if (query.error) {
    console.warn(
      `No dpkg here: make sure that these Debian packages, or what they hold, are installed: ${packages.join(' ')}`,
    );
    return;
  }
  const installed = new Set(query.stdout.split('\n').map(line => line.match(/^(\S+) ii/)?.[1]));
  const missing = packages.filter(name => !installed.has(name));
  if (missing.length === 0) return;

  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const prefix = process.getuid() === 0 ? [] : canSudo() ? ['sudo', '--preserve-env=DEBIAN_FRONTEND'] : undefined;
  if (prefix) {
    console.log(`Installing Debian packages: ${missing.join(' ')}`);
    process.env.DEBIAN_FRONTEND = 'noninteractive';
    const done = [['apt-get', 'update', '-q'], install.split(' ')].every(command => run([...prefix, ...command]));
    if (done) return;
  }
  const advice = `sudo apt-get update && sudo ${install}`;
  if (required) fail(`Missing Debian packages. Run:\n\n  ${advice}\n`);
  console.warn(`Tests that compare with independent programs will be skipped. To run them:\n\n  ${advice}\n`);
}

/** Whether sudo works, asking for a password only where somebody can type it. */
function canSudo() {
  const arguments_ = process.stdin.isTTY ? ['-v'] : ['-n', 'true'];
  return spawnSync('sudo', arguments_, { stdio: 'inherit' }).status === 0;
}

/** Runs `command` unless `stamp` says that it ran on these very inputs. */
function step(name, inputs, stamp, command) {
  const digest = digestOf(inputs);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.log(`Setting up: ${name}`);
  if (!run(command)) fail(`Setting up ${name} failed: ${command.join(' ')}`);
  writeFileSync(stamp, digest);
}

/** Lets notebooks in the checkout import 'contimg', and npx find its command. */
function linkItself() {
  const links = { 'node_modules/contimg': '..', 'node_modules/.bin/contimg': '../../dist/cli/main.js' };
  for (const [path, target] of Object.entries(links)) {
    if (!lstatSync(path, { throwIfNoEntry: false })) symlinkSync(target, path);
  }
}

function digestOf(inputs) {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}`);
  const add = path => {
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) add(join(path, name));
    } else {
      hash.update(`\0${path}\0`).update(readFileSync(path));
    }
  };
  inputs.forEach(add);
  return hash.digest('hex');
}

function run([program, ...arguments_]) {
  return spawnSync(program, arguments_, { stdio: 'inherit' }).status === 0;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
