import { describe, expect, it } from 'vitest';

import { chooseCalibration } from '../../src/pipeline/index.js';
import type { CalibrationCandidate } from '../../src/pipeline/index.js';

const t0 = 5276095200;
const hour = 3600;

/** A set that was solved `atHours` from t0, and holds for 12 hours. */
const set = (id: string, atHours: number, others: Partial<CalibrationCandidate> = {}): CalibrationCandidate => ({
  id,
  sourceGroupId: `group-${id}`,
  midTimeMjdSec: t0 + atHours * hour,
  validFromMjdSec: t0 + (atHours - 12) * hour,
  validToMjdSec: t0 + (atHours + 12) * hour,
  decDeg: 16.15,
  terms: ['bandpass'],
  ...others,
});

const chosenAt = (atHours: number, sets: readonly CalibrationCandidate[], groupId = 'other') =>
  chooseCalibration(sets, { groupId, midTimeMjdSec: t0 + atHours * hour, decDeg: 16.15 }, 3);

describe('the calibration of an observation', () => {
  const two = [set('evening', 0), set('night', 6)];

  it('is that of the first set after it, for data before both', () => {
    expect(chosenAt(-2, two)).toEqual({
      rule: 'before',
      sets: ['evening'],
      reason: 'The first one after: evening, 2.00 h after',
      rejected: [],
    });
  });

  it('is interpolated for data between two sets, whichever order they are given in', () => {
    for (const sets of [two, [...two].reverse()])
      expect(chosenAt(2, sets)).toMatchObject({
        rule: 'between',
        sets: ['evening', 'night'],
        reason: 'Interpolated: evening, 2.00 h before, and night, 4.00 h after',
      });
  });

  it('is that of the last set before it, for data after both', () => {
    expect(chosenAt(7.5, two)).toMatchObject({
      rule: 'after',
      sets: ['night'],
      reason: 'The last one before: night, 1.50 h before',
    });
  });

  it('is its own where it has one', () => {
    expect(chosenAt(0, two, 'group-evening')).toMatchObject({ rule: 'own', sets: ['evening'] });
  });

  it('is none of another declination strip', () => {
    const { rule, sets, rejected } = chosenAt(1, [set('north', 0, { decDeg: 54.6 })]);
    expect({ rule, sets }).toEqual({ rule: 'none', sets: [] });
    const reason = 'It is of declination 54.60; within 3 degrees of 16.15 is expected';
    expect(rejected).toEqual([{ set: 'north', reason }]);
    expect(chosenAt(1, [set('unknown', 0, { decDeg: NaN })]).rule).toBe('none');
  });

  it('is none that is too old, or too far in the future, but exactly as long as it holds', () => {
    const old = chosenAt(30.2, [set('old', 0)]);
    expect(old.rule).toBe('none');
    expect(old.rejected[0]!.reason).toBe('It is too old: 30.20 h before the data; it holds for 12.00 h after');
    const future = chosenAt(-13, [set('future', 0)]);
    expect(future.rejected[0]!.reason).toBe('It is from 13.00 h after the data; it holds for 12.00 h before');
    expect(chosenAt(12, [set('old', 0)]).rule).toBe('after');
    expect(chosenAt(12.001, [set('old', 0)]).rule).toBe('none');
  });

  it('passes over sets that may not be applied, to those that may', () => {
    const sets = [set('evening', 0), set('north', 1, { decDeg: 54.6 }), set('night', 6)];
    const choice = chosenAt(2, sets);
    expect(choice.sets).toEqual(['evening', 'night']);
    expect(choice.rejected.map(({ set }) => set)).toEqual(['north']);
  });

  it('is that of the nearer of two sets that cannot be interpolated between', () => {
    const sets = [set('evening', 0), set('night', 6, { terms: ['delay', 'gain'] })];
    expect(chosenAt(2, sets)).toMatchObject({ rule: 'after', sets: ['evening'] });
    expect(chosenAt(4, sets)).toMatchObject({ rule: 'before', sets: ['night'] });
    expect(chosenAt(4, sets).reason).toContain('they differ in terms');
  });

  it('is none without sets, with at most ten rejected ones named', () => {
    expect(chosenAt(0, [])).toMatchObject({ rule: 'none', sets: [], rejected: [] });
    const many = [...Array(30).keys()].map(i => set(`s${i}`, i, { decDeg: -20 }));
    expect(chosenAt(0, many).rejected.map(({ set }) => set)).toEqual([...Array(10).keys()].map(i => `s${i}`));
  });
});
