import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { RegistryError } from '../core/errors.js';
import { readFits, renderPng, writeFits } from '../fits/index.js';
import type { SkyImage } from '../fits/index.js';
import { findImageProblem } from '../grouping/index.js';
import type { MosaicMember, SubbandGroup } from '../grouping/index.js';
import type { TileImages } from '../imaging/index.js';
import type { Mosaic, MosaicTile } from '../mosaic/index.js';
import type { Product } from '../registry/index.js';
import type { StageResult } from './make-product.js';
import { writeTileImages } from './write-tile-images.js';

/** What the registry keeps of a tile, and `<id>.json` beside its images. */
interface TileMetadata {
  readonly midTimeMjdSec: number;
  /** Apparent declination of the pointing. */
  readonly decDeg: number;
  readonly center: SkyImage['wcs']['center'];
  readonly beam: TileImages['beam'];
  readonly rmsJyBeam: number;
  readonly nVisibilities: number;
  readonly clean: Pick<TileImages, 'stop' | 'cycles'>;
}

/** Writes the images of a tile, and what is known of it, into its folder. */
export async function writeTile(
  folder: string,
  group: Pick<SubbandGroup, 'id' | 'pointingDecDeg'>,
  tile: TileImages,
): Promise<StageResult> {
  const metadata: TileMetadata = {
    midTimeMjdSec: tile.restored.midTimeMjdSec,
    decDeg: group.pointingDecDeg ?? tile.restored.wcs.center.decDeg,
    center: tile.restored.wcs.center,
    beam: tile.beam,
    rmsJyBeam: tile.rmsJyBeam,
    nVisibilities: tile.nVisibilities,
    clean: { stop: tile.stop, cycles: tile.cycles },
  };
  const images = await writeTileImages(join(folder, group.id), tile);
  const summary = `${group.id}.json`;
  const withoutTimes = (key: string, value: unknown) => (key === 'seconds' ? undefined : value); // the same bytes always
  await writeFile(join(folder, summary), JSON.stringify(metadata, withoutTimes, 2));
  return { files: [...images.map(path => basename(path)), summary], metadata: { ...metadata } };
}

/** A tile as mosaic groups know it. */
export interface TileMember extends MosaicMember {
  /** Of its folder, relative to the work folder. */
  readonly path: string;
}

/** @param stage - how far its subband group has come; undefined where that is not known. */
export async function toMember(tile: Product, work: string, stage = 'unknown'): Promise<TileMember> {
  const { midTimeMjdSec, decDeg } = metadataOf(tile);
  const id = basename(tile.path);
  const imageProblem = await findImageProblem(join(work, tile.path, `${id}-image.fits`));
  return { id, path: tile.path, midTimeMjdSec, decDeg, stage, imageProblem };
}

/** The options that a tile was made with, as one hash. */
export function optionsOf(tile: Product): unknown {
  return tile.metadata['options'];
}

/** How the clean of a tile went; undefined for other products. */
export function cleanOf(product: Product): TileMetadata['clean'] | undefined {
  return (product.metadata as Partial<TileMetadata>).clean;
}

/** A tile from the disk, as mosaicking takes it. */
export async function readTile(work: string, tile: Product): Promise<MosaicTile> {
  const id = basename(tile.path);
  const of = (product: string) => join(tile.path, `${id}-${product}.fits`);
  // Tiles of version 0.1 call the primary beam -beam.
  const primaryBeam = tile.files.some(({ path }) => path === of('beam')) ? of('beam') : of('pb');
  return {
    id,
    image: await readFits(join(work, of('image'))),
    primaryBeam: await readFits(join(work, primaryBeam)),
    rmsJyBeam: metadataOf(tile).rmsJyBeam,
  };
}

/** Writes a mosaic and its maps into its folder: first what goes with it, itself last. */
export async function writeMosaic(folder: string, id: string, mosaic: Mosaic): Promise<StageResult> {
  const files = [`${id}-weight.fits`, `${id}-rms.fits`, `${id}-coverage.fits`, `${id}.png`, `${id}.fits`] as const;
  const [weight, rms, coverage, picture, main] = files;
  await writeFits(join(folder, weight), mosaic.weight);
  await writeFits(join(folder, rms), mosaic.rms);
  await writeFits(join(folder, coverage), mosaic.coverage);
  await writeFile(join(folder, picture), renderPng(mosaic.mosaic));
  await writeFits(join(folder, main), mosaic.mosaic);
  return { files, metadata: { tiles: mosaic.tiles, center: mosaic.mosaic.wcs.center, beam: mosaic.mosaic.beam } };
}

/** A mosaic and its noise map, as they stand on the disk. */
export async function readMosaic(work: string, product: Product): Promise<{ mosaic: SkyImage; rms: SkyImage }> {
  const path = join(work, product.path, basename(product.path));
  return { mosaic: await readFits(`${path}.fits`), rms: await readFits(`${path}-rms.fits`) };
}

function metadataOf(tile: Product): TileMetadata {
  const metadata = tile.metadata as unknown as TileMetadata;
  if (Number.isFinite(metadata.rmsJyBeam) && Number.isFinite(metadata.midTimeMjdSec)) return metadata;
  throw new RegistryError(
    `Expected the registry to know rms and time of ${tile.id}. Remove ${tile.path} and run again`,
  );
}
