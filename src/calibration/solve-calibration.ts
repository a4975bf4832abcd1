import { addon } from '../core/addon.js';
import type { CalibrationSolutions, CalibrationTerm } from '../core/calibration-solutions.js';
import { fromRawSolutions, toRawCalibration } from '../core/calibration-solutions.js';
import { checkBoolean, checkInteger, checkKnownOptions, checkNumber, checkOneOf } from '../core/check.js';
import { dsa110 } from '../core/dsa110.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import { runJob, threadCount, jobOptions } from '../core/job.js';
import type { SourceOptions, VisibilitySource } from '../core/source.js';
import { msChoiceOptions, toRawSource } from '../core/source.js';
import { toRawSkyModel } from './sky-model.js';
import type { SkySource } from './types.js';

export interface SolveOptions extends SourceOptions, JobOptions {
  /** What is solved for: `delay`, `bandpass` (a gain per channel) or `gain`. */
  readonly term: CalibrationTerm;
  /** Amplitudes stay 1. @default false */
  readonly phaseOnly?: boolean | undefined;
  /** Length of a solution interval. @default Infinity: the whole observation */
  readonly solintSec?: number | undefined;
  /** One solution for all spectral windows, not one for each; a bandpass has one per channel. @default true */
  readonly combineSpws?: boolean | undefined;
  /** Integrations whose middle lies between these two; no others are read. UTC, MJD seconds. @default all */
  readonly timeRangeMjdSec?: readonly [from: number, to: number] | undefined;
  /** Name of the reference antenna. @default the antenna with the most and best solutions */
  readonly refAnt?: string | undefined;
  /** Fewest baselines of an antenna. @default 4 */
  readonly minBaselines?: number | undefined;
  /** Lowest signal to noise of a solution; of a delay it is 7 at least. @default 3 */
  readonly minSnr?: number | undefined;
  /** Baselines more than 4.5 sigma off count less. @default true */
  readonly robust?: boolean | undefined;
  /** @default 0 */
  readonly minBaselineMeters?: number | undefined;
  /** @default Infinity */
  readonly maxBaselineMeters?: number | undefined;
  /** @default 0 */
  readonly minUvWavelengths?: number | undefined;
  /** @default Infinity */
  readonly maxUvWavelengths?: number | undefined;
  /** Solutions that are known: what is solved for comes on top of them. Other than `calibration`, they go on the model. */
  readonly prior?: readonly CalibrationSolutions[] | undefined;
  /** The model's fluxes are before the primary beam, which is Airy's of the dishes. @default true */
  readonly primaryBeam?: boolean | undefined;
  /** The model loses by the widths of channels and integrations, away from the phase center. @default false */
  readonly smearing?: boolean | undefined;
}

/** Defaults of solving. */
export const solveDefaults = Object.freeze({
  phaseOnly: false,
  solintSec: Infinity,
  combineSpws: true,
  minBaselines: 4,
  minSnr: 3,
  robust: true,
  minBaselineMeters: 0,
  maxBaselineMeters: Infinity,
  minUvWavelengths: 0,
  maxUvWavelengths: Infinity,
  prior: Object.freeze([]) as readonly CalibrationSolutions[],
  primaryBeam: true,
  smearing: false,
  minSubbands: dsa110.minSubbands,
});

const knownOptions = [
  ...Object.keys(solveDefaults),
  ...msChoiceOptions,
  ...['term', 'refAnt', 'timeRangeMjdSec', 'earthOrientation', 'calibration', 'flags', ...jobOptions],
];

/**
 * Solves for the gains of the antennas against a model of the sky.
 *
 * The data are read once, whatever their size, and of a time range no more than that. Each solution interval, band and feed
 * is solved by itself; what fails is flagged with the reason (`flags`), and nothing takes its place.
 *
 * @param source - a MeasurementSet, or the subbands of one observation.
 * @param model - the sources in the field, as bright as they are before the primary beam.
 * @throws {InvalidArgumentError} an option out of range, an empty model, or a reference antenna that has no data.
 * @throws {NoValidDataError} not one solution.
 * @example
 * const bandpass = await solveCalibration(group, [fluxStandard('3C286')], { term: 'bandpass', refAnt: '103' });
 * const gain = await solveCalibration(group, model, { term: 'gain', solintSec: 60, prior: [bandpass] });
 * const tile = await imageGroup(group, { calibration: [bandpass, gain] });
 * @see docs/calibration.md
 */
export async function solveCalibration(
  source: VisibilitySource,
  model: readonly SkySource[],
  options: SolveOptions,
): Promise<CalibrationSolutions> {
  const raw = toRawOptions(options);
  const task = {
    source: toRawSource(source, { ...options, minSubbands: options.minSubbands ?? solveDefaults.minSubbands }),
    model: toRawSkyModel(model, predictionOf(options)),
    ...raw,
  };
  return fromRawSolutions(await runJob(options, onProgress => addon().solveCalibration(task, onProgress)));
}

/** @throws {InvalidArgumentError} an option of solving is wrong; nothing else is looked at. */
export function checkSolveOptions(options: SolveOptions): void {
  toRawOptions(options);
  predictionOf(options);
}

function predictionOf({ primaryBeam, smearing }: SolveOptions): { primaryBeam: boolean; smearing: boolean } {
  return {
    primaryBeam: checkBoolean('primaryBeam', primaryBeam ?? solveDefaults.primaryBeam),
    smearing: checkBoolean('smearing', smearing ?? solveDefaults.smearing),
  };
}

function toRawOptions(options: SolveOptions) {
  checkKnownOptions(options, knownOptions);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const o = { ...solveDefaults, ...given } as typeof solveDefaults & SolveOptions;
  const term = checkOneOf('term', o.term, ['delay', 'bandpass', 'gain']);
  if (o.phaseOnly && term !== 'gain')
    throw new InvalidArgumentError(`Expected phaseOnly to go with the term gain but received ${term}`);
  return {
    term,
    phaseOnly: checkBoolean('phaseOnly', o.phaseOnly),
    intervalSec: o.solintSec === Infinity ? 0 : checkNumber('solintSec', o.solintSec, 0.001),
    ...timeRangeOf(o.timeRangeMjdSec),
    combineSpws: checkBoolean('combineSpws', o.combineSpws),
    reference: o.refAnt ?? '',
    minBaselines: checkInteger('minBaselines', o.minBaselines, 1),
    minSnr: checkNumber('minSnr', o.minSnr, 0),
    robust: checkBoolean('robust', o.robust),
    ...rangeOf(o, 'BaselineMeters'),
    ...rangeOf(o, 'UvWavelengths'),
    prior: toRawCalibration(o.prior),
    threads: threadCount(o),
  };
}

/** For the addon, where an end of 0 is none. */
function timeRangeOf(range: SolveOptions['timeRangeMjdSec']): { firstMjdSec: number; lastMjdSec: number } {
  if (range === undefined) return { firstMjdSec: 0, lastMjdSec: 0 };
  const [from, to] = range;
  const firstMjdSec = checkNumber('timeRangeMjdSec', from, 0);
  return { firstMjdSec, lastMjdSec: checkNumber('timeRangeMjdSec', to, firstMjdSec) };
}

/** Minimum and maximum for the addon, where a maximum of 0 is none. */
function rangeOf<U extends 'BaselineMeters' | 'UvWavelengths'>(
  options: Readonly<Record<`min${U}` | `max${U}`, number>>,
  unit: U,
): Record<`min${U}` | `max${U}`, number> {
  const [low, high] = [options[`min${unit}`], options[`max${unit}`]];
  const min = checkNumber(`min${unit}`, low, 0);
  const max = high === Infinity ? 0 : checkNumber(`max${unit}`, high, Math.max(min, Number.MIN_VALUE));
  return { [`min${unit}`]: min, [`max${unit}`]: max } as Record<`min${U}` | `max${U}`, number>;
}
