import { describe, expect, test } from 'vitest';

import { joinSolutions, solutionFlags } from '../../src/index.js';
import type { CalibrationSolutions } from '../../src/index.js';
import { solutionsOf } from '../support/synthetic-solutions.js';

const names = ['A', 'B', 'C'];

interface Made {
  readonly term?: 'delay' | 'gain';
  readonly unsolved?: (antenna: number, band: number) => boolean;
}

/** The same telescope at a time in seconds: phases drift, and are given against one of the antennas. */
function solvedAt(timeSec: number, reference: number | undefined, { term = 'gain', unsolved }: Made = {}) {
  const phaseOf = (antenna: number, band: number, feed: number) =>
    0.3 * band + 2.1 * antenna + feed + (0.02 + 0.01 * antenna) * timeSec;
  const one = solutionsOf({ nBands: 2, term, antennaNames: names }, ({ antenna, band, feed }) => {
    if (unsolved?.(antenna, band)) return 'lowSnr';
    const against = reference === undefined ? 0.7 * timeSec : phaseOf(reference, band, feed);
    const phase = phaseOf(antenna, band, feed) - against;
    if (term === 'delay') return [1e-9 * phase, phase / 7];
    const amplitude = 1 + 0.1 * antenna;
    return [amplitude * Math.cos(phase), amplitude * Math.sin(phase)];
  });
  const refAnt = reference === undefined ? undefined : names[reference]!;
  return { ...one, refAnt, timeMjdSec: [5.2e9 + timeSec] };
}

const expectAlike = (joined: CalibrationSolutions, expected: CalibrationSolutions) => {
  expect(joined.refAnt).toBe(expected.refAnt);
  expect(joined.timeMjdSec).toEqual(expected.timeMjdSec);
  expect([...joined.flags.data]).toEqual([...expected.flags.data]);
  for (const [i, value] of expected.values.data.entries()) expect(joined.values.data[i]).toBeCloseTo(value, 12);
};

describe('solutions of several times', () => {
  test.each(['gain', 'delay'] as const)('are joined against one reference antenna: %s', term => {
    const joined = joinSolutions([solvedAt(60, 1, { term }), solvedAt(0, 0, { term })]);
    expectAlike(joined, joinSolutions([solvedAt(0, 0, { term }), solvedAt(60, 0, { term })]));
    expect(joined.refAnt).toBe('A');
  });

  test('of tables that tell no reference antenna are turned to one', () => {
    const joined = joinSolutions([solvedAt(0, undefined), solvedAt(60, undefined)]);
    expectAlike(joined, joinSolutions([solvedAt(0, 0), solvedAt(60, 0)]));
  });

  test('are joined against an antenna that is solved in all of them', () => {
    const withoutA = solvedAt(60, 1, { unsolved: antenna => antenna === 0 });
    const joined = joinSolutions([solvedAt(0, 0), withoutA]);
    expectAlike(joined, joinSolutions([solvedAt(0, 1), withoutA]));
    expect(joined.refAnt).toBe('B');
  });

  test('are flagged where the reference antenna has none, and nowhere else', () => {
    const holes = solvedAt(60, undefined, { unsolved: (antenna, band) => antenna === band });
    const joined = joinSolutions([solvedAt(0, 0, { unsolved: antenna => antenna === 2 }), holes]);
    const flag = (antenna: number, band: number) => solutionFlags[joined.flags.get(1, antenna, band, 0)]!;
    expect(joined.refAnt).toBe('A');
    expect([0, 1, 2].map(antenna => [0, 1].map(band => flag(antenna, band)))).toEqual([
      ['lowSnr', 'good'],
      ['noReference', 'lowSnr'],
      ['noReference', 'good'],
    ]);
  });

  test('of which no antenna is solved in all are refused', () => {
    const only = (which: number) => (antenna: number) => antenna !== which;
    expect(() =>
      joinSolutions([solvedAt(0, 0, { unsolved: only(0) }), solvedAt(60, 1, { unsolved: only(1) })]),
    ).toThrow(/no antenna is solved in all/);
  });
});
