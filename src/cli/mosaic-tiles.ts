import { access } from 'node:fs/promises';

import { fromFileSystem } from '../core/file-errors.js';
import { readFitsHeader } from '../fits/index.js';
import type { MosaicTile } from '../mosaic/index.js';
import { UsageError } from './exit-codes.js';
import { readCorrections } from './tile-corrections.js';

/** What goes with the images of tiles. */
export interface TileFiles {
  /** Of a dish whose pattern is taken for the primary beam instead of `NAME-pb.fits`. */
  readonly dish?: number | undefined;
  /** Whether the noise is that of `NAME-noise.fits`. */
  readonly noiseMaps?: boolean | undefined;
  /** A file of corrections. */
  readonly corrections?: string | undefined;
}

/**
 * Tiles by the part of the band that they show: images `NAME-0000-image.fits`, `NAME-MFS-image.fits`, as
 * `contimg image --channels-out` writes them. Where all have one frequency the numbers are the tiles' own, and all belong
 * to one mosaic, which is called ''.
 *
 * @throws {UsageError} parts of the band beside whole tiles, a tile twice, or one without a primary beam or noise map.
 */
export async function tilesByPlane(paths: readonly string[], files: TileFiles): Promise<Map<string, MosaicTile[]>> {
  const twice = paths.find((path, i) => paths.indexOf(path) < i);
  if (twice !== undefined) throw new UsageError(`Expected every tile once, but ${twice} is given twice`);
  const nameOf = (path: string) => /-(\d{4}|MFS)-image\.fits$/.exec(path)?.[1] ?? '';
  const isOne = new Set(paths.map(nameOf)).size > 1 && (await haveOneFrequency(paths));
  const corrections = files.corrections === undefined ? undefined : await readCorrections(files.corrections, paths);
  const planes = new Map<string, MosaicTile[]>();
  for (const path of paths) {
    const name = isOne ? '' : nameOf(path);
    const tile = { ...(await tileOf(path, files)), ...corrections?.get(path) };
    planes.set(name, [...(planes.get(name) ?? []), tile]);
  }
  if (planes.size > 1 && planes.has(''))
    throw new UsageError('Expected all tiles as parts of the band, NAME-0000-image.fits, or none');
  return new Map([...planes].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function haveOneFrequency(paths: readonly string[]): Promise<boolean> {
  const freqsHz = new Set<number>();
  for (const path of paths) freqsHz.add(Math.round((await readFitsHeader(path)).freqHz));
  return freqsHz.size === 1;
}

/**
 * @throws {UsageError} a tile without a primary beam or noise map, or divided by the beam.
 * @throws {FileAccessError} there is no such image.
 */
async function tileOf(path: string, { dish, noiseMaps }: TileFiles): Promise<MosaicTile> {
  if (/-image-pb\.fits$/.test(path) || (dish !== undefined && /-pb\.fits$/.test(path)))
    throw new UsageError(`Expected images that are not divided by the primary beam, nor one itself, not ${path}`);
  await access(path).catch((error: unknown) => {
    throw fromFileSystem(path, error);
  });
  const primaryBeam =
    dish === undefined ? await besides(path, 'pb', 'primary beam', '--dish') : { dishDiameterMeters: dish };
  const noise = noiseMaps ? await besides(path, 'noise', 'noise map', 'no --noise-maps') : undefined;
  return { image: path, primaryBeam, noise };
}

/** The file that goes with an image. */
async function besides(path: string, end: string, what: string, otherwise: string): Promise<string> {
  const found = path.replace(/-image\.fits$/, `-${end}.fits`);
  const exists = await access(found).then(
    () => found !== path,
    () => false,
  );
  if (!exists) throw new UsageError(`Expected the ${what} of ${path} beside it as NAME-${end}.fits, or ${otherwise}`);
  return found;
}
