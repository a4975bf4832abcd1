import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import type { Options } from 'execa';

import type { RunReport } from '../../src/pipeline/index.js';

/** The command as it is installed. */
export const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const environment = {
  CONTIMG_WORK: undefined,
  CONTIMG_PRODUCTS: undefined,
  CONTIMG_THREADS: undefined,
  DATABASE_URL: undefined,
};

/** Runs `contimg`; a failure is a result like any other. */
export async function contimg(args: readonly string[], options: Options = {}) {
  const env = { ...environment, DEBUG: undefined, ...options.env };
  const { exitCode, signal, stdout, stderr } = await execa(program, args, { reject: false, ...options, env });
  return { exitCode, signal, stdout: String(stdout), stderr: String(stderr) };
}

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
  const { exitCode, stderr } = await contimg([
    'simulate',
    '--out',
    folder,
    '--tiles',
    `${nTiles}`,
    ...array,
    '--sky',
    sky,
  ]);
  if (exitCode !== 0) throw new Error(stderr);
}

/**
 * Arguments of a run on small images, two tiles to a mosaic. Nothing shines beyond the images: a search for sources there,
 * over all of the primary beam, would take most of the time.
 */
export function smallRun(incoming: string, folder: string): string[] {
  const folders = ['--work', join(folder, 'work'), '--products', join(folder, 'products')];
  const imaging = ['--npix', '256', '--cell', '6', '--niter', '200', '--no-outer-sources'];
  return ['run', incoming, ...folders, '--group-size', '2', ...imaging, '--json'];
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
