// Python programs of others to compare with, from PyPI, in a virtual environment that is made once and kept under
// .cache/peers. Node's own modules only; tests and benchmarks share it. Without a network, or where a package has no
// wheel for this machine, there is no environment, and whoever asked skips what needs it.
//
//   node scripts/peers-venv.mjs pyuvdata h5py     makes it and prints the path of its python
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('../.cache/peers/', import.meta.url));

/** What pip is asked for; other names are passed on as they are. */
const requirements = { pyuvdata: 'pyuvdata==3.2.*', casatools: 'casatools>=6.6' };

/** Compiled here, for the instructions of this very machine, as their authors advise. */
const compiled = ['ducc0'];

/**
 * The python of an environment that holds `packages`, or undefined, with the reason on stderr, where it cannot be made.
 *
 * @param {readonly string[]} packages - names on PyPI; each set of names has an environment of its own.
 * @returns {Promise<string | undefined>}
 */
export async function peersVenv(packages) {
  const names = [...packages].sort();
  const home = `${folder}${names.join('+')}`;
  const interpreter = `${home}/bin/python`;
  if (existsSync(interpreter)) return interpreter;
  const unfinished = `${home}.${process.pid}`; // renamed when done: two that make it at once do not meet
  try {
    await mkdir(folder, { recursive: true });
    console.error(`Installing ${names.join(', ')} from PyPI into ${home}`);
    await run(await basePython(), ['-m', 'venv', unfinished]);
    const pip = ['-m', 'pip', '--disable-pip-version-check', '--retries', '1', '--timeout', '20', 'install', '--quiet'];
    const source = names.filter(name => compiled.includes(name)).flatMap(name => ['--no-binary', name]);
    await run(`${unfinished}/bin/python`, [...pip, ...source, ...names.map(name => requirements[name] ?? name)]);
    await rename(unfinished, home).catch(error => {
      if (!existsSync(interpreter)) throw error;
    });
    return interpreter;
  } catch (error) {
    console.error(`No ${names.join(', ')} here: ${lastLine(error.stderr) || error.message}`);
    return undefined;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** A Python that the wheels are built for and that can make environments; Debian's needs the package python3-venv. */
async function basePython() {
  const suits = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
  for (const python of ['/usr/bin/python3', 'python3'])
    if (
      await run(python, ['-c', suits]).then(
        () => true,
        () => false,
      )
    )
      return python;
  throw new Error('expected a Python of 3.10 or newer with venv and ensurepip (Debian: python3-venv)');
}

function lastLine(text = '') {
  return text.trim().split('\n').at(-1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const python = await peersVenv(process.argv.slice(2));
  if (python) console.log(python);
  else process.exitCode = 1;
}
