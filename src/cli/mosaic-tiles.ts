import { access } from 'node:fs/promises';

import { readFitsHeader } from '../fits/index.js';
import type { MosaicTile } from '../mosaic/index.js';
import { UsageError } from './exit-codes.js';

/**
 * Tiles by the part of the band that they show: images `NAME-0000-image.fits`, `NAME-MFS-image.fits`, as
 * `contimg image --channels-out` writes them. Where all have one frequency the numbers are the tiles' own, and all belong
 * to one mosaic, which is called ''.
 *
 * @param dishDiameterMeters - of a dish whose pattern is taken for the primary beam instead of `NAME-pb.fits`.
 * @throws {UsageError} parts of the band beside whole tiles, or a tile without a primary beam.
 */
export async function tilesByPlane(
  paths: readonly string[],
  dishDiameterMeters: number | undefined,
): Promise<Map<string, MosaicTile[]>> {
  const nameOf = (path: string) => /-(\d{4}|MFS)-image\.fits$/.exec(path)?.[1] ?? '';
  const isOne = new Set(paths.map(nameOf)).size > 1 && (await haveOneFrequency(paths));
  const planes = new Map<string, MosaicTile[]>();
  for (const path of paths) {
    const name = isOne ? '' : nameOf(path);
    planes.set(name, [...(planes.get(name) ?? []), await tileOf(path, dishDiameterMeters)]);
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

/** @throws {UsageError} a tile without a primary beam, or divided by it. */
async function tileOf(path: string, dishDiameterMeters: number | undefined): Promise<MosaicTile> {
  if (dishDiameterMeters !== undefined) {
    if (/-pb\.fits$/.test(path))
      throw new UsageError(`Expected images that are not divided by the primary beam, nor one itself, not ${path}`);
    return { image: path, primaryBeam: { dishDiameterMeters } };
  }
  const primaryBeam = path.replace(/-image\.fits$/, '-pb.fits');
  const exists = await access(primaryBeam).then(
    () => primaryBeam !== path,
    () => false,
  );
  if (!exists) throw new UsageError(`Expected the primary beam of ${path} beside it as NAME-pb.fits, or --dish`);
  return { image: path, primaryBeam };
}
