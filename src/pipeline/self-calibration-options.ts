import { checkSolveOptions, solveDefaults } from '../calibration/index.js';
import type { SolveOptions } from '../calibration/index.js';
import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { checkInteger, checkKnownOptions, checkNumber, checkPositive } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import { jobOptions } from '../core/job.js';
import type { JobOptions } from '../core/job.js';
import type { SourceOptions } from '../core/source.js';
import type { VisibilityFlags } from '../core/visibility-flags.js';
import { imagingDefaults } from '../imaging/index.js';
import type { ImagingOptions } from '../imaging/index.js';
import type { SelfCalibrationLimits } from './self-calibration-figures.js';

/** From which baselines gains are solved for, as `solveCalibration` has it. */
const baselineOptions = [
  ...(['minBaselines', 'minBaselineMeters', 'maxBaselineMeters', 'minUvWavelengths', 'maxUvWavelengths'] as const),
];

/** How an observation is self-calibrated. */
export interface SelfCalibrationOptions
  extends JobOptions, Partial<SelfCalibrationLimits>, Pick<SolveOptions, (typeof baselineOptions)[number]> {
  /** Solutions that are known: self-calibration comes on top of them. @default none */
  readonly calibration?: readonly CalibrationSolutions[] | undefined;
  /** Flags in addition to those in the data. @default none */
  readonly flags?: VisibilityFlags | undefined;
  /** How the source is read. */
  readonly source?: Omit<SourceOptions, 'calibration' | 'flags'> | undefined;
  /** How every image is made: of Stokes I and all channels. */
  readonly imaging?:
    | Omit<
        ImagingOptions,
        keyof SourceOptions | keyof JobOptions | 'stokes' | 'channelRange' | 'channelsOut' | 'dishDiameterMeters'
      >
    | undefined;
  /** Most rounds that solve for phases. @default 3 */
  readonly phaseRounds?: number | undefined;
  /** Most rounds that solve for amplitudes and phases, after those. @default 1 */
  readonly amplitudeRounds?: number | undefined;
  /** Solution interval of phases. @default 60 */
  readonly phaseSolintSec?: number | undefined;
  /** Solution interval of amplitudes and phases. @default Infinity: the whole observation */
  readonly amplitudeSolintSec?: number | undefined;
  /** Name of the reference antenna. @default the antenna with the most and best solutions */
  readonly refAnt?: string | undefined;
  /** Lowest signal to noise of a solution. @default 3 */
  readonly minSnr?: number | undefined;
  /** A round that raises the dynamic range by less is the last of its kind. @default 0.02 */
  readonly minGain?: number | undefined;
  /** A round is not accepted if the noise rises by more than this part, in it or since the first image. @default 0.01 */
  readonly maxRmsRise?: number;
  /** A round is not accepted if the compact sources lose more than this part of their flux, likewise. @default 0.02 */
  readonly maxFluxLoss?: number;
  /** A round is not accepted if more than this part of the visibilities gets no solution. @default 0.05 */
  readonly maxDataLoss?: number;
}

/** Defaults of self-calibration. */
export const selfCalibrationDefaults = Object.freeze({
  phaseRounds: 3,
  amplitudeRounds: 1,
  phaseSolintSec: 60,
  amplitudeSolintSec: Infinity,
  minSnr: 3,
  minGain: 0.02,
  maxRmsRise: 0.01,
  maxFluxLoss: 0.02,
  maxDataLoss: 0.05,
});

export type CheckedSelfCalibration = ReturnType<typeof checkSelfCalibration>;

/** @throws {InvalidArgumentError} an option is wrong. */
export function checkSelfCalibration(options: SelfCalibrationOptions) {
  const others = ['calibration', 'flags', 'source', 'imaging', 'refAnt', ...baselineOptions, ...jobOptions];
  checkKnownOptions(options, [...Object.keys(selfCalibrationDefaults), ...others]);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const o = { ...selfCalibrationDefaults, ...given } as typeof selfCalibrationDefaults & SelfCalibrationOptions;
  const { imaging = {}, source: reading = {}, calibration = [], flags, refAnt, signal, onProgress, threads } = o;
  for (const name of ['stokes', 'channelRange', 'channelsOut', 'dishDiameterMeters'])
    if (name in imaging)
      throw new InvalidArgumentError(
        `Expected imaging without ${name}: the model is of all data, seen by its antennas`,
      );
  const interval = (name: string, value: number) => (value === Infinity ? value : checkPositive(name, value));
  const baselines = Object.fromEntries(baselineOptions.map(name => [name, o[name] ?? solveDefaults[name]]));
  checkSolveOptions({ ...baselines, term: 'gain' });
  return {
    ...{ imaging, reading, baselines, calibration, flags, refAnt, job: { signal, onProgress, threads } },
    spectralIndex: imaging.spectralIndex ?? imagingDefaults.spectralIndex,
    phaseRounds: checkInteger('phaseRounds', o.phaseRounds, 0, 100),
    amplitudeRounds: checkInteger('amplitudeRounds', o.amplitudeRounds, 0, 100),
    phaseSolintSec: interval('phaseSolintSec', o.phaseSolintSec),
    amplitudeSolintSec: interval('amplitudeSolintSec', o.amplitudeSolintSec),
    minSnr: checkNumber('minSnr', o.minSnr, 0),
    minGain: checkNumber('minGain', o.minGain, 0),
    limits: {
      maxRmsRise: checkNumber('maxRmsRise', o.maxRmsRise, 0),
      maxFluxLoss: checkNumber('maxFluxLoss', o.maxFluxLoss, 0, 1),
      maxDataLoss: checkNumber('maxDataLoss', o.maxDataLoss, 0, 1),
    },
  };
}
