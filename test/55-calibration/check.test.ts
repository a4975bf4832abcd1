import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ndarray from 'ndarray';
import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  checkCalibrationTable,
  describeSource,
  findCalibrationFaults,
  findCalibrationProblems,
  measureCalibration,
  solveCalibration,
  writeCalibrationTable,
} from '../../src/index.js';
import type { CalibrationSolutions, Observation } from '../../src/index.js';
import { describeIf, hasPythonModule } from '../support/oracles.js';
import { canCorrupt, corruptedTile } from './corrupted-tile.js';

describeIf(canCorrupt, 'needs ../shared and python3 with h5py and erfa', 'checking calibration', () => {
  let folder: string;
  let bandpass: CalibrationSolutions;
  let observation: Observation;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-check-'));
    const small = ['--antennas', '16', '--channels', '2', '--integrations', '6', '--n-sources', '4', '--noise', '0.1'];
    const { group, model } = await corruptedTile(join(folder, 'tile'), [...small, '--gain-error', '0.2']);
    bandpass = await solveCalibration(group, model, { term: 'bandpass', refAnt: '103' });
    observation = await describeSource(group);
    await writeCalibrationTable(join(folder, 'b'), bandpass);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const rulesOf = (solutions: CalibrationSolutions, target: Partial<Observation>) =>
    findCalibrationFaults(solutions, target).map(({ rule, severity }) => `${rule} ${severity}`);

  test('a good table breaks no rule, by itself or for the observation that it is from', async () => {
    expect(await checkCalibrationTable(join(folder, 'b'))).toEqual([]);
    expect(await checkCalibrationTable(join(folder, 'b'), observation)).toEqual([]);
  });

  test('antennas that were not solved for are named', () => {
    const used = [...new Set(observation.antenna1)].map(index => observation.antennas[index]!);
    const renamed = (some: number) =>
      observation.antennas.map(antenna =>
        used.indexOf(antenna) >= 0 && used.indexOf(antenna) < some ? { ...antenna, name: `x${antenna.name}` } : antenna,
      );
    const [few] = findCalibrationFaults(bandpass, { ...observation, antennas: renamed(2) });
    expect(few).toMatchObject({ rule: 'ANTENNAS', severity: 'warning' });
    expect(few!.message).toContain(`2 of the 16 antennas with data have no solution: x${used[0]!.name}`);
    expect(rulesOf(bandpass, { ...observation, antennas: renamed(99) })).toEqual(['ANTENNAS error']);
  });

  test('antennas that were moved are named, with how far', () => {
    const antennas = observation.antennas.map(antenna =>
      antenna.name === '103'
        ? { ...antenna, positionMeters: antenna.positionMeters.map((x, axis) => x + (axis === 2 ? 12.5 : 0)) }
        : antenna,
    );
    const faults = findCalibrationFaults(bandpass, { ...observation, antennas });
    expect(faults).toMatchObject([{ rule: 'POSITIONS', severity: 'error' }]);
    expect(faults[0]!.message).toContain('103 by 12.5 m');
  });

  test('frequencies: none in common, some, and channels between channels', () => {
    const shifted = (hz: number) => ({ ...observation, freqHz: observation.freqHz.map(freq => freq + hz) });
    const width = observation.channelWidthHz[0]!;
    expect(rulesOf(bandpass, shifted(1e9))).toEqual(['FREQUENCIES error']);
    expect(rulesOf(bandpass, shifted(4 * width))).toEqual(['FREQUENCIES warning']);
    const [some] = findCalibrationFaults(bandpass, shifted(4 * width));
    expect(some!.message).toMatch(/^4 of 32 channels, .* MHz, have no solution: the solutions are for .* MHz$/);
    const [between] = findCalibrationFaults(bandpass, shifted(0.25 * width));
    expect(between).toMatchObject({ rule: 'CHANNELS', severity: 'error' });
    expect(between!.message).toContain(`32 channels are up to ${(width / 4e3).toFixed(1)} kHz beside`);
  });

  test('polarizations, telescope, and a reference antenna without solutions', () => {
    expect(rulesOf(bandpass, { ...observation, polarizations: [-1, -2] })).toEqual(['POLARIZATIONS error']);
    expect(rulesOf({ ...bandpass, telescopeName: 'VLA' }, observation)).toEqual(['TELESCOPE error']);
    expect(rulesOf({ ...bandpass, refAnt: '10' }, observation)).toEqual(['REFERENCE error']);
  });

  test('every rule that is broken is told, not the first alone', () => {
    const other = { ...bandpass, telescopeName: 'VLA', refAnt: '10' };
    expect(rulesOf(other, { ...observation, polarizations: [-1] })).toHaveLength(3);
  });

  const canDamage = hasPythonModule('casacore.tables');
  test.runIf(canDamage)('a damaged table, and one that is not there, are faults and not thrown', async () => {
    await cp(join(folder, 'b'), join(folder, 'damaged'), { recursive: true });
    const program = new URL('damage-table.py', import.meta.url).pathname;
    execFileSync('/usr/bin/python3', [program, join(folder, 'damaged'), 'truncated data']);
    for (const name of ['damaged', 'nothing']) {
      const faults = await checkCalibrationTable(join(folder, name), observation);
      expect(faults).toMatchObject([{ rule: 'READABLE', severity: 'error' }]);
      expect(faults[0]!.message).toContain(join(folder, name));
    }
  });

  test('good solutions pass the gate, and their figures are right', () => {
    const quality = measureCalibration(bandpass);
    expect(quality).toMatchObject({ nAntennas: 16, nSolvedAntennas: 16, deadAntennas: [], flaggedFraction: 0 });
    expect(quality.lowestAmplitude).toBeGreaterThan(0.3);
    expect(quality.highestAmplitude).toBeLessThan(3);
    expect(quality.phaseScatterDeg).toBeLessThan(10);
    expect(findCalibrationProblems(quality)).toEqual([]);
  });

  test.each<[string, (solutions: CalibrationSolutions) => void, RegExp]>([
    ['flagged solutions', s => s.flags.data.fill(3, 0, s.flags.data.length), /100.0 % of the solutions are flagged/],
    ['noise', s => s.snr.data.fill(2), /signal to noise is 2.0; at least 5/],
    ['an antenna 50 times brighter', s => scaleAntenna(s, '103', 50), /antennas are from \S+ to \S+ of the median/],
    ['random phases', randomizePhases, /Phases scatter by \d+.\d degrees; at most 30/],
  ])('what does not pass the gate: %s', (_, spoil, message) => {
    const spoilt = copyOf(bandpass);
    spoil(spoilt);
    expect(findCalibrationProblems(measureCalibration(spoilt)).join('\n')).toMatch(message);
  });

  test('limits are options', () => {
    const problems = findCalibrationProblems(measureCalibration(bandpass), { minAntennas: 17 });
    expect(problems).toEqual(['16 antennas have solutions; at least 17 are expected']);
    expect(() => findCalibrationProblems(measureCalibration(bandpass), { minSnr: -1 })).toThrow(/minSnr/);
  });
});

function copyOf(solutions: CalibrationSolutions): CalibrationSolutions {
  const cloned = { ...solutions };
  for (const key of ['values', 'snr', 'flags'] as const)
    Object.assign(cloned, { [key]: ndarray(solutions[key].data.slice(), solutions[key].shape) });
  return cloned;
}

function scaleAntenna({ values, antennaNames }: CalibrationSolutions, name: string, factor: number): void {
  const [, nAnts] = values.shape as [number, number];
  const size = values.data.length / nAnts;
  const first = antennaNames.indexOf(name) * size;
  for (let i = first; i < first + size; i++) values.data[i]! *= factor;
}

/** By a generator of its own, so that every run has the same. */
function randomizePhases({ values }: CalibrationSolutions): void {
  let state = 1;
  for (let i = 0; i < values.data.length; i += 2) {
    state = (state * 48271) % 2147483647;
    const [re, im] = [values.data[i]!, values.data[i + 1]!];
    const angle = (state / 2147483647) * 2 * Math.PI;
    values.data[i] = re * Math.cos(angle) - im * Math.sin(angle);
    values.data[i + 1] = re * Math.sin(angle) + im * Math.cos(angle);
  }
}
