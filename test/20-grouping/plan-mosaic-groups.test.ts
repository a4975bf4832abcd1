import { describe, expect, test } from 'vitest';

import { InvalidArgumentError } from '../../src/core/errors.js';
import { planMosaicGroups } from '../../src/grouping/index.js';
import type { GroupableTile } from '../../src/grouping/index.js';
import { randomOf, shuffled } from '../support/random.js';

const t0 = 5276095200.123456;

function tiles(minutes: readonly number[], decDeg: (index: number) => number = () => 16.15): GroupableTile[] {
  return minutes.map((minute, i) => ({ id: `tile${i}`, midTimeMjdSec: t0 + minute * 60, decDeg: decDeg(i) }));
}

const every = (minutes: number, n: number) => Array.from({ length: n }, (_, i) => i * minutes);

describe('planMosaicGroups', () => {
  test('23 tiles make two groups of ten; three wait', () => {
    const { groups, waiting } = planMosaicGroups(tiles(every(5.154, 23)));
    expect(groups.map(group => group.length)).toEqual([10, 10]);
    expect(waiting.map(entry => entry.reason)).toEqual(Array(3).fill('TOO_FEW_TILES'));
  });

  test('exactly 60 minutes pass, 61 do not', () => {
    const within = planMosaicGroups(tiles(every(6, 11)), { groupSize: 11 });
    expect(within.groups).toHaveLength(1);
    const beyond = planMosaicGroups(tiles([...every(5, 12), 61]), { groupSize: 13 });
    expect(beyond.groups).toHaveLength(0);
    expect(beyond.waiting[0]!.reason).toBe('SPAN');
    const justBeyond = planMosaicGroups(tiles([...every(5, 12), 60 + 1e-6]), { groupSize: 13 });
    expect(justBeyond.groups).toHaveLength(0);
  });

  test('exactly 6 minutes between neighbors pass, more do not', () => {
    expect(planMosaicGroups(tiles([0, 6]), { groupSize: 2 }).groups).toHaveLength(1);
    const { groups, waiting } = planMosaicGroups(tiles([0, 6.0001]), { groupSize: 2 });
    expect(groups).toHaveLength(0);
    expect(waiting.map(entry => entry.reason)).toEqual(['GAP', 'TOO_FEW_TILES']);
  });

  test('a gap leaves out what stands before it and starts anew', () => {
    const { groups, waiting } = planMosaicGroups(tiles([0, 5, 10, 30, 35, 40, 45]), { groupSize: 4 });
    expect(groups.map(group => group.map(tile => tile.id))).toEqual([['tile3', 'tile4', 'tile5', 'tile6']]);
    expect(waiting.map(entry => entry.reason)).toEqual(['GAP', 'GAP', 'GAP']);
  });

  test('a slew leaves out what stands before it', () => {
    const { groups, waiting } = planMosaicGroups(
      tiles(every(5, 7), i => (i < 3 ? 16.15 : 54.57)),
      { groupSize: 4 },
    );
    expect(groups.map(group => group.map(tile => tile.id))).toEqual([['tile3', 'tile4', 'tile5', 'tile6']]);
    expect(waiting.map(entry => entry.reason)).toEqual(['DECLINATION', 'DECLINATION', 'DECLINATION']);
  });

  test('declinations within 0.1 degrees of their mean pass', () => {
    expect(
      planMosaicGroups(
        tiles([0, 5], i => 16 + 0.2 * i),
        { groupSize: 2 },
      ).groups,
    ).toHaveLength(1);
    expect(
      planMosaicGroups(
        tiles([0, 5], i => 16 + 0.202 * i),
        { groupSize: 2 },
      ).groups,
    ).toHaveLength(0);
  });

  test('whatever the tiles and their order: each is planned once, and every group keeps the rules', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = randomOf(seed);
      let minute = 0;
      const minutes = Array.from({ length: 40 }, () => (minute += random() < 0.1 ? 12 * random() : 5.154));
      const all = tiles(minutes, i => (i > 30 * random() ? 16.15 : 16.3));
      const plan = planMosaicGroups(shuffled(all, random), { groupSize: 4 });
      expect(planMosaicGroups(all, { groupSize: 4 })).toEqual(plan);

      const planned = [...plan.groups.flat(), ...plan.waiting.map(entry => entry.tile)];
      expect(planned.map(tile => tile.id).sort()).toEqual(all.map(tile => tile.id).sort());
      for (const group of plan.groups) {
        const times = group.map(tile => tile.midTimeMjdSec);
        const mean = group.reduce((sum, tile) => sum + tile.decDeg, 0) / group.length;
        expect(group).toHaveLength(4);
        expect(Math.max(...times.slice(1).map((time, i) => time - times[i]!))).toBeLessThanOrEqual(360.000001);
        expect(Math.max(...group.map(tile => Math.abs(tile.decDeg - mean)))).toBeLessThanOrEqual(0.1 + 1e-9);
        const first = all.indexOf(group[0]!);
        expect(group).toEqual(all.slice(first, first + 4));
      }
    }
  });

  test.each([
    [{ groupSize: 0 }],
    [{ groupSize: 2.5 }],
    [{ maxGapMinutes: -1 }],
    [{ maxSpanMinutes: Number.NaN }],
    [{ size: 3 } as object],
  ])('refuses %o', options => {
    expect(() => planMosaicGroups([], options)).toThrow(InvalidArgumentError);
  });

  test('refuses a tile without a time', () => {
    expect(() => planMosaicGroups([{ id: 'a', midTimeMjdSec: Number.NaN, decDeg: 0 }])).toThrow(InvalidArgumentError);
  });
});
