import { addon } from '../core/addon.js';
import { fromRaw, toRaw } from '../core/array.js';
import type { RawArray } from '../core/array.js';
import { InvalidArgumentError } from '../core/errors.js';
import { runJob, threadCount } from '../core/job.js';
import { checkWcs } from '../fits/wcs.js';
import { combineHeaders, mosaicHistory } from './combine-headers.js';
import { checkMosaicOptions } from './options.js';
import type { CheckedMosaicOptions, MosaicOptions } from './options.js';
import { planGrid } from './plan-mosaic-grid.js';
import { rawGrid } from './raw-grid.js';
import { surveyTile } from './survey-tile.js';
import type { TileSurvey } from './survey-tile.js';
import type { Mosaic, MosaicGrid, MosaicTileSource, MosaicTileSummary } from './types.js';

/**
 * Combines overlapping images into one linear mosaic, weighting each pixel by A^2 / sigma^2.
 *
 * The estimate of least noise (Sault, Staveley-Smith & Brouw 1996): the sum of A I / sigma^2 over the sum of
 * A^2 / sigma^2, with each tile's own primary beam A. Tiles need not overlap. Memory is the mosaic's (32 bytes a pixel)
 * and one tile's, if tiles are given as functions that load them.
 *
 * @param sources - at least one; all in Jy/beam, with a restoring beam.
 * @throws {InvalidArgumentError} no tiles, or an option out of range.
 * @throws {MosaicError} a tile that cannot go in: unit, beam, shape, rms, only NaN, another frequency; a mosaic too large.
 * @example
 * const mosaic = await mosaicImages(tiles, { primaryBeamCutoff: 0.2 });
 * await writeFits('mosaic.fits', mosaic.mosaic);
 */
export async function mosaicImages(sources: readonly MosaicTileSource[], options: MosaicOptions = {}): Promise<Mosaic> {
  const checked = checkMosaicOptions(options);
  const threads = threadCount(options);
  if (!Array.isArray(sources)) throw new InvalidArgumentError('Expected a list of tiles for a mosaic');
  const steps = 2 * sources.length + 1;
  const report = (step: number) => options.onProgress?.(step / steps);

  const surveys: TileSurvey[] = [];
  for (const [i, source] of sources.entries()) {
    options.signal?.throwIfAborted();
    surveys.push(surveyTile(await load(source), i, checked.primaryBeamCutoff));
    report(i + 1);
  }
  const grid = planGrid(surveys, checked);
  checkWcs(grid.wcs);
  const header = combineHeaders(surveys, grid, checked);

  const sums = accumulators(grid);
  const tiles: MosaicTileSummary[] = [];
  for (const [i, source] of sources.entries()) {
    tiles.push(await addTile(source, surveys[i]!, grid, sums, checked, threads));
    report(sources.length + i + 1);
  }
  const { numerator, weight } = sums;
  const result = await runJob(options, () => addon().finishMosaic({ numerator, weight }, undefined));
  report(steps);
  return assemble(result, sums.coverage, { ...header, history: mosaicHistory(tiles, checked) }, tiles);
}

function load(source: MosaicTileSource) {
  return typeof source === 'function' ? source() : source;
}

interface Accumulators {
  readonly numerator: RawArray<Float64Array>;
  readonly weight: RawArray<Float64Array>;
  readonly coverage: RawArray<Float32Array>;
}

function accumulators({ nx, ny }: MosaicGrid): Accumulators {
  const shape = [ny, nx];
  return {
    numerator: { data: new Float64Array(nx * ny), shape },
    weight: { data: new Float64Array(nx * ny), shape },
    coverage: { data: new Float32Array(nx * ny), shape },
  };
}

async function addTile(
  source: MosaicTileSource,
  survey: TileSurvey,
  grid: MosaicGrid,
  sums: Accumulators,
  options: CheckedMosaicOptions,
  threads: number,
): Promise<MosaicTileSummary> {
  const { image, primaryBeam } = await load(source);
  const [ny, nx] = survey.shape;
  const { wcs } = survey.header;
  const native = {
    image: toRaw(image.pixels),
    primaryBeam: toRaw(primaryBeam.pixels),
    grid: rawGrid(wcs, nx, ny),
    sigma: survey.rmsJyBeam,
    output: rawGrid(grid.wcs, grid.nx, grid.ny),
    cutoff: options.primaryBeamCutoff,
    kernel: options.kernel,
    threads,
    ...sums,
  };
  const nPixels = await runJob(options, () => addon().addMosaicTile(native, undefined));
  return { id: survey.id, center: wcs.center, rmsJyBeam: survey.rmsJyBeam, nPixels };
}

function assemble(
  raw: Record<'mosaic' | 'weight' | 'rms', RawArray<Float32Array>>,
  coverage: RawArray<Float32Array>,
  header: Omit<Mosaic['mosaic'], 'pixels'>,
  tiles: readonly MosaicTileSummary[],
): Mosaic {
  const [ny, nx] = raw.mosaic.shape as [number, number];
  return {
    mosaic: { ...header, pixels: fromRaw(raw.mosaic) },
    weight: { ...header, pixels: fromRaw(raw.weight), unit: 'beam2/Jy2', beam: undefined },
    rms: { ...header, pixels: fromRaw(raw.rms) },
    coverage: { ...header, pixels: fromRaw(coverage), unit: '', beam: undefined },
    tiles,
    toString() {
      const least = 1e3 / Math.sqrt(raw.weight.data.reduce((a, b) => Math.max(a, b), 0));
      return `Mosaic ${nx}x${ny}, ${header.wcs.cellArcsec}", ${tiles.length} tiles, rms from ${least.toPrecision(3)} mJy/beam`;
    },
  };
}
