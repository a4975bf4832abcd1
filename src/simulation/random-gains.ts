import { randomStream } from './random-stream.js';
import type { SimulationTruth } from './types.js';

/** Antenna gains as truth.json holds them. */
export type Gains = NonNullable<SimulationTruth['gains']>;

const nPols = 2;
const longestDelaySec = 5e-9;

/**
 * Constant gains of antennas that nobody calibrated: amplitudes scatter by `gainError`, phases are uniform, delays up
 * to 5 ns, and each subband's response falls by a quarter at its edges.
 *
 * @param freqHz - of all subbands; `nChannels` in each.
 */
export function randomGains(
  pads: readonly number[],
  freqHz: readonly number[],
  nChannels: number,
  gainError: number,
  seed: number,
): Gains {
  const random = randomStream(seed, 'gains');
  const middleHz = freqHz.reduce((sum, freq) => sum + freq, 0) / freqHz.length;
  const shape = [pads.length, freqHz.length, nPols] as const;
  const size = pads.length * freqHz.length * nPols;
  const real = new Array<number>(size);
  const imag = new Array<number>(size);
  for (let antenna = 0; antenna < pads.length; antenna++) {
    for (let pol = 0; pol < nPols; pol++) {
      const amplitude = 1 + gainError * random.normal();
      const phase = random.uniform(-Math.PI, Math.PI);
      const delaySec = random.uniform(-longestDelaySec, longestDelaySec);
      for (let channel = 0; channel < freqHz.length; channel++) {
        const fromCenter = (2 * ((channel % nChannels) + 0.5)) / nChannels - 1;
        const magnitude = amplitude * (1 - 0.25 * fromCenter ** 8);
        const angle = phase + 2 * Math.PI * delaySec * (freqHz[channel]! - middleHz);
        const at = (antenna * freqHz.length + channel) * nPols + pol;
        real[at] = rounded(magnitude * Math.cos(angle));
        imag[at] = rounded(magnitude * Math.sin(angle));
      }
    }
  }
  return { antenna_pads: pads, shape: [...shape], real, imag };
}

/** To what truth.json keeps, so that it holds exactly the gains that were applied. */
function rounded(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
