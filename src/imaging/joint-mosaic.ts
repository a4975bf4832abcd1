import type { RawImaging, RawJointMosaic, RawJointTile, RawSource } from '../../bindings/addon.js';
import { fromRaw } from '../core/array.js';
import { toAscii } from '../core/ascii.js';
import type { RawArray } from '../core/array.js';
import { checkKnownOptions, checkObject, checkOneOf, checkPositive, checkText } from '../core/check.js';
import { countOf } from '../core/count-of.js';
import { InvalidArgumentError } from '../core/errors.js';
import { fromRawDirection } from '../core/sky.js';
import type { SkyDirection } from '../core/sky.js';
import { msChoiceOptions, toRawSource } from '../core/source.js';
import type { MsChoice, SourceOptions, VisibilitySource } from '../core/source.js';
import { mjdSecToIso, now } from '../core/time.js';
import { packageVersion } from '../core/version.js';
import type { Beam, SkyImage } from '../fits/types.js';
import type { ImagingOptions } from './options.js';
import { toRawOptions } from './raw-options.js';
import { sourceHistory } from './source-history.js';
import { makeOfGood } from './joint-tiles.js';
import type { LeftOut } from './joint-tiles.js';
import { beamOf, describeCycles, describeCleaning, describeGridding, fittedSources, stokesOf } from './provenance.js';
import type { CleanCycle, CleanStop, FittedSource } from './tile-images.js';

/** One observation to go into a joint mosaic: alone, or with how it is read and calibrated. */
export type JointTile = VisibilitySource | ({ readonly id?: string | undefined } & JointTileSource);
interface JointTileSource extends MsChoice, Pick<SourceOptions, 'calibration' | 'flags'> {
  readonly source: VisibilitySource;
}

/** Options of imaging that a joint mosaic has not: those of the shape of a tile, and of other models than points. */
const ofTilesAlone = [
  ...['channelsOut', 'npix', 'nx', 'ny', 'fieldBeamLevel', 'phaseCenter', 'mask', 'spectralTerms', 'startModel'],
  ...['multiscale', 'scalesArcsec', 'multiscaleScaleBias', 'calibration', 'flags'],
] as const;

/** Which column and fields of MeasurementSets to read is said for all of them, or in a JointTile for one. */
export interface JointMosaicOptions extends Omit<ImagingOptions, (typeof ofTilesAlone)[number]>, MsChoice {
  /** Refuse a larger mosaic. @default 1e8 */
  readonly maxPixels?: number | undefined;
  /** FITS OBJECT of the mosaic. @default 'mosaic' */
  readonly objectName?: string | undefined;
  /** What an observation that has no visibilities to image means: an error that names it, or that it is left out. @default 'fail' */
  readonly badTiles?: 'fail' | 'leaveOut' | undefined;
}

/** What one observation gave to a joint mosaic. */
export interface JointTileSummary {
  readonly id: string;
  /** Of its facet of the mosaic. */
  readonly center: SkyDirection;
  /** Noise at a primary beam of 1: robust sigma of its residual. */
  readonly rmsJyBeam: number;
  /** Pixels of the mosaic that it counts for. */
  readonly nPixels: number;
  readonly nVisibilities: number;
  /** Beyond the mosaic, whose visibilities were subtracted, brightest first. */
  readonly outerSources: readonly FittedSource[];
}

/** A mosaic that was cleaned as a whole. All images are on one grid, and corrected for the primary beams. */
export interface JointMosaic {
  /** Restored, Jy/beam; NaN where no tile counts. */
  readonly mosaic: SkyImage;
  /** Sum of A^2 / sigma^2, (beam/Jy)^2. */
  readonly weight: SkyImage;
  /** Noise of `mosaic`, 1 / sqrt(weight), Jy/beam; NaN where no tile counts. */
  readonly rms: SkyImage;
  /** Number of tiles that count. */
  readonly coverage: SkyImage;
  readonly residual: SkyImage;
  /** Clean components, Jy/pixel. */
  readonly model: SkyImage;
  readonly beam: Beam;
  /** Peaks and rms are those of the mosaic of flat noise, which is as deep everywhere as `mosaic` where it is deepest. */
  readonly cycles: readonly CleanCycle[];
  readonly stop: CleanStop;
  /** In the order in which they were given. */
  readonly tiles: readonly JointTileSummary[];
  readonly leftOut: LeftOut;
  /** One line: size, cell, tiles, least noise. */
  toString(): string;
}

/**
 * Makes one mosaic of the visibilities of overlapping observations, and cleans it as a whole.
 *
 * The estimate is that of `mosaicImages`, sum(A D / sigma^2) / sum(A^2 / sigma^2), but of images D that are gridded straight
 * to the mosaic's pixels, and whose sources are found together: clean goes down to the noise of all tiles, not of each, and a
 * source's sidelobes go from every observation that sees it. Each observation is read once per major cycle.
 *
 * @param tiles - at least one, in any order.
 * @throws {InvalidArgumentError} no tiles, or an option out of range.
 * @throws {MosaicError} tiles too far apart for one image, a mosaic of more than `maxPixels`, a tile without noise.
 * @throws what `imageGroup` and `imageMs` throw of an observation.
 * @example
 * const { groups } = groupSubbands(await indexFolder('incoming'));
 * const joint = await jointMosaic(groups);
 * await writeFits('strip.fits', joint.mosaic);
 */
export async function jointMosaic(tiles: readonly JointTile[], options: JointMosaicOptions = {}): Promise<JointMosaic> {
  if (!Array.isArray(tiles) || tiles.length === 0)
    throw new InvalidArgumentError('Expected a list of at least one observation for a joint mosaic');
  checkObject('options', options);
  for (const name of ofTilesAlone)
    if ((options as ImagingOptions)[name] !== undefined)
      throw new InvalidArgumentError(`Expected options of a joint mosaic, but ${name} is one of single tiles`);
  const { maxPixels = 1e8, objectName = 'mosaic', badTiles = 'fail', ...imaging } = options;
  checkOneOf('badTiles', badTiles, ['fail', 'leaveOut']);
  const raw = toRawOptions(imaging);
  const named = namesOf(tiles as readonly JointTile[]).map((name, i) => {
    return { name, source: rawSourceOf(tiles[i] as JointTile, imaging) };
  });
  const native = { ...raw, tiles: named, maxPixels: checkPositive('maxPixels', maxPixels) };
  const { made, good, leftOut } = await makeOfGood(native, badTiles === 'leaveOut', options);
  const names = good.map(({ name }) => name);
  const sources = good.map(({ source }) => source);
  return { ...toJointMosaic(made, names, sources, leftOut, raw, checkText('objectName', objectName)), leftOut };
}

/** The ids, with a number where two are the same. */
function namesOf(tiles: readonly JointTile[]): string[] {
  const ids = tiles.map(idOf);
  return ids.map((id, i) => (ids.indexOf(id) === ids.lastIndexOf(id) ? id : `${id} (${i + 1})`));
}

function rawSourceOf(tile: JointTile, options: JointMosaicOptions): RawSource {
  const { minSubbands, earthOrientation, dataColumn, field, dataDescriptions, threads } = options;
  const shared = { minSubbands, earthOrientation, dataColumn, field, dataDescriptions, threads };
  if (typeof tile !== 'object' || tile === null || !('source' in tile)) return toRawSource(tile, shared);
  checkKnownOptions(tile, ['id', 'source', 'calibration', 'flags', ...msChoiceOptions]);
  const { source, calibration, flags } = tile;
  const choice = Object.fromEntries(msChoiceOptions.filter(name => name in tile).map(name => [name, tile[name]]));
  return toRawSource(source, { ...shared, calibration, flags, ...choice });
}

function idOf(tile: JointTile, index: number): string {
  const source = isObject(tile) && 'source' in tile ? tile.source : tile;
  for (const named of [tile, source])
    if (isObject(named) && 'id' in named && typeof named.id === 'string') return named.id;
  return typeof source === 'string' ? source : `tile ${index + 1}`;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function toJointMosaic(
  raw: RawJointMosaic,
  ids: readonly string[],
  sources: readonly RawSource[],
  leftOut: LeftOut,
  options: RawImaging,
  objectName: string,
): Omit<JointMosaic, 'leftOut'> {
  const beam = beamOf(raw);
  const header = headerOf(raw, ids, sources, options, objectName);
  const reasons = leftOut.map(({ id, reason }) => toAscii(`left out: ${id}: ${reason}`));
  const ofMap = [...header.history, ...reasons];
  const ofClean = [...describeCleaning(options), describeCycles(raw)];
  const map = (pixels: RawArray<Float32Array>, unit: string, note: string): SkyImage => {
    return { ...header, pixels: fromRaw(pixels), unit, history: [...ofMap, note] };
  };
  const image = (pixels: RawArray<Float32Array>, unit: string, note: string): SkyImage => {
    return { ...map(pixels, unit, note), history: [...ofMap, ...ofClean, note] };
  };
  const rms = {
    shape: raw.weight.shape,
    data: raw.weight.data.map(weight => (weight > 0 ? 1 / Math.sqrt(weight) : NaN)),
  };
  const [ny, nx] = raw.mosaic.shape as [number, number];
  return {
    mosaic: { ...image(raw.mosaic, 'Jy/beam', 'restored mosaic'), beam },
    weight: map(raw.weight, 'beam2/Jy2', 'inverse variance'),
    rms: { ...map(rms, 'Jy/beam', 'noise'), beam },
    coverage: map(raw.coverage, '', 'number of tiles'),
    residual: { ...image(raw.residual, 'Jy/beam', 'residual mosaic'), beam },
    model: image(raw.model, 'Jy/pixel', 'clean components'),
    beam,
    cycles: raw.cycles,
    stop: raw.stop,
    tiles: raw.tiles.map((tile, i) => ({
      id: ids[i]!,
      center: fromRawDirection(tile.center),
      rmsJyBeam: tile.rmsJyBeam,
      nPixels: tile.nPixels,
      nVisibilities: tile.nVisibilities,
      outerSources: fittedSources(tile.outerSources),
    })),
    toString() {
      const least = 1e3 / Math.sqrt(raw.weight.data.reduce((a, b) => Math.max(a, b), 0));
      const cell = Number(header.wcs.cellArcsec.toPrecision(3));
      return `Joint mosaic ${nx}x${ny}, ${cell}", ${countOf(ids.length, 'tile')}, rms from ${least.toPrecision(3)} mJy/beam`;
    },
  };
}

/** What the headers of all images share: nothing of how clean went. */
function headerOf(
  raw: RawJointMosaic,
  ids: readonly string[],
  sources: readonly RawSource[],
  options: RawImaging,
  objectName: string,
): Omit<SkyImage, 'pixels' | 'unit'> {
  const { tiles } = raw;
  const sum = (value: (tile: RawJointTile) => number) => tiles.reduce((total, tile) => total + value(tile), 0);
  const exposureSec = sum(tile => tile.exposureSec);
  const arcsec = Math.PI / 180 / 3600;
  return {
    wcs: {
      center: fromRawDirection(raw.center),
      cellArcsec: Number((raw.cellRad / arcsec).toPrecision(12)),
      centerX: raw.centerX,
      centerY: raw.centerY,
    },
    stokes: stokesOf(options),
    freqHz: raw.freqHz,
    bandwidthHz: Math.max(...tiles.map(tile => tile.bandwidthHz)),
    dateObs: mjdSecToIso(Math.min(...tiles.map(tile => tile.startMjdSec))),
    midTimeMjdSec: sum(tile => tile.midMjdSec * tile.exposureSec) / exposureSec,
    exposureSec,
    telescopeName: [...new Set(tiles.map(tile => tile.telescopeName))].join('+'),
    objectName,
    keywords: {
      DATE: now(),
      NTILES: tiles.length,
      PBCUTOFF: options.primaryBeamCutoff,
      NVIS: sum(tile => tile.nVisibilities),
    },
    history: [
      `contimg ${packageVersion()}: joint mosaic of visibilities, Stokes ${stokesOf(options)}`,
      `sum(A D / sigma^2) / sum(A^2 / sigma^2), A >= ${options.primaryBeamCutoff}, of tiles gridded onto one image`,
      describeGridding(options),
      ...tiles.flatMap((tile, i) => [describeTile(ids[i]!, tile), ...sourceHistory(sources[i]!)]),
    ],
  };
}

function describeTile(id: string, { rmsJyBeam, nVisibilities, outerSources: { length } }: RawJointTile): string {
  const sigma = `sigma ${rmsJyBeam.toExponential(4)} Jy/beam, weight ${(1 / rmsJyBeam ** 2).toExponential(4)} at A = 1`;
  const outer = length === 0 ? '' : `, ${countOf(length, 'source')} beyond the mosaic subtracted`;
  return toAscii(`tile ${id}: ${nVisibilities} visibilities, ${sigma}${outer}`);
}
