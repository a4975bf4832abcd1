import ndarray from 'ndarray';

import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { solutionFlags } from '../core/calibration-solutions.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { ObservationSetup } from '../core/observation.js';

/** A band of the result: one of the solutions, or a channel that none of them holds. */
interface Band {
  readonly freqHz: number;
  readonly widthHz: number;
  /** In the solutions; undefined where they have none. */
  readonly index: number | undefined;
}

/** A gain along frequency. */
interface Sample {
  readonly freqHz: number;
  readonly amplitude: number;
  /** Unwrapped, radians. */
  phase: number;
  readonly error: number;
}

const noData = solutionFlags.indexOf('noData');
const fewestForDelay = 3;

/**
 * Fills what solutions lack in frequency: gains are linear in amplitude and phase between the nearest bands that are
 * solved. What lies beyond the first and the last stays without, and so do antennas with a single solution.
 *
 * Nothing does this unless it is asked to: `imageMs`, `imageGroup` and `applyCalibration` flag what has no solution.
 * The phases are unwrapped with the delay that the antenna's neighboring bands show, so that a gap as wide as a subband
 * keeps its turns.
 *
 * @param solutions - of a bandpass, or of gains of several bands.
 * @param observation - where solutions are wanted for its channels that no band holds, as those of a lost subband.
 * @throws {InvalidArgumentError} a delay, which holds at all frequencies.
 * @example
 * const filled = interpolateInFrequency(bandpass, await describeSource(group));
 * const tile = await imageGroup(group, { calibration: [filled] });
 */
export function interpolateInFrequency(
  solutions: CalibrationSolutions,
  observation?: Pick<ObservationSetup, 'freqHz' | 'channelWidthHz' | 'spwFirstChannel'>,
): CalibrationSolutions {
  if (solutions.term === 'delay')
    throw new InvalidArgumentError('Expected a bandpass or gains to interpolate but received delays');
  const [bands, spwFirstBand] = bandsOf(solutions, observation);
  const [nTimes, nAnts, , nPols] = solutions.flags.shape as [number, number, number, number];
  const shape = [nTimes, nAnts, bands.length, nPols];
  const size = nTimes * nAnts * bands.length * nPols;
  const values = ndarray(new Float64Array(2 * size), [...shape, 2]);
  const [errors, snr] = [ndarray(new Float32Array(size), shape), ndarray(new Float32Array(size), shape)];
  const flags = ndarray(new Uint8Array(size).fill(noData), shape);
  let nFilled = 0;
  for (let time = 0; time < nTimes; time++)
    for (let antenna = 0; antenna < nAnts; antenna++)
      for (let feed = 0; feed < nPols; feed++) {
        const good = samplesOf(solutions, time, antenna, feed);
        for (const [k, { freqHz, index }] of bands.entries()) {
          const at = [time, antenna, k, feed] as const;
          const from = [time, antenna, index ?? 0, feed] as const;
          const known = index !== undefined && solutions.flags.get(...from) === 0;
          const filled = known ? undefined : between(good, freqHz);
          if (filled) {
            values.set(...at, 0, filled.amplitude * Math.cos(filled.phase));
            values.set(...at, 1, filled.amplitude * Math.sin(filled.phase));
            errors.set(...at, filled.error);
            snr.set(...at, filled.amplitude / filled.error);
            flags.set(...at, 0);
            nFilled++;
          } else if (index !== undefined) {
            for (const part of [0, 1]) values.set(...at, part, solutions.values.get(...from, part));
            errors.set(...at, solutions.errors.get(...from));
            snr.set(...at, solutions.snr.get(...from));
            flags.set(...at, solutions.flags.get(...from));
          }
        }
      }
  return {
    ...solutions,
    ...{ values, errors, snr, flags, spwFirstBand },
    freqHz: bands.map(({ freqHz }) => freqHz),
    widthHz: bands.map(({ widthHz }) => widthHz),
    history: [...solutions.history, `contimg: ${nFilled} solutions interpolated in frequency`],
  };
}

/** The bands of the solutions, with those of the observation's channels that none of them holds, and the spectral windows. */
function bandsOf(
  { freqHz, widthHz, spwFirstBand }: CalibrationSolutions,
  observation: Parameters<typeof interpolateInFrequency>[1],
): [Band[], number[]] {
  const bands: Band[] = freqHz.map((hz, index) => ({ freqHz: hz, widthHz: widthHz[index]!, index }));
  const [low, high] = [Math.min(...freqHz), Math.max(...freqHz)];
  const held = (hz: number) => freqHz.some((center, i) => Math.abs(center - hz) <= widthHz[i]! / 2 + 1);
  const starts = new Set(spwFirstBand.map(first => freqHz[first]!));
  for (const [k, hz] of (observation?.freqHz ?? new Float64Array()).entries()) {
    if (hz < low || hz > high || held(hz)) continue;
    bands.push({ freqHz: hz, widthHz: observation!.channelWidthHz[k]!, index: undefined });
    // A window of its own, as in the observation; what follows it is another.
    if (observation!.spwFirstChannel.includes(k)) starts.add(hz);
  }
  bands.sort((a, b) => a.freqHz - b.freqHz);
  return [bands, bands.flatMap(({ freqHz: hz }, i) => (i === 0 || starts.has(hz) ? [i] : []))];
}

/** Gains that are solved, ascending in frequency, phases unwrapped. */
function samplesOf(solutions: CalibrationSolutions, time: number, antenna: number, feed: number): Sample[] {
  const { freqHz, values, errors, flags } = solutions;
  const samples: Sample[] = [];
  for (const [k, hz] of freqHz.entries()) {
    if (flags.get(time, antenna, k, feed) !== 0) continue;
    const [re, im] = [values.get(time, antenna, k, feed, 0), values.get(time, antenna, k, feed, 1)];
    const error = errors.get(time, antenna, k, feed);
    samples.push({ freqHz: hz, amplitude: Math.hypot(re, im), phase: Math.atan2(im, re), error });
  }
  const slope = phaseSlope(samples);
  for (let i = 1; i < samples.length; i++) {
    const [before, one] = [samples[i - 1]!, samples[i]!];
    const expected = before.phase + slope * (one.freqHz - before.freqHz);
    one.phase = expected + Math.atan2(Math.sin(one.phase - expected), Math.cos(one.phase - expected));
  }
  return samples;
}

/** Radians per Hz, as neighbors of the smallest spacing show it; 0 where there are few. */
function phaseSlope(samples: readonly Sample[]): number {
  const pairs = samples
    .slice(1)
    .map((one, i) => ({ hz: one.freqHz - samples[i]!.freqHz, turn: one.phase - samples[i]!.phase }));
  const spacing = Math.min(...pairs.map(({ hz }) => hz));
  const near = pairs.filter(({ hz }) => hz < 1.01 * spacing);
  if (near.length < fewestForDelay) return 0;
  const [re, im] = [Math.cos, Math.sin].map(part => near.reduce((sum, { turn }) => sum + part(turn), 0));
  return Math.atan2(im!, re!) / spacing;
}

/** The gain at a frequency that lies between two samples. */
function between(samples: readonly Sample[], freqHz: number): Sample | undefined {
  const next = samples.findIndex(sample => sample.freqHz > freqHz);
  if (next < 1) return undefined;
  const [a, b] = [samples[next - 1]!, samples[next]!];
  const x = (freqHz - a.freqHz) / (b.freqHz - a.freqHz);
  const mix = (from: number, to: number) => from + x * (to - from);
  const error = Math.hypot((1 - x) * a.error, x * b.error);
  return { freqHz, amplitude: mix(a.amplitude, b.amplitude), phase: mix(a.phase, b.phase), error };
}
