import { solutionFlags } from '../core/calibration-solutions.js';
import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { checkKnownOptions, checkNumber } from '../core/check.js';
import { median } from '../core/median.js';
import { antennasWithSolutions } from './check-calibration.js';

/** What solutions must meet before they are applied to other observations. */
export interface CalibrationLimits {
  /** Of the solutions of antennas with data. @default 0.5 */
  readonly maxFlaggedFraction?: number | undefined;
  /** Of the median solution. @default 5 */
  readonly minSnr?: number | undefined;
  /** Antennas with solutions. @default 10 */
  readonly minAntennas?: number | undefined;
  /** Of an antenna's median amplitude over that of all, and of that of all over its: no less, no more. @default 10 */
  readonly maxAmplitudeRatio?: number | undefined;
  /** Of the median antenna, from band to band or from time to time. @default 30 */
  readonly maxPhaseScatterDeg?: number | undefined;
  /** Of amplitudes, from the set in force before: no more than this factor, up or down. @default 10 */
  readonly maxAmplitudeChange?: number | undefined;
}

/** Defaults of the limits. */
export const calibrationLimits = Object.freeze({
  maxFlaggedFraction: 0.5,
  minSnr: 5,
  minAntennas: 10,
  maxAmplitudeRatio: 10,
  maxPhaseScatterDeg: 30,
  maxAmplitudeChange: 10,
});

/** How good solutions are. */
export interface CalibrationQuality {
  /** Antennas that had data, and those with solutions. */
  readonly nAntennas: number;
  readonly nSolvedAntennas: number;
  /** Antennas that had data and have no solution. */
  readonly deadAntennas: readonly string[];
  /** Of the solutions of antennas with data, without the times at which a band that has solutions at others has no data. */
  readonly flaggedFraction: number;
  readonly medianSnr: number;
  /** Over antennas and feeds: their median amplitude over that of all. */
  readonly lowestAmplitude: number;
  readonly highestAmplitude: number;
  /**
   * Of the median antenna and feed: how much phases scatter about a straight line through neighbors, in frequency or,
   * where there are fewer than 3 bands, in time. Undefined where there are fewer than 3 of both.
   */
  readonly phaseScatterDeg: number | undefined;
}

/**
 * Measures how good solutions are. A table does not tell why something is flagged: in solutions that were read, an antenna
 * without any counts as one without data.
 */
export function measureCalibration(solutions: CalibrationSolutions): CalibrationQuality {
  const [, nAnts, , nPols] = solutions.flags.shape as [number, number, number, number];
  const snrs: number[] = [];
  const amplitudes: number[] = [];
  const scatters: number[] = [];
  let [total, flagged] = [0, 0];
  const deadAntennas: string[] = [];
  let nAntennas = 0;
  for (let antenna = 0; antenna < nAnts; antenna++) {
    const series = [...Array(nPols).keys()].map(feed => seriesOf(solutions, antenna, feed));
    if (series.every(one => one.every(({ flag }) => flag === noData || flag === flaggedInTable))) continue;
    nAntennas++;
    const good = series.map(one => one.filter(({ flag }) => flag === 0));
    if (good.every(one => one.length === 0)) deadAntennas.push(solutions.antennaNames[antenna]!);
    for (const [feed, one] of good.entries()) {
      const expected = series[feed]!.filter(({ elsewhen }) => !elsewhen).length;
      total += expected;
      flagged += expected - one.length;
      for (const { snr } of one) snrs.push(snr);
      if (one.length > 0) amplitudes.push(median(one.map(({ amplitude }) => amplitude)));
      const scatter = phaseScatterOf(series[feed]!);
      if (scatter !== undefined && solutions.antennaNames[antenna] !== solutions.refAnt) scatters.push(scatter);
    }
  }
  const typical = median(amplitudes);
  return {
    nAntennas,
    nSolvedAntennas: antennasWithSolutions(solutions).size,
    deadAntennas,
    flaggedFraction: total === 0 ? 1 : flagged / total,
    medianSnr: median(snrs),
    lowestAmplitude: Math.min(...amplitudes) / typical,
    highestAmplitude: Math.max(...amplitudes) / typical,
    phaseScatterDeg: scatters.length === 0 ? undefined : median(scatters),
  };
}

/**
 * Tells what makes solutions too poor to be applied to other observations, one sentence each; empty for good ones.
 *
 * @throws {InvalidArgumentError} a limit is out of range.
 */
export function findCalibrationProblems(quality: CalibrationQuality, limits: CalibrationLimits = {}): string[] {
  const limit = checkCalibrationLimits(limits);
  const { flaggedFraction, medianSnr, nSolvedAntennas, lowestAmplitude, highestAmplitude, phaseScatterDeg } = quality;
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
  const ratio = limit.maxAmplitudeRatio;
  const unmet: [met: boolean, sentence: string][] = [
    [
      flaggedFraction <= limit.maxFlaggedFraction,
      `${percent(flaggedFraction)} of the solutions are flagged; at most ${percent(limit.maxFlaggedFraction)} are expected`,
    ],
    [
      medianSnr >= limit.minSnr,
      `The median signal to noise is ${medianSnr.toFixed(1)}; at least ${limit.minSnr} is expected`,
    ],
    [
      nSolvedAntennas >= limit.minAntennas,
      `${nSolvedAntennas} antennas have solutions; at least ${limit.minAntennas} are expected`,
    ],
    [
      lowestAmplitude * ratio >= 1 && highestAmplitude <= ratio,
      `Amplitudes of antennas are from ${lowestAmplitude.toPrecision(3)} to ${highestAmplitude.toPrecision(3)} of the median; ${1 / ratio} to ${ratio} is expected`,
    ],
    [
      !(phaseScatterDeg !== undefined && phaseScatterDeg > limit.maxPhaseScatterDeg),
      `Phases scatter by ${phaseScatterDeg?.toFixed(1)} degrees; at most ${limit.maxPhaseScatterDeg} are expected`,
    ],
  ];
  return unmet.flatMap(([met, sentence]) => (met ? [] : [sentence]));
}

/**
 * Tells where amplitudes are too far from those of the set in force before: they are of another source, or the correlator's
 * scale has changed.
 *
 * @param change - by which factor they have risen (`amplitudeChange`); undefined where that is unknown.
 * @param earlier - id of that set.
 */
export function findChangeProblems(
  change: number | undefined,
  earlier: string,
  limits: CalibrationLimits = {},
): string[] {
  const { maxAmplitudeChange: most } = checkCalibrationLimits(limits);
  if (change === undefined || (change <= most && change * most >= 1)) return [];
  return [
    `Amplitudes are ${change.toPrecision(3)} times those of ${earlier}, which is in force; ${1 / most} to ${most} times are expected (maxAmplitudeChange)`,
  ];
}

/** Limits with defaults filled in. */
export function checkCalibrationLimits(
  limits: CalibrationLimits,
): Required<{ [K in keyof CalibrationLimits]: number }> {
  checkKnownOptions(limits, Object.keys(calibrationLimits));
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  const all = { ...calibrationLimits, ...given };
  for (const [name, value] of Object.entries(all)) checkNumber(name, value, 0);
  checkNumber('maxAmplitudeRatio', all.maxAmplitudeRatio, 1);
  checkNumber('maxAmplitudeChange', all.maxAmplitudeChange, 1);
  return all;
}

const [noData, flaggedInTable] = [solutionFlags.indexOf('noData'), solutionFlags.indexOf('flaggedInTable')];

interface Sample {
  readonly flag: number;
  /** Nothing here, but at another time: windows of a table of CASA may have times of their own. */
  readonly elsewhen: boolean;
  readonly snr: number;
  readonly amplitude: number;
  /** Radians. */
  readonly phase: number;
}

/** Solutions of an antenna and feed along frequency, or along time where there are few bands. */
function seriesOf(solutions: CalibrationSolutions, antenna: number, feed: number): Sample[] {
  const { values, flags, snr, term } = solutions;
  const [nTimes, , nFreqs] = flags.shape as [number, number, number, number];
  const times = [...Array(nTimes).keys()];
  const hasData = [...Array(nFreqs).keys()].map(band =>
    times.some(time => flags.get(time, antenna, band, feed) !== noData),
  );
  const at = (time: number, band: number): Sample => {
    const flag = flags.get(time, antenna, band, feed);
    const [re, im] = [values.get(time, antenna, band, feed, 0), values.get(time, antenna, band, feed, 1)];
    return {
      flag,
      elsewhen: flag === noData && hasData[band]!,
      snr: snr.get(time, antenna, band, feed),
      amplitude: term === 'delay' ? 1 : Math.hypot(re, im),
      phase: term === 'delay' ? 0 : Math.atan2(im, re),
    };
  };
  const samples: Sample[] = [];
  const alongTime = nFreqs < 3;
  for (let outer = 0; outer < (alongTime ? nFreqs : nTimes); outer++)
    for (let inner = 0; inner < (alongTime ? nTimes : nFreqs); inner++)
      samples.push(alongTime ? at(inner, outer) : at(outer, inner));
  return samples;
}

/**
 * Scatter of phases, degrees: of second differences, in which offsets and delays cancel, by their median. For noise of
 * sigma a second difference has sqrt(6) sigma.
 */
function phaseScatterOf(series: readonly Sample[]): number | undefined {
  const sizes: number[] = [];
  for (let i = 2; i < series.length; i++) {
    const [a, b, c] = [series[i - 2]!, series[i - 1]!, series[i]!];
    if (a.flag !== 0 || b.flag !== 0 || c.flag !== 0) continue;
    const bend = a.phase - 2 * b.phase + c.phase;
    sizes.push(Math.abs(Math.atan2(Math.sin(bend), Math.cos(bend))));
  }
  if (sizes.length === 0) return undefined;
  return ((median(sizes) * 1.4826) / Math.sqrt(6)) * (180 / Math.PI);
}
