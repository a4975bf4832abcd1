import type { NdArray } from 'ndarray';

import type { RawSolutions } from '../../bindings/addon.js';
import { fromRaw, toRaw } from './array.js';
import { InvalidArgumentError } from './errors.js';
import type { Antenna } from './observation.js';
import { fromRawDirection, toRawDirection } from './sky.js';
import type { SkyDirection } from './sky.js';

/** Delay (K), bandpass (B) or gain (G). */
export type CalibrationTerm = 'delay' | 'bandpass' | 'gain';

/**
 * Gains of one term, `(nTimes, nAnts, nFreqs, nPols)`: a visibility is `V_12 = g_1 conj(g_2) M_12` of the model `M`, in
 * the signs of docs/conventions.md. The phase of the reference antenna is 0.
 */
export interface CalibrationSolutions {
  readonly term: CalibrationTerm;
  /** All amplitudes are 1. */
  readonly phaseOnly: boolean;
  /** Every antenna of the telescope, and their names. */
  readonly antennas: readonly Antenna[];
  readonly antennaNames: readonly string[];
  readonly telescopeName: string;
  /** In the middle of the observation. */
  readonly phaseCenter: SkyDirection;
  /** One line per thing done to the data and the solutions. */
  readonly history: readonly string[];
  /** Name of the reference antenna; undefined in a table of CASA that does not tell. */
  readonly refAnt: string | undefined;
  /** Those of one spectral window of a table of several windows, taken for all channels. */
  readonly fromOneSpw?: boolean | undefined;
  /** AIPS codes of the like-feed correlations: -5 XX, -6 YY, -1 RR, -2 LL. */
  readonly polarizations: readonly number[];
  /** Middle of each solution interval, UTC, MJD seconds. */
  readonly timeMjdSec: readonly number[];
  /** Length of each. */
  readonly intervalSec: readonly number[];
  /** Center of each band: a channel of a bandpass, a spectral window or the whole band otherwise. */
  readonly freqHz: readonly number[];
  readonly widthHz: readonly number[];
  /** First band of each spectral window. */
  readonly spwFirstBand: readonly number[];
  /** `(nTimes, nAnts, nFreqs, nPols, 2)`: gains; of a delay seconds, and turns at the center of the band. */
  readonly values: NdArray<Float64Array>;
  /** Sigma of the real part, which is that of the imaginary part. */
  readonly errors: NdArray<Float32Array>;
  readonly snr: NdArray<Float32Array>;
  /** 0 good; otherwise why there is no solution: see {@link solutionFlags}. */
  readonly flags: NdArray<Uint8Array>;
}

/** What the numbers in `CalibrationSolutions.flags` say, by their place. */
export const solutionFlags = Object.freeze([
  'good',
  'noData',
  'fewBaselines',
  'lowSnr',
  'notConverged',
  'noReference',
  'dead',
  'flaggedInTable',
] as const);

export type SolutionFlag = (typeof solutionFlags)[number];

/** Solutions from the addon. */
export function fromRawSolutions(raw: RawSolutions): CalibrationSolutions {
  return {
    term: raw.term,
    phaseOnly: raw.phaseOnly,
    antennas: raw.antennas,
    antennaNames: raw.antennas.map(({ name }) => name),
    telescopeName: raw.telescopeName,
    phaseCenter: fromRawDirection(raw.phaseCenter),
    history: raw.history,
    refAnt: raw.reference === undefined ? undefined : raw.antennas[raw.reference]!.name,
    ...(raw.fromOneSpw && { fromOneSpw: true }),
    polarizations: raw.feeds,
    timeMjdSec: raw.timeMjdSec,
    intervalSec: raw.intervalSec,
    freqHz: raw.freqHz,
    widthHz: raw.widthHz,
    spwFirstBand: raw.spwFirstBand,
    values: fromRaw(raw.values),
    errors: fromRaw(raw.errors),
    snr: fromRaw(raw.snr),
    flags: fromRaw(raw.flags),
  };
}

/** Solutions for the addon. */
export function toRawSolutions(solutions: CalibrationSolutions): RawSolutions {
  const { refAnt, antennaNames } = solutions;
  const reference = refAnt === undefined ? undefined : antennaNames.indexOf(refAnt);
  if (reference === -1)
    throw new InvalidArgumentError(`Expected refAnt to be among antennaNames but received ${refAnt}`);
  return {
    term: solutions.term,
    phaseOnly: solutions.phaseOnly,
    antennas: solutions.antennas,
    telescopeName: solutions.telescopeName,
    phaseCenter: toRawDirection(solutions.phaseCenter),
    history: solutions.history,
    reference,
    feeds: solutions.polarizations,
    timeMjdSec: [...solutions.timeMjdSec],
    intervalSec: [...solutions.intervalSec],
    freqHz: [...solutions.freqHz],
    widthHz: [...solutions.widthHz],
    spwFirstBand: [...solutions.spwFirstBand],
    values: toRaw(solutions.values),
    errors: toRaw(solutions.errors),
    snr: toRaw(solutions.snr),
    flags: toRaw(solutions.flags),
  };
}

/** Solutions of several terms for the addon. */
export function toRawCalibration(calibration: readonly CalibrationSolutions[]): RawSolutions[] {
  if (!Array.isArray(calibration) || calibration.some(one => typeof (one as { values?: unknown })?.values !== 'object'))
    throw new InvalidArgumentError('Expected calibration to be an array of solutions, as solveCalibration gives them');
  return calibration.map(toRawSolutions);
}
