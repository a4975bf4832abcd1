import { describe, expect, it } from 'vitest';

import { findSwappedFeeds } from '../../src/index.js';
import { gaussiansOf } from '../support/random.js';
import { solutionsOf } from '../support/synthetic-solutions.js';

const antennaNames = Array.from({ length: 16 }, (_, a) => String(101 + a));
const [nBands, reference] = [60, 4];

interface Cable {
  readonly amplitude: number;
  readonly turns: number;
  readonly delayTurns: number;
}

/** Cables of all antennas and feeds: the delay makes up to 1.5 turns over the band. */
function cablesOf(seed: number): Cable[][] {
  const random = gaussiansOf(seed);
  const cable = () => ({ amplitude: 1 + 0.2 * random(), turns: random(), delayTurns: 0.5 * random() });
  return antennaNames.map(() => [cable(), cable()]);
}

/** What solving gives for cables: phases are against those of the reference antenna, feed by feed. */
function solve(cables: readonly (readonly Cable[])[], seed: number, { sigma = 0.02, scale = 1 } = {}) {
  const random = gaussiansOf(seed);
  const turnsOf = (antenna: number, feed: number, band: number) => {
    const { turns, delayTurns } = cables[antenna]![feed]!;
    return turns + (delayTurns * band) / nBands;
  };
  return [
    solutionsOf({ nBands, antennaNames, sigma: scale * sigma }, ({ antenna, band, feed }) => {
      const angle = 2 * Math.PI * (turnsOf(antenna, feed, band) - turnsOf(reference, feed, band));
      const size = cables[antenna]![feed]!.amplitude;
      return [Math.cos, Math.sin].map(part => scale * (size * part(angle) + sigma * random())) as [number, number];
    }),
  ];
}

const cables = cablesOf(1);
const earlier = solve(cables, 2);
const swap = (...antennas: number[]) => cables.map((pair, a) => (antennas.includes(a) ? [pair[1]!, pair[0]!] : pair));
const namesOf = (found: readonly { antenna: string }[]) => found.map(({ antenna }) => antenna);

describe('findSwappedFeeds', () => {
  it.each([
    ['one antenna', [7]],
    ['the reference antenna', [reference]],
    ['three antennas', [0, reference, 11]],
    ['none', []],
  ])('finds %s whose feeds changed places', (_, antennas) => {
    expect(namesOf(findSwappedFeeds(solve(swap(...antennas), 3), earlier))).toEqual(antennas.map(a => antennaNames[a]));
  });

  it('does so at a signal to noise of 5, in other units, and when phases have drifted', () => {
    const drifted = swap(7).map(pair => pair.map(cable => ({ ...cable, turns: cable.turns + 0.37 * cable.amplitude })));
    const options = { sigma: 0.14, scale: 6.3 };
    expect(namesOf(findSwappedFeeds(solve(drifted, 3, options), solve(cables, 2, options)))).toEqual(['108']);
  });

  it.each([
    [
      'a delay that changed on one feed',
      (cable: Cable, feed: number) => ({ ...cable, delayTurns: cable.delayTurns + feed }),
    ],
    ['a delay that changed on both', (cable: Cable) => ({ ...cable, delayTurns: cable.delayTurns + 0.8 })],
    [
      'an amplifier that failed',
      (cable: Cable, feed: number) => ({ ...cable, amplitude: cable.amplitude / (1 + feed) }),
    ],
  ])('does not take %s for that', (_, change) => {
    const changed = cables.map((pair, a) => (a === 9 ? pair.map(change) : pair));
    expect(findSwappedFeeds(solve(changed, 3), earlier)).toEqual([]);
  });

  it('says nothing of feeds that are alike', () => {
    const alike = cables.map((pair, a) => (a === 7 ? [pair[0]!, { ...pair[0]!, turns: 0.1 }] : pair));
    const swapped = alike.map((pair, a) => (a === 7 ? [pair[1]!, pair[0]!] : pair));
    expect(findSwappedFeeds(solve(swapped, 3), solve(alike, 2))).toEqual([]);
  });

  it('compares delay and bandpass together', () => {
    const split = (seed: number, of: readonly (readonly Cable[])[]) => {
      const [whole] = solve(of, seed);
      const turnsAt = (antenna: number, feed: number) =>
        of[antenna]![feed]!.delayTurns - of[reference]![feed]!.delayTurns;
      const delay = solutionsOf({ term: 'delay', antennaNames }, ({ antenna, feed }) => [
        turnsAt(antenna, feed) / (nBands * 1e6),
        0,
      ]);
      const rest = solutionsOf({ nBands, antennaNames, sigma: 0.02 }, ({ antenna, band, feed }) => {
        const angle = (-2 * Math.PI * turnsAt(antenna, feed) * band) / nBands;
        const [re, im] = [0, 1].map(part => whole!.values.get(0, antenna, band, feed, part)) as [number, number];
        return [re * Math.cos(angle) - im * Math.sin(angle), re * Math.sin(angle) + im * Math.cos(angle)];
      });
      return [delay, rest];
    };
    expect(namesOf(findSwappedFeeds(split(3, swap(7)), split(2, cables)))).toEqual(['108']);
    expect(namesOf(findSwappedFeeds(split(3, swap(7)), earlier))).toEqual(['108']); // one of them without a delay
  });

  it('refuses what cannot be compared', () => {
    const gain = [solutionsOf({ term: 'gain', antennaNames }, () => [1, 0])];
    expect(() => findSwappedFeeds(gain, earlier)).toThrow(/bandpass of two feeds/);
    const elsewhere = [{ ...earlier[0]!, freqHz: earlier[0]!.freqHz.map(hz => hz + 5e5) }];
    expect(() => findSwappedFeeds(elsewhere, earlier)).toThrow(/same channels/);
  });
});
