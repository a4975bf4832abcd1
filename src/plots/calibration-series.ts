import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { solutionFlags } from '../core/calibration-solutions.js';
import { mjdSecToIso } from '../core/time.js';

/** What of a gain is shown; of a delay only itself. */

export type CalibrationQuantity = 'amplitude' | 'phase' | 'delay';

/** What the solutions of an antenna are shown against. */
export interface Abscissa {
  readonly along: 'frequency' | 'time' | 'antenna';
  readonly label: string;
  /** Of a time and a band. */
  readonly valueOf: (time: number, band: number) => number;
}

/** The solutions of one antenna. */
export interface AntennaSeries {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly feed: number }[];
  /** Where there is none. */
  readonly flaggedAt: readonly number[];
  /** Of antennas without any: why, of most. */
  readonly reason: string | undefined;
}

/** What there is to see of solutions. */
export function calibrationQuantitiesOf({ term, phaseOnly }: CalibrationSolutions): CalibrationQuantity[] {
  if (term === 'delay') return ['delay'];
  return phaseOnly ? ['phase'] : ['amplitude', 'phase'];
}

/** A bandpass is shown against frequency, others against time; what has one value of each, against antennas. */
export function abscissaOf({ term, timeMjdSec, freqHz }: CalibrationSolutions): Abscissa {
  if (term !== 'bandpass' && timeMjdSec.length > 1) {
    const [first] = timeMjdSec as [number];
    const label = `minutes after ${mjdSecToIso(first).slice(11, 19)} UTC`;
    return { along: 'time', label, valueOf: time => (timeMjdSec[time]! - first) / 60 };
  }
  if (freqHz.length > 1) return { along: 'frequency', label: 'MHz', valueOf: (_, band) => freqHz[band]! / 1e6 };
  return { along: 'antenna', label: 'antenna', valueOf: () => 0 };
}

/** The solutions of every antenna that had data. */
export function seriesOf(
  solutions: CalibrationSolutions,
  quantity: CalibrationQuantity,
  { valueOf }: Abscissa,
): AntennaSeries[] {
  const { flags, antennaNames } = solutions;
  const [nTimes, nAnts, nBands, nFeeds] = flags.shape as [number, number, number, number];
  const all: AntennaSeries[] = [];
  for (let antenna = 0; antenna < nAnts; antenna++) {
    const points: AntennaSeries['points'][number][] = [];
    const flaggedAt: number[] = [];
    const reasons = new Array<number>(solutionFlags.length).fill(0);
    for (let time = 0; time < nTimes; time++)
      for (let band = 0; band < nBands; band++)
        for (let feed = 0; feed < nFeeds; feed++) {
          const x = valueOf(time, band);
          const flag = flags.get(time, antenna, band, feed);
          reasons[flag]!++;
          if (flag === 0) points.push({ x, y: valueAt(solutions, quantity, [time, antenna, band, feed]), feed });
          else flaggedAt.push(x);
        }
    const unused = reasons[solutionFlags.indexOf('noData')]! + reasons[solutionFlags.indexOf('flaggedInTable')]!;
    if (unused === nTimes * nBands * nFeeds) continue;
    const reason = points.length > 0 ? undefined : solutionFlags[reasons.indexOf(Math.max(...reasons))];
    all.push({ name: antennaNames[antenna]!, points, flaggedAt, reason });
  }
  return all;
}

/** Amplitude, phase in degrees, or delay in nanoseconds. */
function valueAt(
  { values }: CalibrationSolutions,
  quantity: CalibrationQuantity,
  at: [time: number, antenna: number, band: number, feed: number],
): number {
  const [re, im] = [values.get(...at, 0), values.get(...at, 1)];
  if (quantity === 'delay') return re * 1e9;
  return quantity === 'amplitude' ? Math.hypot(re, im) : (Math.atan2(im, re) * 180) / Math.PI;
}
