import { spawnSync } from 'node:child_process';

import { peersVenv } from '../scripts/peers-venv.mjs';

/** Other people's programs; those of PyPI come into a virtual environment that is made on first use. */
export type PeerName = 'h5py' | 'hdf5plugin' | 'pyuvdata' | 'ducc0' | 'wsclean';

/** Where a peer is: the Python that runs it, or that starts it where it is a program; or why it is not there. */
export type Peer = { readonly python: string } | { readonly absent: string };

const pypi: Partial<Record<PeerName, string[]>> = {
  h5py: ['h5py'],
  hdf5plugin: ['h5py', 'hdf5plugin'],
  pyuvdata: ['pyuvdata', 'python-casacore'],
  ducc0: ['ducc0'],
};
export const debianPython = '/usr/bin/python3';

const found = new Map<PeerName, Promise<Peer>>();

/** Looks for a peer, installing it where that is possible. */
export function findPeer(name: PeerName): Promise<Peer> {
  if (!found.has(name)) found.set(name, lookFor(name));
  return found.get(name)!;
}

async function lookFor(name: PeerName): Promise<Peer> {
  const packages = pypi[name];
  if (!packages) {
    const present = spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
    return present ? { python: debianPython } : { absent: `absent: apt-get install ${name}` };
  }
  const python = await peersVenv(packages);
  if (python) return { python };
  const installed = spawnSync(debianPython, ['-c', `import ${name}`]).status === 0;
  return installed ? { python: debianPython } : { absent: 'absent: it could not be installed from PyPI, see above' };
}
