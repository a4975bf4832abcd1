import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { RegistryError } from '../core/errors.js';
import { readFits, readFitsHeader } from '../fits/index.js';
import type { SkyImage } from '../fits/index.js';
import { findImageProblem } from '../grouping/index.js';
import type { MosaicMember, SubbandGroup } from '../grouping/index.js';
import type { FlagReport, ObservationFinding } from '../calibration/index.js';
import type { TileImages } from '../imaging/index.js';
import type { MosaicFiles, MosaicTile } from '../mosaic/index.js';
import type { Product } from '../registry/index.js';
import type { CalibrationChoice } from './choose-calibration.js';
import { findAbsent } from './make-product.js';
import type { StageResult } from './make-product.js';
import { writeMosaicSummary } from './write-mosaic-summary.js';
import { writeTileImages } from './write-tile-images.js';

/** How a tile was calibrated. */
export interface TileCalibration extends Omit<CalibrationChoice, 'rejected'> {
  /** Sets that were not used, and why: their tables are not fit, or they are of another time or declination. */
  readonly rejected: readonly { readonly set: string; readonly reason: string }[];
}

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
  /** Where calibration is on. */
  readonly calibration?: TileCalibration | undefined;
  /** Why no calibration was applied, where one should be. */
  readonly uncalibrated?: string | undefined;
  /** Where flagging is on: fractions by reason, antennas by name. */
  readonly flagged?: Readonly<Record<string, number>> | undefined;
  readonly deadAntennas?: readonly string[] | undefined;
  readonly findings?: readonly ObservationFinding[] | undefined;
}

/** What is kept beside the images of a tile: what of its flags, and how it was calibrated. */
interface TileRecords {
  readonly flags?: FlagReport | undefined;
  readonly findings?: readonly ObservationFinding[] | undefined;
  readonly calibration?: TileCalibration | undefined;
}

/** Writes the images of a tile, and what is known of it, into its folder. */
export async function writeTile(
  folder: string,
  group: Pick<SubbandGroup, 'id' | 'pointingDecDeg'>,
  tile: TileImages,
  { flags, findings, calibration }: TileRecords = {},
): Promise<StageResult> {
  const metadata: TileMetadata = {
    midTimeMjdSec: tile.restored.midTimeMjdSec,
    decDeg: group.pointingDecDeg ?? tile.restored.wcs.center.decDeg,
    center: tile.restored.wcs.center,
    beam: tile.beam,
    rmsJyBeam: tile.rmsJyBeam,
    nVisibilities: tile.nVisibilities,
    clean: { stop: tile.stop, cycles: tile.cycles },
    ...(calibration && { calibration }),
    ...(calibration?.rule === 'none' && { uncalibrated: whyUncalibrated(calibration) }),
    ...(flags && {
      flagged: Object.fromEntries(Object.entries(flags.counts).map(([name, { fraction }]) => [name, fraction])),
      deadAntennas: flags.deadAntennas,
    }),
    ...(findings && { findings }),
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
  const { midTimeMjdSec, decDeg, uncalibrated } = metadataOf(tile);
  const id = basename(tile.path);
  const image = join(work, tile.path, `${id}-image.fits`);
  const imageProblem = (await findAbsent(tile, work)) ?? (await findImageProblem(image));
  return { id, path: tile.path, midTimeMjdSec, decDeg, stage, imageProblem, uncalibrated };
}

function whyUncalibrated({ reason, rejected }: TileCalibration): string {
  return [reason, ...rejected.slice(0, 3).map(({ set, reason: why }) => `${set}: ${why}`)].join('. ');
}

/** How a tile was calibrated; undefined for other products, and where calibration was off. */
export function calibrationOf(product: Product): TileCalibration | undefined {
  return (product.metadata as Partial<TileMetadata>).calibration;
}

/** What flagging found wrong with the observation of a tile. */
export function tileFindingsOf(product: Product): readonly ObservationFinding[] {
  return (product.metadata as Partial<TileMetadata>).findings ?? [];
}

/** The options that a tile was made with, as one hash. */
export function optionsOf(tile: Product): unknown {
  return tile.metadata['options'];
}

/** How the clean of a tile went; undefined for other products. */
export function cleanOf(product: Product): TileMetadata['clean'] | undefined {
  return (product.metadata as Partial<TileMetadata>).clean;
}

/** A tile on the disk, as mosaicking takes it. */
export function mosaicTile(work: string, tile: Product): MosaicTile {
  const id = basename(tile.path);
  const of = (product: string) => join(tile.path, `${id}-${product}.fits`);
  // Tiles of version 0.1 call the primary beam -beam.
  const primaryBeam = tile.files.some(({ path }) => path === of('beam')) ? of('beam') : of('pb');
  return {
    id,
    image: join(work, of('image')),
    primaryBeam: join(work, primaryBeam),
    rmsJyBeam: metadataOf(tile).rmsJyBeam,
  };
}

/** Draws a mosaic whose images stand in its folder, writes its figures, and says what there is. */
export async function mosaicResult(folder: string, id: string, made: MosaicFiles): Promise<StageResult> {
  const summary = await writeMosaicSummary(join(folder, id), made);
  const [main, ...maps] = made.files as [string, ...string[]];
  const { center } = made.grid.wcs;
  const { beam } = await readFitsHeader(main);
  const files = [...maps, ...summary.files, main].map(path => basename(path));
  return { files, metadata: { tiles: made.tiles, leftOut: made.leftOut, center, beam } };
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
