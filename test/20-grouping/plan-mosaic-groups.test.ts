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

  describe('with an overlap', () => {
    const ids = (groups: readonly (readonly GroupableTile[])[]) =>
      groups.map(group => group.map(tile => Number(tile.id.slice(4))));

    test('windows have that many tiles in common', () => {
      const { groups, waiting } = planMosaicGroups(tiles(every(5, 10)), { groupSize: 4, overlap: 1 });
      expect(ids(groups)).toEqual([
        [0, 1, 2, 3],
        [3, 4, 5, 6],
        [6, 7, 8, 9],
      ]);
      expect(waiting).toEqual([]);
    });

    test('the next run goes on where the last one ended, with tiles that are in a group already', () => {
      const options = { groupSize: 10, overlap: 2 };
      const first = planMosaicGroups(tiles(every(5, 13)), options);
      expect(ids(first.groups)).toEqual([[...Array(10).keys()]]);
      expect(first.waiting.map(({ tile }) => tile.id)).toEqual(['tile10', 'tile11', 'tile12']);
      const used = new Set(first.groups.flat().map(tile => tile.id));
      const second = planMosaicGroups(tiles(every(5, 18)), options, used);
      expect(ids(second.groups)).toEqual([Array.from({ length: 10 }, (_, i) => 8 + i)]);
      second.groups.flat().forEach(tile => used.add(tile.id));
      expect(planMosaicGroups(tiles(every(5, 18)), options, used).groups).toEqual([]);
    });

    test('no new group has more used tiles than that, so none is formed again', () => {
      const all = new Set(tiles(every(5, 10)).map(tile => tile.id));
      expect(planMosaicGroups(tiles(every(5, 10)), { groupSize: 10, overlap: 9 }, all).groups).toEqual([]);
      const { groups, waiting } = planMosaicGroups(tiles(every(5, 11)), { groupSize: 10, overlap: 3 }, all);
      expect(groups).toEqual([]);
      expect(waiting).toMatchObject([{ tile: { id: 'tile10' }, reason: 'TOO_FEW_TILES' }]);
    });
  });

  test('tiles that are used are left alone, and block none of those after them', () => {
    const used = new Set(Array.from({ length: 10 }, (_, i) => `tile${i}`));
    const { groups } = planMosaicGroups(tiles(every(5, 20)), {}, used);
    expect(groups.map(group => group[0]!.id)).toEqual(['tile10']);
  });

  test.each([
    [{ overlap: 10 }],
    [{ overlap: -1 }],
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
