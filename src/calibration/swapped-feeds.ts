import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { InvalidArgumentError } from '../core/errors.js';

/** An antenna whose two feeds have changed places between two observations. */
export interface SwappedFeeds {
  readonly antenna: string;
  /** How unlike the earlier gains of the same feeds, and those of the other feeds, its gains are: 0 alike, 4 nothing alike. */
  readonly asBefore: number;
  readonly asSwapped: number;
}

/** Least difference from the earlier gains that means anything: a tenth in amplitude, or 6 degrees, on either feed. */
const leastChange = 0.02;
/** How much better exchanged feeds have to explain it. */
const leastAdvantage = 4;
const fewestChannels = 8;
const feeds = [0, 1] as const;

/**
 * Finds antennas whose two feeds have changed places since earlier solutions, as when cables were exchanged.
 *
 * With XX and YY alone of an unpolarized sky, exchanged labels are part of the gains: one observation by itself cannot
 * show them, and as long as it is calibrated with its own solutions nothing is wrong with it. Its gains, however, are not
 * those of before, and are of no use to observations from before. So gains are compared, each channel's amplitudes, and
 * how the phases run over the band: a constant phase of each feed may drift. The difference of the phases of two feeds is
 * known only up to that of the reference antenna, whose sum over both orders of exchanged feeds is none: for exchanged
 * feeds it is the sum of both phases that must be as before, while neither is.
 *
 * Feeds whose gains are alike within a tenth cannot be told apart, which does no harm either.
 *
 * @param now - solutions of one observation: a bandpass, and the delay under it if there is one.
 * @param earlier - likewise, of another observation of the same frequencies.
 * @throws {InvalidArgumentError} there is no bandpass of two feeds in one of them, or no frequency in both.
 */
export function findSwappedFeeds(
  now: readonly CalibrationSolutions[],
  earlier: readonly CalibrationSolutions[],
): SwappedFeeds[] {
  const [after, before] = [gainsOf(now), gainsOf(earlier)];
  const shared = sharedChannels(after.bandpass, before.bandpass);
  const antennas = after.bandpass.antennaNames.flatMap((name, a) => {
    const b = before.bandpass.antennaNames.indexOf(name);
    const curves = b < 0 ? [] : shared.map(([k, m]) => [after.at(a, k), before.at(b, m)] as const);
    const good = curves.map(([x, y]) => (x && y ? ([x, y] as const) : undefined));
    return good.filter(Boolean).length >= fewestChannels ? [{ name, good }] : [];
  });
  alignPhases(antennas.map(({ good }) => good));
  const curves = antennas.map(({ name, good }) => ({ name, pairs: good.flatMap(pair => (pair ? [pair] : [])) }));
  const ratios = curves.flatMap(({ pairs }) =>
    feeds.map(feed => Math.sqrt(powerOf(pairs, 0, feed) / powerOf(pairs, 1, feed))),
  );
  const scale = ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? 1;
  return curves.flatMap(({ name, pairs }) => {
    const noise = noiseOf(pairs, scale);
    const asBefore = Math.max(0, differenceAsBefore(pairs, scale) - noise);
    const asSwapped = Math.max(0, differenceAsSwapped(pairs, scale) - noise);
    return asBefore > leastChange && asBefore > leastAdvantage * asSwapped
      ? [{ antenna: name, asBefore, asSwapped }]
      : [];
  });
}

/** A gain and its error. */
interface Gain {
  re: number;
  im: number;
  readonly sigma: number;
}
/** Of both feeds. */
type Gains = readonly [Gain, Gain];
/** Now, and earlier. */
type Pair = readonly [now: Gains, earlier: Gains];

/** Delay and bandpass together at the channels of the bandpass, at the first time; undefined where a feed has none. */
function gainsOf(solutions: readonly CalibrationSolutions[]) {
  const bandpass = solutions.find(({ term }) => term === 'bandpass');
  const delay = solutions.find(({ term }) => term === 'delay');
  if (bandpass?.polarizations.length !== 2)
    throw new InvalidArgumentError('Expected solutions with a bandpass of two feeds');
  const { values, errors, flags } = bandpass;
  const feedAt = (antenna: number, band: number, feed: number): Gain | undefined => {
    if (flags.get(0, antenna, band, feed) !== 0) return undefined;
    const [re, im] = [values.get(0, antenna, band, feed, 0), values.get(0, antenna, band, feed, 1)];
    const turns = delay ? turnsOf(delay, antenna, bandpass.freqHz[band]!, feed) : 0;
    const [cos, sin] = [Math.cos(2 * Math.PI * turns), Math.sin(2 * Math.PI * turns)];
    return { re: re * cos - im * sin, im: re * sin + im * cos, sigma: errors.get(0, antenna, band, feed) };
  };
  const at = (antenna: number, band: number): Gains | undefined => {
    const [x, y] = [feedAt(antenna, band, 0), feedAt(antenna, band, 1)];
    return x && y && [x, y];
  };
  return { bandpass, at };
}

/** Phase of a delay, turns. */
function turnsOf({ values, freqHz }: CalibrationSolutions, antenna: number, hz: number, feed: number): number {
  const distances = freqHz.map(center => Math.abs(center - hz));
  const band = distances.indexOf(Math.min(...distances));
  return values.get(0, antenna, band, feed, 0) * (hz - freqHz[band]!) + values.get(0, antenna, band, feed, 1);
}

function sharedChannels(a: CalibrationSolutions, b: CalibrationSolutions): [number, number][] {
  const places = new Map(b.freqHz.map((hz, m) => [Math.round(hz / 1e3), m]));
  const shared = a.freqHz.flatMap((hz, k): [number, number][] => {
    const m = places.get(Math.round(hz / 1e3));
    return m === undefined ? [] : [[k, m]];
  });
  if (shared.length === 0) throw new InvalidArgumentError('Expected solutions of the same channels to compare');
  return shared;
}

/** Takes off the phase that all antennas have in common, channel by channel and feed by feed: it is of the references. */
function alignPhases(antennas: readonly (readonly (Pair | undefined)[])[]): void {
  for (let channel = 0; channel < (antennas[0]?.length ?? 0); channel++)
    for (const feed of feeds) {
      let [re, im] = [0, 0];
      for (const one of antennas) {
        const pair = one[channel];
        if (!pair) continue;
        const product = timesConjugate(pair[0][feed], pair[1][feed]);
        const size = Math.hypot(product.re, product.im) || 1;
        re += product.re / size;
        im += product.im / size;
      }
      const size = Math.hypot(re, im) || 1;
      for (const one of antennas) {
        const gain = one[channel]?.[0][feed];
        if (!gain) continue;
        [gain.re, gain.im] = [(gain.re * re + gain.im * im) / size, (gain.im * re - gain.re * im) / size];
      }
    }
}

/** Of gains from the earlier ones of the same feeds, whose phases may have drifted; of the mean power, over both feeds. */
function differenceAsBefore(pairs: readonly Pair[], scale: number): number {
  return feeds.reduce<number>((sum, feed) => {
    const power = powerOf(pairs, 0, feed) + scale ** 2 * powerOf(pairs, 1, feed);
    const product = sumOf(pairs.map(([now, earlier]) => timesConjugate(now[feed], earlier[feed])));
    return sum + 2 - (4 * scale * Math.hypot(product.re, product.im)) / power;
  }, 0);
}

/** Of amplitudes from those of the other feed, and of the sum of both phases. */
function differenceAsSwapped(pairs: readonly Pair[], scale: number): number {
  const amplitudes = feeds.reduce<number>((sum, feed) => {
    const other = feed === 0 ? 1 : 0;
    const power = powerOf(pairs, 0, feed) + scale ** 2 * powerOf(pairs, 1, other);
    const product = pairs.reduce((total, [now, earlier]) => total + sizeOf(now[feed]) * sizeOf(earlier[other]), 0);
    return sum + 2 - (4 * scale * product) / power;
  }, 0);
  const products = pairs.map(([now, earlier]) => {
    const [xy, yx] = [timesConjugate(now[0], earlier[1]), timesConjugate(now[1], earlier[0])];
    return { re: xy.re * yx.re - xy.im * yx.im, im: xy.re * yx.im + xy.im * yx.re };
  });
  const together = sumOf(products);
  const apart = products.reduce((sum, product) => sum + Math.hypot(product.re, product.im), 0);
  return amplitudes + 2 * (1 - Math.hypot(together.re, together.im) / apart);
}

/** What noise alone adds to either. */
function noiseOf(pairs: readonly Pair[], scale: number): number {
  return feeds.reduce<number>((sum, feed) => {
    const power = powerOf(pairs, 0, feed) + scale ** 2 * powerOf(pairs, 1, feed);
    const noise = pairs.reduce((n, [now, old]) => n + now[feed].sigma ** 2 + (scale * old[feed].sigma) ** 2, 0);
    return sum + (4 * noise) / power;
  }, 0);
}

interface Complex {
  readonly re: number;
  readonly im: number;
}

const sizeOf = ({ re, im }: Complex) => Math.hypot(re, im);
const powerOf = (pairs: readonly Pair[], which: number, feed: number) =>
  pairs.reduce((sum, pair) => sum + sizeOf(pair[which]![feed]!) ** 2, 0);
const timesConjugate = (a: Complex, b: Complex) => ({ re: a.re * b.re + a.im * b.im, im: a.im * b.re - a.re * b.im });
const sumOf = (values: readonly Complex[]) =>
  values.reduce((sum, { re, im }) => ({ re: sum.re + re, im: sum.im + im }), { re: 0, im: 0 });
