import ndarray from 'ndarray';

import { solutionFlags } from '../../src/index.js';
import type { CalibrationSolutions, SolutionFlag } from '../../src/index.js';

export interface SolutionShape {
  readonly nTimes?: number;
  readonly nBands?: number;
  readonly term?: CalibrationSolutions['term'];
  readonly antennaNames?: readonly string[];
  readonly sigma?: number;
}

/** Solutions of feeds X and Y whose gains, real and imaginary part, `gainOf` gives; flagged where it gives a reason. */
export function solutionsOf(
  shape: SolutionShape,
  gainOf: (at: { time: number; antenna: number; band: number; feed: number }) => [number, number] | SolutionFlag,
): CalibrationSolutions {
  const { nTimes = 1, nBands = 1, term = 'bandpass', antennaNames: names = ['A', 'B', 'C'], sigma = 0 } = shape;
  const size = [nTimes, names.length, nBands, 2];
  const length = nTimes * names.length * nBands * 2;
  const values = ndarray(new Float64Array(2 * length), [...size, 2]);
  const flags = ndarray(new Uint8Array(length), size);
  for (let time = 0; time < nTimes; time++)
    for (let antenna = 0; antenna < names.length; antenna++)
      for (let band = 0; band < nBands; band++)
        for (let feed = 0; feed < 2; feed++) {
          const gain = gainOf({ time, antenna, band, feed });
          if (typeof gain === 'string') flags.set(time, antenna, band, feed, solutionFlags.indexOf(gain));
          else for (const part of [0, 1]) values.set(time, antenna, band, feed, part, gain[part]!);
        }
  return {
    ...{ term, phaseOnly: false, telescopeName: 'DSA', history: [], refAnt: names[0]!, antennaNames: names },
    antennas: names.map(name => ({ name, positionMeters: [0, 0, 0], diameterMeters: 4.65 })),
    phaseCenter: { raDeg: 0, decDeg: 0 },
    polarizations: [-5, -6],
    timeMjdSec: Array.from({ length: nTimes }, (_, i) => 5.2e9 + 60 * i),
    intervalSec: new Array<number>(nTimes).fill(60),
    freqHz: Array.from({ length: nBands }, (_, k) => 1.3e9 + 1e6 * k),
    widthHz: new Array<number>(nBands).fill(1e6),
    spwFirstBand: [0],
    values,
    flags,
    errors: ndarray(new Float32Array(length).fill(sigma), size),
    snr: ndarray(new Float32Array(length).fill(10), size),
  };
}
