import { checkCalibrationLimits, checkSolveOptions, solveDefaults } from '../calibration/index.js';
import type { CalibrationLimits, FlagOptions, SkySource, SolveOptions } from '../calibration/index.js';
import type { CalibrationTerm } from '../core/calibration-solutions.js';
import { checkInteger, checkKnownOptions, checkNumber, checkOneOf, checkPositive } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import type { SourceOptions } from '../core/source.js';

/** What is solved for in a set: a `phase` is a gain whose amplitude stays 1, as a rule of a shorter interval. */
export type SetTerm = CalibrationTerm | 'phase';

/** Options of solving with their defaults: those of `solveCalibration`, for every term that has them. */
const solverDefaults = pick(solveDefaults, [
  ...(['solintSec', 'combineSpws', 'minBaselines', 'minSnr', 'robust', 'smearing'] as const),
  ...(['minBaselineMeters', 'maxBaselineMeters', 'minUvWavelengths', 'maxUvWavelengths'] as const),
]);

/** How observations are calibrated. */
export interface CalibrationConfig extends Pick<SolveOptions, keyof typeof solverDefaults> {
  /**
   * Sources of the sky, as bright as they are before the primary beam: every group in whose beam they have `minFluxJy` is
   * solved for against them. @default none: sets that are registered are applied
   */
  readonly model?: readonly SkySource[] | undefined;
  /** @default 1 */
  readonly minFluxJy?: number | undefined;
  /** What is solved for, one on top of the other: of delay, bandpass, phase, gain in this order. @default a bandpass */
  readonly terms?: readonly SetTerm[] | undefined;
  /** Solution interval of `phase`; `solintSec` is that of `gain`. @default 60 */
  readonly phaseSolintSec?: number | undefined;
  /** Name of the reference antenna. @default the healthiest, for each set */
  readonly refAnt?: string | undefined;
  /** How long a set may be applied, before and after its own observation. @default 12 */
  readonly validHours?: number | undefined;
  /** How far in declination from its own observation. @default 3 */
  readonly maxDecOffsetDeg?: number | undefined;
  /** What a set must meet to be applied at all. */
  readonly limits?: CalibrationLimits | undefined;
}

/** Defaults of calibrating. */
export const calibrationDefaults = Object.freeze({
  ...solverDefaults,
  minFluxJy: 1,
  terms: Object.freeze(['bandpass'] as const) as readonly SetTerm[],
  phaseSolintSec: 60,
  validHours: 12,
  maxDecOffsetDeg: 3,
});

const termOrder: readonly SetTerm[] = ['delay', 'bandpass', 'phase', 'gain'];

/** Options of flagging in a pipeline. */
export type FlaggingConfig = Omit<FlagOptions, keyof JobOptions | keyof SourceOptions>;

/** With defaults filled in. */
export type CheckedCalibration = Required<Omit<CalibrationConfig, 'model' | 'refAnt' | 'limits'>> & {
  readonly model: readonly SkySource[];
  readonly refAnt: string | undefined;
  readonly limits: CalibrationLimits;
} & { readonly [K in keyof typeof calibrationDefaults]: (typeof calibrationDefaults)[K] };

/** @throws {InvalidArgumentError} an option is wrong. */
export function checkCalibrationConfig(config: CalibrationConfig): CheckedCalibration {
  checkKnownOptions(config, [...Object.keys(calibrationDefaults), 'model', 'refAnt', 'limits']);
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  const { model = [], refAnt, limits = {}, ...o } = { ...calibrationDefaults, ...given } as CheckedCalibration;
  if (!Array.isArray(model)) throw new InvalidArgumentError('Expected calibration.model to be an array of sources');
  if (!Array.isArray(o.terms) || o.terms.length === 0 || new Set(o.terms).size < o.terms.length)
    throw new InvalidArgumentError('Expected calibration.terms to be one or several different terms');
  for (const term of o.terms) checkOneOf('calibration.terms', term, termOrder);
  if (o.terms.some((term, i) => i > 0 && termOrder.indexOf(term) < termOrder.indexOf(o.terms[i - 1]!)))
    throw new InvalidArgumentError(
      `Expected calibration.terms in the order ${termOrder.join(', ')}, each on top of those before it, but received ${o.terms.join(', ')}`,
    );
  checkNumber('calibration.minFluxJy', o.minFluxJy, 0);
  for (const term of o.terms) checkSolveOptions(solveOptionsOf(term, o));
  for (const name of ['solintSec', 'phaseSolintSec'] as const)
    if (o[name] !== Infinity) checkPositive(`calibration.${name}`, o[name]);
  checkPositive('calibration.validHours', o.validHours);
  checkPositive('calibration.maxDecOffsetDeg', o.maxDecOffsetDeg);
  checkCalibrationLimits(limits);
  return { ...o, model, refAnt, limits };
}

/** What `solveCalibration` is told of one term. */
export function solveOptionsOf(
  term: SetTerm,
  calibration: Pick<CheckedCalibration, SolverOption | 'phaseSolintSec'>,
): SolveOptions {
  const { solintSec, ...common } = pick(calibration, Object.keys(solverDefaults) as SolverOption[]);
  if (term === 'phase') return { ...common, term: 'gain', phaseOnly: true, solintSec: calibration.phaseSolintSec };
  return { ...common, term, ...(term === 'gain' && { solintSec }) };
}

type SolverOption = keyof typeof solverDefaults;

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map(key => [key, from[key]])) as Pick<T, K>;
}

/** Options of flagging: those given, the defaults for `true`, none for `false`. */
export function checkFlaggingConfig(flagging: boolean | FlaggingConfig | undefined): FlaggingConfig | undefined {
  if (flagging === undefined || flagging === false) return undefined;
  if (flagging === true) return {};
  if (flagging.edgeChannels !== undefined) checkInteger('flagging.edgeChannels', flagging.edgeChannels, 0);
  return flagging;
}
