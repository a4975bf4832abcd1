import type { RawMosaicTile, RawTileResult } from '../../bindings/addon.js';
import { addon } from '../core/addon.js';
import { MosaicError } from '../core/errors.js';
import { runJob, threadCount } from '../core/job.js';
import type { Beam } from '../fits/types.js';
import { inArcsec, localMatrix, skyToPixel } from '../fits/wcs.js';
import { checkAgreement, describeDisagreement, worstDisagreement } from './check-agreement.js';
import { checkTiles } from './check-tiles.js';
import type { TileChecks } from './check-tiles.js';
import { combineHeaders } from './combine-headers.js';
import type { MosaicHeader } from './combine-headers.js';
import { beamArea, beamOnPixels, canConvolve, commonBeamOf } from './shared-beam.js';
import { checkMosaicOptions } from './options.js';
import type { CheckedMosaicOptions, MosaicOptions } from './options.js';
import { planGrid } from './plan-mosaic-grid.js';
import { rawGrid } from './raw-grid.js';
import type { TileSurvey } from './survey-tile.js';
import { surveyTiles } from './survey-tiles.js';
import type { MosaicGrid, MosaicReport, MosaicTile, MosaicTileSummary } from './types.js';

/** The part of a mosaic's work that surveys take. */
export const surveyShare = 0.3;

/** All that is settled before pixels are combined. */
export interface MosaicPlan extends TileChecks {
  readonly options: CheckedMosaicOptions;
  readonly grid: MosaicGrid;
  readonly header: MosaicHeader;
}

/** Surveys the tiles, checks them against each other, and plans the mosaic. */
export async function prepareMosaic(tiles: readonly MosaicTile[], given: MosaicOptions): Promise<MosaicPlan> {
  const options = checkMosaicOptions(given);
  return planAgreeing(await surveyAndCheck(tiles, options), options);
}

/** The tiles that are good each by itself. */
export async function surveyAndCheck(tiles: readonly MosaicTile[], options: CheckedMosaicOptions): Promise<TileChecks> {
  threadCount(options);
  const onProgress = (fraction: number) => options.onProgress?.(surveyShare * fraction);
  const { surveys, unfit } = await surveyTiles(tiles, options, onProgress);
  const found = checkTiles(surveys, options);
  return { ...found, leftOut: [...unfit, ...found.leftOut] };
}

/** Plans a mosaic of tiles that were checked, without those that disagree with the others, where that is asked for. */
export async function planAgreeing(checked: TileChecks, options: CheckedMosaicOptions): Promise<MosaicPlan> {
  let checks = checked;
  for (;;) {
    const plan = planMosaic(checks, options);
    if (options.disagreeingTiles === 'keep' || checks.good.length < 3) return plan;
    const compared = { ...toRawPlan(plan), compareTiles: true, chiSquare: false, files: {} };
    const raw = await runJob({ signal: options.signal }, onProgress => addon().makeMosaic(compared, onProgress));
    const worst = worstDisagreement(summariesOf(plan, raw.tiles, true), options);
    if (!worst) return plan;
    checks = {
      good: checks.good.filter((_, i) => i !== worst.index),
      leftOut: [...checks.leftOut, { id: worst.check.tile, reason: describeDisagreement(worst.check) }],
      checks: [...checks.checks, worst.check],
    };
  }
}

function planMosaic(checks: TileChecks, options: CheckedMosaicOptions): MosaicPlan {
  const grid = planGrid(checks.good, options);
  const beam = commonBeam(checks.good, options);
  const reasons = checks.leftOut.map(({ id, reason }) => `${id}: ${reason}`);
  const header = combineHeaders(checks.good, grid, beam, reasons, options);
  return {
    ...checks,
    good: beam ? checks.good.map(tile => convolved(tile, beam)) : checks.good,
    options,
    grid,
    header,
  };
}

function commonBeam(surveys: readonly TileSurvey[], { commonBeam: wanted }: CheckedMosaicOptions): Beam | undefined {
  if (!wanted) return undefined;
  if (wanted === true) return commonBeamOf(surveys.map(({ header }) => header.beam!));
  for (const { id, header } of surveys) {
    if (!canConvolve(header.beam!, wanted))
      throw new MosaicError(
        `Expected the common beam ${wanted.majorArcsec}" x ${wanted.minorArcsec}" to be at least as wide as that of ${id} in ` +
          `every direction, but it has ${header.beam!.majorArcsec}" x ${header.beam!.minorArcsec}"`,
      );
  }
  return wanted;
}

/**
 * A tile to be convolved. Its noise has the shape of its beam: convolved in the same way, and in units of the larger
 * beam, its variance grows by the ratio of the areas.
 */
function convolved(survey: TileSurvey, beam: Beam): TileSurvey {
  const own = survey.header.beam!;
  const growth = Math.sqrt(beamArea(beam) / beamArea(own));
  const { matrix } = survey.middle;
  const to = beamOnPixels(beam, matrix);
  const raw: RawMosaicTile = {
    ...survey.raw,
    noiseBeam: to,
    convolution: { from: beamOnPixels(own, matrix), to, noiseGrowth: growth },
  };
  return { ...survey, rmsJyBeam: survey.rmsJyBeam * growth, raw };
}

/** The arguments of the addon's makeMosaic, but for where products go. */
export function toRawPlan({ good, grid, options }: MosaicPlan) {
  return {
    tiles: good.map(({ raw }) => raw),
    output: rawGrid(grid.wcs, grid.nx, grid.ny),
    cutoff: options.primaryBeamCutoff,
    kernel: options.kernel,
    rejectSigmas: options.rejectSigma,
    rejectFraction: 0.1,
    compareTiles: options.compareTiles,
    chiSquare: options.compareTiles,
    threads: threadCount(options),
  };
}

/** What there is to say of the mosaic that was made. */
export function reportOf(plan: MosaicPlan, results: readonly RawTileResult[]): MosaicReport {
  const tiles = summariesOf(plan, results, plan.options.compareTiles);
  return { tiles, leftOut: plan.leftOut, checks: [...plan.checks, ...checkAgreement(tiles, plan.options)] };
}

/** @param compared - whether tiles were. */
function summariesOf({ good, grid }: MosaicPlan, results: readonly RawTileResult[], compared: boolean) {
  return good.map((survey, i) => summaryOf(survey, results[i]!, grid, compared));
}

function summaryOf(survey: TileSurvey, result: RawTileResult, grid: MosaicGrid, compared: boolean): MosaicTileSummary {
  const { id, middle, rmsJyBeam, fluxScale, shiftArcsec } = survey;
  const { nPixels, nRejected, chiSquare, fluxRatio, offsetX, offsetY, nCompared, nBright } = result;
  const at = skyToPixel(grid.wcs, middle.direction);
  const [a, b, c, d] = inArcsec(localMatrix(grid.wcs, at.x, at.y));
  const [eastArcsec, northArcsec] = [a * offsetX + b * offsetY, c * offsetX + d * offsetY];
  const agreement = { chiSquare, fluxRatio, eastArcsec, northArcsec, nPixels: nCompared, nBrightPixels: nBright };
  return {
    id,
    center: middle.direction,
    rmsJyBeam,
    fluxScale,
    shiftArcsec,
    nPixels,
    nRejected,
    ...(compared ? { agreement } : {}),
  };
}

/** For a context of the whole call: progress of what comes after the surveys. */
export function laterProgress({ onProgress }: MosaicOptions): ((fraction: number) => void) | undefined {
  return onProgress && (fraction => onProgress(surveyShare + (1 - surveyShare) * fraction));
}
