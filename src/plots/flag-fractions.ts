import { toRaw } from '../core/array.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { Observation } from '../core/observation.js';
import { flagReasons } from '../core/visibility-flags.js';
import type { FlagReason, VisibilityFlags } from '../core/visibility-flags.js';

/** What of an observation flags belong to. */
export type FlaggedObservation = Pick<
  Observation,
  'timeIndex' | 'antenna1' | 'antenna2' | 'timeMjdSec' | 'freqHz' | 'antennas'
>;

/** How much of the correlations of two antennas is flagged. Autocorrelations do not count: they are never used. */
export interface FlagFractions {
  /** `(nTimes, nFreqs)`: of the baselines and polarizations, for any reason, and for each one. */
  readonly any: Float64Array;
  readonly byReason: ReadonlyMap<FlagReason, Float64Array>;
  /** Of each antenna's visibilities, for any reason; NaN where it has none. */
  readonly ofAntenna: Float64Array;
}

/**
 * Counts flags over baselines.
 *
 * @throws {InvalidArgumentError} flags of another observation.
 */
export function flagFractionsOf(flags: VisibilityFlags, observation: FlaggedObservation): FlagFractions {
  const { data, shape } = toRaw(flags.reasons);
  const [nRows, nFreqs, nPols] = shape as [number, number, number];
  const { timeIndex, antenna1, antenna2, antennas } = observation;
  if (timeIndex.length !== nRows || observation.freqHz.length !== nFreqs)
    throw new InvalidArgumentError(
      `Expected flags of ${timeIndex.length} rows and ${observation.freqHz.length} channels but received ${nRows} and ${nFreqs}`,
    );
  const nCells = observation.timeMjdSec.length * nFreqs;
  const counts = Array.from({ length: 8 }, () => new Float64Array(nCells));
  const any = new Float64Array(nCells);
  const nBaselines = new Float64Array(observation.timeMjdSec.length);
  const ofAntenna = { flagged: new Float64Array(antennas.length), all: new Float64Array(antennas.length) };
  for (let row = 0; row < nRows; row++) {
    const [time, first, second] = [timeIndex[row]!, antenna1[row]!, antenna2[row]!];
    if (first === second) continue;
    nBaselines[time]!++;
    let flagged = 0;
    for (let channel = 0, i = row * nFreqs * nPols; channel < nFreqs; channel++)
      for (let pol = 0; pol < nPols; pol++, i++) {
        const bits = data[i]!;
        if (bits === 0) continue;
        flagged++;
        const cell = time * nFreqs + channel;
        any[cell]!++;
        for (let bit = 0; bit < 8; bit++) if (bits & (1 << bit)) counts[bit]![cell]!++;
      }
    for (const antenna of [first, second]) {
      ofAntenna.flagged[antenna]! += flagged;
      ofAntenna.all[antenna]! += nFreqs * nPols;
    }
  }
  const fractionOf = (sums: Float64Array) =>
    sums.map((sum, cell) => sum / Math.max(1, nBaselines[Math.floor(cell / nFreqs)]! * nPols));
  const found = Object.entries(flagReasons).map(([reason, bit]) => [reason, counts[Math.log2(bit)]!] as const);
  return {
    any: fractionOf(any),
    byReason: new Map(
      found.filter(([, sums]) => sums.some(Boolean)).map(([reason, sums]) => [reason as FlagReason, fractionOf(sums)]),
    ),
    ofAntenna: ofAntenna.flagged.map((flagged, antenna) => flagged / ofAntenna.all[antenna]!),
  };
}
