import { addon } from '../core/addon.js';
import { fromRaw } from '../core/array.js';
import type { RawArray } from '../core/array.js';
import { checkBoolean, checkOneOf, checkText } from '../core/check.js';
import { countOf } from '../core/count-of.js';
import { runJob } from '../core/job.js';
import { headerOf } from '../fits/header.js';
import { wrapHistory } from '../fits/history.js';
import type { SkyImage, WriteFitsOptions } from '../fits/index.js';
import type { MosaicHeader } from './combine-headers.js';
import type { MosaicOptions } from './options.js';
import { laterProgress, prepareMosaic, reportOf, toRawPlan } from './prepare-mosaic.js';
import type { MosaicPlan } from './prepare-mosaic.js';
import type { Mosaic, MosaicFiles, MosaicTile } from './types.js';

/**
 * Combines overlapping images into one linear mosaic, weighting each pixel by A^2 / sigma^2.
 *
 * The estimate of least noise (Sault, Staveley-Smith & Brouw 1996): the sum of A I / sigma^2 over the sum of
 * A^2 / sigma^2, with each tile's own primary beam A. Tiles need not overlap, and may have any projection and cell.
 *
 * @param tiles - at least one; all in Jy/beam, with a restoring beam.
 * @throws {InvalidArgumentError} no tiles, or an option out of range.
 * @throws {MosaicError} a tile that cannot go in: unit, beam, shape, rms, only NaN, another frequency; a mosaic too large.
 * @throws {FileAccessError, FitsFormatError} a tile's file that is missing, truncated, or changed meanwhile.
 * @example
 * const mosaic = await mosaicImages(tiles, { primaryBeamCutoff: 0.2 });
 * await writeFits('mosaic.fits', mosaic.mosaic);
 */
export async function mosaicImages(tiles: readonly MosaicTile[], options: MosaicOptions = {}): Promise<Mosaic> {
  const plan = await prepareMosaic(tiles, options);
  const job = { signal: options.signal, onProgress: laterProgress(options) };
  const raw = await runJob(job, onProgress => addon().makeMosaic(toRawPlan(plan), onProgress));
  options.onProgress?.(1);
  const history = [...plan.header.history, ...(raw.history === '' ? [] : [raw.history])];
  const image = (pixels: RawArray<Float32Array>, fields: Partial<SkyImage> = {}): SkyImage => {
    return { ...plan.header, history, ...fields, pixels: fromRaw(pixels) };
  };
  const { nx, ny, wcs } = plan.grid;
  const nTiles = plan.good.length;
  return {
    ...reportOf(plan, raw.tiles),
    mosaic: image(raw.mosaic!),
    weight: image(raw.weight!, unitless('beam2/Jy2')),
    rms: image(raw.rms!),
    coverage: image(raw.coverage!, unitless('')),
    ...(raw.chiSquare ? { chiSquare: image(raw.chiSquare, unitless('')) } : {}),
    toString() {
      const least = 1e3 / Math.sqrt(raw.weight!.data.reduce((a, b) => Math.max(a, b), 0));
      return `Mosaic ${nx}x${ny}, ${Number(wcs.cellArcsec.toPrecision(6))}", ${countOf(nTiles, 'tile')}, rms from ${least.toPrecision(3)} mJy/beam`;
    },
  };
}

const unitless = (unit: string) => ({ unit, beam: undefined });

const mosaicMaps = ['weight', 'rms', 'coverage'] as const;

export interface MosaicFilesOptions extends MosaicOptions, WriteFitsOptions {
  /** What is written beside the mosaic. @default ['weight', 'rms', 'coverage'] */
  readonly maps?: readonly (typeof mosaicMaps)[number][] | undefined;
}

/**
 * Combines overlapping images as `mosaicImages` does, into FITS files: `NAME.fits`, `-weight`, `-rms`, `-coverage`, and
 * with `compareTiles` `-chi2`. Memory is some 150 MB, whatever the number and size of tiles that are files.
 *
 * Where `NAME.fits` stands the others do.
 *
 * @param name - path of the files without these ends; its folder exists.
 * @throws as `mosaicImages`, and {OutputExistsError, DiskFullError, FileAccessError} as `writeFits`.
 * @example
 * await mosaicFiles('strip', [{ image: 'a-image.fits', primaryBeam: 'a-pb.fits' }, ...]);
 */
export async function mosaicFiles(
  name: string,
  tiles: readonly MosaicTile[],
  { overwrite, maps, ...options }: MosaicFilesOptions = {},
): Promise<MosaicFiles> {
  checkText('name', name);
  const written = checkWriting({ overwrite, maps });
  return writeMosaic(name, await prepareMosaic(tiles, options), written);
}

/** What there is to write, and whether over other files. */
export function checkWriting({ overwrite = false, maps = mosaicMaps }: Pick<MosaicFilesOptions, 'overwrite' | 'maps'>) {
  checkBoolean('overwrite', overwrite);
  for (const map of maps) checkOneOf('maps', map, mosaicMaps);
  return { overwrite, maps };
}

/** Makes the files of a mosaic that is planned. */
export async function writeMosaic(
  name: string,
  plan: MosaicPlan,
  { overwrite, maps }: ReturnType<typeof checkWriting>,
): Promise<MosaicFiles> {
  const { options } = plan;
  const target = (end: string, header: MosaicHeader) => {
    const history = wrapHistory(header.history);
    return { path: `${name}${end}.fits`, cards: headerOf(header), history, overwrite };
  };
  const ofMaps = {
    weight: target('-weight', { ...plan.header, ...unitless('beam2/Jy2') }),
    rms: target('-rms', plan.header),
    coverage: target('-coverage', { ...plan.header, ...unitless('') }),
  };
  const files = {
    mosaic: target('', plan.header),
    ...Object.fromEntries(mosaicMaps.filter(map => maps.includes(map)).map(map => [map, ofMaps[map]])),
    ...(plan.options.compareTiles ? { chiSquare: target('-chi2', { ...plan.header, ...unitless('') }) } : {}),
  };
  const job = { signal: options.signal, onProgress: laterProgress(options) };
  const raw = await runJob(job, onProgress => addon().makeMosaic({ ...toRawPlan(plan), files }, onProgress));
  options.onProgress?.(1);
  const { nx, ny, wcs } = plan.grid;
  return {
    ...reportOf(plan, raw.tiles),
    grid: plan.grid,
    files: Object.values(files).map(({ path }) => path),
    toString: () =>
      `Mosaic ${nx}x${ny}, ${Number(wcs.cellArcsec.toPrecision(6))}", ${countOf(plan.good.length, 'tile')}, in ${name}.fits`,
  };
}
