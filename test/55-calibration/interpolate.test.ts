import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import {
  interpolateInFrequency,
  isPipelineError,
  readCalibrationTable,
  writeCalibrationTable,
} from '../../src/index.js';
import type { CalibrationSolutions, SolutionFlag } from '../../src/index.js';
import { solutionsOf } from '../support/synthetic-solutions.js';

const nBands = 96;

/** Amplitude linear in frequency, delays of 30 and -200 ns: over 48 channels of 1 MHz many turns. */
function gainAt(antenna: number, k: number): [number, number] {
  const turns = [0, 30e-9, -200e-9][antenna]! * k * 1e6;
  const amplitude = 1 + 0.002 * k * antenna;
  return [amplitude * Math.cos(2 * Math.PI * turns), amplitude * Math.sin(2 * Math.PI * turns)];
}

const lost = (k: number) => k === 5 || (k >= 30 && k < 60);
const at = (solutions: CalibrationSolutions, antenna: number, k: number) =>
  [0, 1].map(part => solutions.values.get(0, antenna, k, 0, part));

function spoilt(reason: SolutionFlag): CalibrationSolutions {
  return solutionsOf({ nBands, sigma: 0.01 }, ({ antenna, band, feed }) => {
    if (feed === 1) return antenna === 1 && band !== 50 ? reason : gainAt(antenna, band);
    return lost(band) || band === 0 || band === nBands - 1 ? reason : gainAt(antenna, band);
  });
}

test('flagged channels between solved ones get amplitudes and phases that are linear, through all turns', () => {
  const solutions = spoilt('lowSnr');
  const filled = interpolateInFrequency(solutions);
  for (const antenna of [0, 1, 2])
    for (let k = 1; k < nBands - 1; k++) {
      expect(filled.flags.get(0, antenna, k, 0)).toBe(0);
      for (const part of [0, 1]) expect(at(filled, antenna, k)[part]).toBeCloseTo(gainAt(antenna, k)[part]!, 9);
    }
  expect(filled.history.at(-1)).toBe(`contimg: ${3 * 31} solutions interpolated in frequency`);
});

test('nothing is filled beyond the first and the last, for an antenna with one solution, or unasked', () => {
  const solutions = spoilt('lowSnr');
  const before = solutions.flags.data.slice();
  const { flags } = interpolateInFrequency(solutions);
  for (const k of [0, nBands - 1]) expect(flags.get(0, 1, k, 0)).not.toBe(0);
  for (let k = 0; k < nBands; k++) expect(flags.get(0, 1, k, 1) === 0).toBe(k === 50);
  expect(solutions.flags.data).toEqual(before);
});

test('channels of an observation that no band holds get bands, as those of a lost subband', async () => {
  const whole = solutionsOf({ nBands, sigma: 0.01 }, ({ antenna, band }) => gainAt(antenna, band));
  const kept = Array.from({ length: nBands }, (_, k) => k).filter(k => k < 32 || k >= 48);
  const partial = solutionsOf({ nBands: kept.length, sigma: 0.01 }, ({ antenna, band }) =>
    gainAt(antenna, kept[band]!),
  );
  const solutions = { ...partial, freqHz: kept.map(k => whole.freqHz[k]!), spwFirstBand: [0, 32] };
  const observation = {
    freqHz: Float64Array.from(whole.freqHz),
    channelWidthHz: Float64Array.from(whole.widthHz),
    spwFirstChannel: [0, 32, 48],
  };
  const filled = interpolateInFrequency(solutions, observation);
  expect(filled.freqHz).toEqual(whole.freqHz);
  expect(filled.spwFirstBand).toEqual([0, 32, 48]);
  for (let k = 0; k < nBands; k++)
    for (const part of [0, 1]) expect(at(filled, 2, k)[part]).toBeCloseTo(gainAt(2, k)[part]!, 9);
  const folder = await mkdtemp(join(tmpdir(), 'contimg-interpolate-'));
  try {
    await writeCalibrationTable(join(folder, 'b'), filled);
    expect((await readCalibrationTable(join(folder, 'b'))).freqHz).toEqual(whole.freqHz);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('delays are refused: they hold at all frequencies', () => {
  const delay = solutionsOf({ term: 'delay' }, () => [1e-9, 0]);
  let error: unknown;
  try {
    interpolateInFrequency(delay);
  } catch (thrown) {
    error = thrown;
  }
  expect(isPipelineError(error, 'INVALID_ARGUMENT')).toBe(true);
});
