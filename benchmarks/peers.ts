import { spawnSync } from 'node:child_process';

import { peersVenv } from '../scripts/peers-venv.mjs';

/** Other people's programs; those of PyPI come into a virtual environment that is made on first use. */
export type PeerName =
  | 'h5py'
  | 'erfa'
  | 'aoflagger'
  | 'hdf5plugin'
  | 'pyuvdata'
  | 'ducc0'
  | 'matplotlib'
  | 'wsclean'
  | 'reproject'
  | 'swarp'
  | 'montage';

/** Where a peer is: the Python that runs it, or that starts it where it is a program; or why it is not there. */
export type Peer = { readonly python: string } | { readonly absent: string };

const pypi: Partial<Record<PeerName, string[]>> = {
  h5py: ['h5py'],
  erfa: ['h5py', 'pyerfa'],
  hdf5plugin: ['h5py', 'hdf5plugin'],
  pyuvdata: ['pyuvdata', 'python-casacore'],
  ducc0: ['ducc0'],
  matplotlib: ['matplotlib'],
  reproject: ['reproject'],
};

/** The program of a Debian package that is not called as the package is. */
const programs: Partial<Record<PeerName, string>> = { swarp: 'SWarp', montage: 'mProjectPP' };
export const debianPython = '/usr/bin/python3';

/** Finds peers, and installs those of PyPI unless it is told not to. */
export class Peers {
  private readonly found = new Map<PeerName, Promise<Peer>>();

  constructor(private readonly install: boolean) {}

  find(name: PeerName): Promise<Peer> {
    if (!this.found.has(name)) this.found.set(name, this.lookFor(name));
    return this.found.get(name)!;
  }

  private async lookFor(name: PeerName): Promise<Peer> {
    const packages = pypi[name];
    if (!packages) {
      const present = spawnSync('sh', ['-c', `command -v ${programs[name] ?? name}`]).status === 0;
      return present ? { python: debianPython } : { absent: `absent: apt-get install ${name}` };
    }
    const python = this.install ? await peersVenv(packages) : undefined;
    if (python) return { python };
    const present = spawnSync(debianPython, ['-c', `import ${name}`]).status === 0;
    if (present) return { python: debianPython };
    return { absent: this.install ? 'absent: PyPI does not give it, see above' : 'absent: not to be installed' };
  }
}
