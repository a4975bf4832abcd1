import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { RunReport } from '../../src/pipeline/index.js';
import { contimg } from './contimg-command.js';
import { makeMemoryFolder } from './memory-folder.js';

/** Around the meridian at the start of a simulation, so that small images see all of it. */
const smallSky = [
  { raDeg: 336.83, decDeg: 16.02, fluxJy: 2 },
  { raDeg: 336.93, decDeg: 16.08, fluxJy: 1 },
  { raDeg: 336.76, decDeg: 16.07, fluxJy: 0.7 },
];

/** Tiles of 39 s each, of an array that is just large enough for a clean beam. */
export async function simulateSmall(folder: string, nTiles: number): Promise<void> {
  const sky = `${folder}-sky.json`;
  await writeFile(sky, JSON.stringify(smallSky));
  const array = ['--antennas', '24', '--channels', '1', '--integrations', '3', '--noise', '0.1'];
  const simulate = ['simulate', '--out', folder, '--tiles', `${nTiles}`, ...array, '--sky', sky];
  const { exitCode, stderr } = await contimg(simulate);
  if (exitCode !== 0) throw new Error(stderr);
}

/**
 * Arguments of a run on small images, `groupSize` tiles to a mosaic. Nothing shines beyond the images: a search for sources
 * there, over all of the primary beam, would take most of the time.
 */
export function smallRun(incoming: string, folder: string, groupSize = 2): string[] {
  const folders = ['--work', join(folder, 'work'), '--products', join(folder, 'products')];
  const imaging = ['--npix', '256', '--cell', '6', '--niter', '200', '--no-outer-sources'];
  return ['run', incoming, ...folders, '--group-size', `${groupSize}`, ...imaging, '--json'];
}

/** The report, which must be the last and only line. */
export function reportOf({ stdout }: { stdout: string }): RunReport {
  return JSON.parse(stdout) as RunReport;
}

/** SHA-256 of every file below mosaics/ of the products folder, hidden ones included. */
export async function publishedHashes(folder: string): Promise<Record<string, string>> {
  const mosaics = join(folder, 'products', 'mosaics');
  const names = (await readdir(mosaics).catch(() => [])).sort();
  const hash = async (name: string) => {
    const content = await readFile(join(mosaics, name));
    return [name, createHash('sha256').update(content).digest('hex')] as const;
  };
  return Object.fromEntries(await Promise.all(names.map(hash)));
}

/** A small run that was not disturbed: made once for many tests, each of which spoils a copy. */
export class FinishedRun {
  private constructor(
    readonly root: string,
    readonly report: RunReport,
    /** Ids of the groups, which are the names of the tiles, in order of time. */
    readonly tiles: readonly string[],
    /** Names of the correlator files, 16 of a group after another. */
    readonly files: readonly string[],
  ) {}

  static async make(nTiles: number): Promise<FinishedRun> {
    const root = makeMemoryFolder('contimg-run-');
    const [incoming, finished] = [join(root, 'incoming'), join(root, 'finished')];
    await simulateSmall(incoming, nTiles);
    const run = await contimg(smallRun(incoming, finished));
    if (run.exitCode !== 0) throw new Error(run.stderr);
    const tiles = (await readdir(join(finished, 'work', 'tiles'))).sort();
    const files = (await readdir(incoming)).filter(name => name.endsWith('.hdf5')).sort();
    return new FinishedRun(root, reportOf(run), tiles, files);
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true });
  }

  get incoming(): string {
    return join(this.root, 'incoming');
  }

  /** Holds `work` and `products`; not to be changed. */
  get folder(): string {
    return join(this.root, 'finished');
  }

  /** An empty folder, which goes with all of this. */
  newFolder(): Promise<string> {
    return mkdtemp(join(this.root, 'test-'));
  }

  /** A copy of `folder`, to spoil. */
  async copy(): Promise<string> {
    const folder = await this.newFolder();
    await cp(this.folder, folder, { recursive: true, preserveTimestamps: true });
    return folder;
  }

  /** Copies the correlator files of some groups, all of them by default, into a folder, which is made. */
  async copyFiles(to: string, groups: readonly number[] = this.tiles.map((_, i) => i)): Promise<void> {
    await mkdir(to, { recursive: true });
    const names = groups.flatMap(group => this.files.slice(16 * group, 16 * (group + 1)));
    for (const name of names) await cp(join(this.incoming, name), join(to, name), { preserveTimestamps: true });
  }
}
