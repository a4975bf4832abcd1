import { describe, expect, test } from 'vitest';

import { checkMosaicGroup, newMosaicGroupId } from '../../src/grouping/index.js';
import type { MosaicMember } from '../../src/grouping/index.js';

const t0 = 5276095200.123456;

function members(minutes: readonly number[], parts: (index: number) => Partial<MosaicMember> = () => ({})) {
  return minutes.map((minute, i) => ({
    id: `tile${i}`,
    midTimeMjdSec: t0 + minute * 60,
    decDeg: 16.15,
    stage: 'imaged',
    ...parts(i),
  }));
}

const every = (minutes: number, n = 10) => Array.from({ length: n }, (_, i) => i * minutes);
const rulesOf = (...parameters: Parameters<typeof checkMosaicGroup>) =>
  checkMosaicGroup(...parameters).violations.map(({ rule }) => rule);

describe('checkMosaicGroup', () => {
  test('ten tiles in a row pass, imaged or done', () => {
    const stages = ['imaged', 'done'];
    expect(checkMosaicGroup(members(every(5.154), i => ({ stage: stages[i % 2]! })))).toEqual({
      violations: [],
      warnings: [],
    });
  });

  test('a span of exactly 60 minutes passes, wherever in time; 61, and a microsecond more than 60, do not', () => {
    for (let day = 0; day < 500; day++) {
      const start = t0 + day * 86400.000_013;
      const at = (minutes: number) =>
        members(every(6, 11)).map((member, i) => ({ ...member, midTimeMjdSec: start + ((i * minutes) / 10) * 60 }));
      expect(rulesOf(at(60), { groupSize: 11 }), `day ${day}`).toEqual([]);
      expect(rulesOf(at(60.0001), { groupSize: 11, maxGapMinutes: 7 }), `day ${day}`).toEqual(['SPAN']);
    }
    const { violations } = checkMosaicGroup(members([...every(6), 61 - 6, 61]), { groupSize: 12 });
    expect(violations).toMatchObject([{ rule: 'SPAN', limit: 60 }]);
    expect(violations[0]!.found).toBeCloseTo(61, 9);
    expect(violations[0]!.message).toMatch(/it is 61 minutes; at most 60 are allowed/);
  });

  test('warns of more than 50 minutes', () => {
    expect(checkMosaicGroup(members(every(5.5, 10))).warnings).toEqual([]); // 49.5
    expect(checkMosaicGroup(members(every(5.8, 10)))).toMatchObject({
      violations: [],
      warnings: [expect.stringMatching(/52\.2 minutes/)],
    });
  });

  test('gaps of exactly 6 minutes pass; every longer one is named with its figure', () => {
    expect(rulesOf(members([0, 6]), { groupSize: 2 })).toEqual([]);
    const { violations } = checkMosaicGroup(members([0, 6.5, 10, 17]), { groupSize: 4 });
    expect(violations).toMatchObject([
      { rule: 'GAP', found: 6.5, limit: 6, message: expect.stringMatching(/tile0 and tile1/) as string },
      { rule: 'GAP', found: 7, limit: 6, message: expect.stringMatching(/tile2 and tile3/) as string },
    ]);
  });

  test('declinations within 0.1 degrees of the mean pass, NaN does not', () => {
    const pair = (dec: number) => members([0, 5], i => ({ decDeg: 16 + dec * i }));
    expect(rulesOf(pair(0.2), { groupSize: 2 })).toEqual([]);
    expect(rulesOf(pair(0.202), { groupSize: 2 })).toEqual(['DECLINATION', 'DECLINATION']);
    expect(rulesOf(pair(NaN), { groupSize: 2 })).toContain('DECLINATION');
  });

  test.each(['converted', 'pending', 'failed', 'quarantined', 'incomplete', ''])(
    'a member that is %j is refused',
    stage => {
      const { violations } = checkMosaicGroup(members(every(5), i => (i === 3 ? { stage } : {})));
      expect(violations).toEqual([{ rule: 'STAGE', message: `tile3 is ${stage}; expected imaged or done` }]);
    },
  );

  test('members that are out of order, at one time, or there twice are refused', () => {
    const [a, b, c] = members([0, 5, 10]);
    expect(rulesOf([b!, a!, c!], { groupSize: 3 })).toContain('ORDER');
    expect(rulesOf([a!, { ...b!, midTimeMjdSec: a!.midTimeMjdSec }], { groupSize: 2 })).toEqual(['ORDER']);
    expect(rulesOf([a!, a!], { groupSize: 2 })).toEqual(['TWICE']);
  });

  test('too few and too many tiles are refused', () => {
    expect(checkMosaicGroup(members(every(5, 9))).violations).toMatchObject([
      { rule: 'TOO_FEW_TILES', found: 9, limit: 10 },
    ]);
    expect(rulesOf(members(every(5, 11)))).toEqual(['TOO_MANY_TILES']);
    expect(rulesOf([])).toEqual(['TOO_FEW_TILES']);
  });

  test('every rule that is broken is named, not the first alone', () => {
    const candidate = members([0, 10, 70], i => ({
      decDeg: 16 + i,
      ...(i === 0 && { stage: 'failed' }),
      ...(i === 1 && { imageProblem: 'it is cut off' }),
      ...(i === 2 && { uncalibrated: 'the bandpass table is missing' }),
    }));
    const { violations } = checkMosaicGroup(candidate);
    expect(new Set(violations.map(({ rule }) => rule))).toEqual(
      new Set(['TOO_FEW_TILES', 'GAP', 'SPAN', 'DECLINATION', 'STAGE', 'IMAGE', 'UNCALIBRATED']),
    );
    for (const { message } of violations) expect(message.length).toBeGreaterThan(10);
  });

  test('a time that is no number is an error of the caller', () => {
    expect(() => checkMosaicGroup(members([NaN]))).toThrow(/midTimeMjdSec/);
  });
});

describe('newMosaicGroupId', () => {
  const [a, b] = [
    { path: 'tiles/a', midTimeMjdSec: t0 },
    { path: 'tiles/b', midTimeMjdSec: t0 + 300 },
  ];

  test('differs for other members, times, orders and moments, and with every further attempt', () => {
    const ids = [[a, b], [b, a], [a], [a, { ...b, midTimeMjdSec: t0 + 300.000001 }]].flatMap(group => [
      newMosaicGroupId(group),
      newMosaicGroupId(group, 1),
      newMosaicGroupId(group, 1),
    ]);
    expect(new Set(ids.map(id => id.split('_')[1])).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^group_[0-9a-f]{16}_\d{16}$/);
  });

  test('holds the time in microseconds', () => {
    const before = Date.now();
    const micros = Number(newMosaicGroupId([a]).split('_')[2]);
    expect(Math.abs(micros / 1000 - before)).toBeLessThan(10_000);
  });
});
