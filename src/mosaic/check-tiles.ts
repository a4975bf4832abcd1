import { MosaicError } from '../core/errors.js';
import type { Beam } from '../fits/types.js';
import { lowerMedian, median } from '../core/median.js';
import type { CheckedMosaicOptions } from './options.js';
import { beamDifference, medianBeam } from './shared-beam.js';
import type { TileSurvey } from './survey-tile.js';
import type { MosaicCheck } from './types.js';

/** How the tiles of a group compare with each other, and those that may not go in. */
export interface TileChecks {
  readonly good: readonly TileSurvey[];
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
  readonly checks: readonly MosaicCheck[];
}

/**
 * Checks dynamic range, and noise, beam and frequency against the medians of the group.
 *
 * @throws {MosaicError} a tile that fails where `badTiles` is `fail`, tiles of different Stokes parameters, or none left.
 */
export function checkTiles(surveys: readonly TileSurvey[], options: CheckedMosaicOptions): TileChecks {
  checkStokes(surveys);
  const checks: MosaicCheck[] = [];
  const leftOut: { id: string; reason: string }[] = [];
  const good = surveys.filter(survey => {
    const found = figuresOf(survey, surveys, options);
    checks.push(...found.map(({ figure }) => figure));
    const failed = found.find(({ figure }) => !figure.passed);
    if (!failed) return true;
    if (options.badTiles === 'fail') throw new MosaicError(failed.reason);
    leftOut.push({ id: survey.id, reason: failed.reason });
    return false;
  });
  if (good.length === 0) throw new MosaicError(`Expected at least one good tile, but none is. ${leftOut[0]!.reason}`);
  return { good, leftOut, checks };
}

function figuresOf(
  { id, header, rmsJyBeam, peakJyBeam }: TileSurvey,
  surveys: readonly TileSurvey[],
  options: CheckedMosaicOptions,
): { figure: MosaicCheck; reason: string }[] {
  const beam = header.beam!;
  const middle = medianBeam(surveys.map(survey => survey.header.beam!));
  const freqHz = lowerMedian(surveys.map(survey => survey.header.freqHz));
  const noise = rmsJyBeam / median(surveys.map(survey => survey.rmsJyBeam));
  const dynamicRange = peakJyBeam / rmsJyBeam;
  const atMost = (check: MosaicCheck['check'], value: number, limit: number, reason: string) => {
    return { figure: { check, tile: id, value, limit, passed: value <= limit }, reason };
  };
  const maxBeamDifference = options.commonBeam ? Infinity : options.maxBeamDifference;
  return [
    atMost(
      'beam',
      beamDifference(beam, middle),
      maxBeamDifference,
      `Expected beams within ${100 * options.maxBeamDifference} % of the median ${describe(middle)}, but ${id} has ` +
        `${describe(beam)}. Leave it out, give a larger maxBeamDifference, or a commonBeam`,
    ),
    atMost(
      'frequency',
      Math.abs(header.freqHz - freqHz),
      options.maxFreqDifferenceHz,
      `Expected frequencies within ${options.maxFreqDifferenceHz / 1e6} MHz of the median ${freqHz / 1e6} MHz, but ${id} is ` +
        `at ${header.freqHz / 1e6} MHz`,
    ),
    atMost(
      'noise',
      noise,
      options.maxNoiseRatio,
      `Expected noise of at most ${options.maxNoiseRatio} times the median of the tiles, but that of ${id}, ` +
        `${(rmsJyBeam * 1e3).toPrecision(3)} mJy/beam, is ${noise.toPrecision(3)} times`,
    ),
    {
      figure: {
        check: 'dynamicRange',
        tile: id,
        value: dynamicRange,
        limit: options.minDynamicRange,
        passed: dynamicRange >= options.minDynamicRange,
      },
      reason:
        `Expected the peak of ${id} to be at least ${options.minDynamicRange} times its noise, but it is ` +
        `${dynamicRange.toPrecision(3)} times`,
    },
  ];
}

function checkStokes(surveys: readonly TileSurvey[]): void {
  const reference = surveys[0]!;
  for (const { id, header } of surveys)
    if (header.stokes !== reference.header.stokes)
      throw new MosaicError(
        `Expected one Stokes parameter, but ${id} shows ${header.stokes} and ${reference.id} ${reference.header.stokes}`,
      );
}

function describe({ majorArcsec, minorArcsec, positionAngleDeg }: Beam): string {
  const angle = majorArcsec - minorArcsec < 0.05 ? '' : ` at ${positionAngleDeg.toFixed(0)} deg`;
  return `${majorArcsec.toFixed(1)}" x ${minorArcsec.toFixed(1)}"${angle}`;
}
