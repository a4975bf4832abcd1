import ndarray from 'ndarray';

import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { solutionFlags } from '../core/calibration-solutions.js';

/**
 * An antenna that all phases can be turned to: the one that is solved most often in the part where it is solved least; of
 * equals, the reference antenna of the first. Undefined where none is solved in all parts.
 */
export function commonReference(parts: readonly CalibrationSolutions[]): string | undefined {
  const references = parts.flatMap(({ refAnt }) => refAnt ?? []);
  const candidates = new Set([...references, ...(parts[0]?.antennaNames ?? [])]);
  let [best, most]: [string | undefined, number] = [undefined, 0];
  for (const name of candidates) {
    const n = Math.min(...parts.map(part => countGood(part, name)));
    if (n > most) [best, most] = [name, n];
  }
  return best;
}

/** Turns all phases so that an antenna's is 0; where that one has no solution, all are flagged, as no phase is known. */
export function referTo(refAnt: string, solutions: CalibrationSolutions): CalibrationSolutions {
  if (solutions.refAnt === refAnt) return solutions;
  const { term, flags: before, values: unturned } = solutions;
  const values = ndarray(unturned.data.slice(), unturned.shape);
  const flags = ndarray(before.data.slice(), before.shape);
  const reference = solutions.antennaNames.indexOf(refAnt);
  const [nTimes, nAnts, nFreqs, nPols] = flags.shape as [number, number, number, number];
  for (let time = 0; time < nTimes; time++)
    for (let band = 0; band < nFreqs; band++)
      for (let feed = 0; feed < nPols; feed++) {
        const known = reference >= 0 && before.get(time, reference, band, feed) === 0;
        const [re, im] = known ? [0, 1].map(part => unturned.get(time, reference, band, feed, part)) : [1, 0];
        for (let antenna = 0; antenna < nAnts; antenna++) {
          const at = [time, antenna, band, feed] as const;
          if (!known && before.get(...at) === 0) flags.set(...at, noReference);
          const turned = known
            ? against(term, [unturned.get(...at, 0), unturned.get(...at, 1)], [re!, im!])
            : undefined;
          for (const part of [0, 1] as const) if (turned) values.set(...at, part, turned[part]);
        }
      }
  return { ...solutions, refAnt, values, flags };
}

const noReference = solutionFlags.indexOf('noReference');

/** A gain without the phase of the reference; of delays the difference, in seconds and turns. */
function against(
  term: CalibrationSolutions['term'],
  [re, im]: readonly [number, number],
  [refRe, refIm]: readonly [number, number],
): [number, number] {
  if (term === 'delay') return [re - refRe, im - refIm];
  const size = Math.hypot(refRe, refIm);
  return [(re * refRe + im * refIm) / size, (im * refRe - re * refIm) / size];
}

function countGood({ antennaNames, flags }: CalibrationSolutions, name: string): number {
  const antenna = antennaNames.indexOf(name);
  if (antenna < 0) return 0;
  const [nTimes, nAnts, nFreqs, nPols] = flags.shape as [number, number, number, number];
  const perAntenna = nFreqs * nPols;
  let n = 0;
  for (let time = 0; time < nTimes; time++) {
    const first = (time * nAnts + antenna) * perAntenna;
    for (let i = first; i < first + perAntenna; i++) if (flags.data[i] === 0) n++;
  }
  return n;
}
