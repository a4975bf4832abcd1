import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { median } from '../core/median.js';

/**
 * By which factor amplitudes of gains have risen from one set of solutions to another: the median over the antennas and feeds
 * that both have, of the product of all terms.
 *
 * @returns undefined where they have none in common, or one of the sets has only phases and delays.
 */
export function amplitudeChange(
  from: readonly CalibrationSolutions[],
  to: readonly CalibrationSolutions[],
): number | undefined {
  const [before, after] = [amplitudesOf(from), amplitudesOf(to)];
  const changes = [...after].flatMap(([feed, amplitude]) => {
    const earlier = before.get(feed);
    return earlier === undefined ? [] : [amplitude / earlier];
  });
  return changes.length === 0 ? undefined : median(changes);
}

/** Of each antenna and feed that all terms with amplitudes have, the product of their medians; by name and AIPS code. */
function amplitudesOf(set: readonly CalibrationSolutions[]): Map<string, number> {
  const [first = new Map<string, number>(), ...others] = set.filter(({ term }) => term !== 'delay').map(mediansOf);
  const products = new Map<string, number>();
  for (const [feed, amplitude] of first) {
    const product = others.reduce((product, other) => product * (other.get(feed) ?? NaN), amplitude);
    if (!Number.isNaN(product)) products.set(feed, product);
  }
  const hasScale = [...products.values()].some(amplitude => Math.abs(amplitude - 1) > 1e-6);
  return hasScale ? products : new Map();
}

function mediansOf({ values, flags, antennaNames, polarizations }: CalibrationSolutions): Map<string, number> {
  const [nTimes, , nFreqs] = flags.shape as [number, number, number, number];
  const medians = new Map<string, number>();
  for (const [antenna, name] of antennaNames.entries())
    for (const [feed, code] of polarizations.entries()) {
      const amplitudes: number[] = [];
      for (let time = 0; time < nTimes; time++)
        for (let band = 0; band < nFreqs; band++) {
          if (flags.get(time, antenna, band, feed) !== 0) continue;
          const [re, im] = [values.get(time, antenna, band, feed, 0), values.get(time, antenna, band, feed, 1)];
          amplitudes.push(Math.hypot(re, im));
        }
      if (amplitudes.length > 0) medians.set(`${name} ${code}`, median(amplitudes));
    }
  return medians;
}
