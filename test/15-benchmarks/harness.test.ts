import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, describe, expect, test } from 'vitest';

import type { Measurement } from '../../benchmarks/case.js';
import { allCases } from '../../benchmarks/cases/index.js';
import { largestDifference } from '../../benchmarks/compare.js';
import { directPixel, directVisibility } from '../../benchmarks/direct-sum.js';
import { caseTable, summaryTable } from '../../benchmarks/table.js';
import { tasks } from '../../benchmarks/tasks/index.js';
import { median } from '../../src/core/median.js';
import { gridVisibilities } from '../../src/index.js';
import { dsa110Samples } from '../50-imaging/uv-samples.js';
import { hasPythonModule } from '../support/oracles.js';
import { randomOf } from '../support/random.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'contimg-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

function bench(...args: string[]) {
  return spawnSync(process.execPath, [join(root, 'scripts', 'bench.mjs'), ...args], { encoding: 'utf8' });
}

describe('every case', () => {
  const sizes = ['full', 'quick'] as const;

  test('has a name of its own, the same in both sizes', () => {
    const [full, quick] = sizes.map(size => allCases(size).map(({ name }) => name));
    expect(full).toEqual(quick);
    expect(new Set(full).size).toBe(full!.length);
    for (const name of full!) expect(name).toMatch(/^[a-z]+\/[\w.-]+$/);
  });

  test.each(sizes)('of size %s names tasks and scripts that exist, a peer, and its own limit', size => {
    for (const { name, contenders, threads, limit, errorMeans } of allCases(size)) {
      expect(contenders[0]!.name, name).toMatch(/^contimg/);
      expect(contenders.length, name).toBeGreaterThan(1);
      expect(new Set(contenders.map(contender => contender.name)).size, name).toBe(contenders.length);
      expect(threads, name).toBeGreaterThan(0);
      expect(errorMeans, name).not.toBe('');
      for (const { task } of contenders) {
        if ('node' in task) expect(tasks, name).toHaveProperty(task.node);
        else
          expect(readFileSync(join(root, 'benchmarks', 'python', `${task.python}.py`), 'utf8')).toMatch(/^prepare = /m);
      }
      if (limit?.kind === 'contender') expect(contenders.map(contender => contender.name)).toContain(limit.name);
    }
  });
});

test('a quick case runs from simulation to table and JSON, and reads exactly what h5py reads', () => {
  const json = join(folder, 'out.json');
  const options = ['--quick', '--no-install', '--rounds', '2', '--data', join(folder, 'data'), '--json', json];
  const run = bench('read/file-contiguous', ...options);
  expect(run.status, run.stderr).toBe(0);
  expect(run.stdout).toMatch(/^.*cores.*memory 1t .* GB\/s, fma 1t .* GFLOP\/s/);
  expect(run.stdout).toContain('read/file-contiguous: ');

  const measurements = JSON.parse(readFileSync(json, 'utf8')) as Measurement[];
  const limits = measurements.filter(entry => entry.case.startsWith('machine/'));
  expect(new Set(limits.map(entry => entry.case))).toEqual(new Set(['machine/memory', 'machine/fma']));
  for (const { throughput } of limits) expect(throughput).toBeGreaterThan(0);

  const ours = measurements.find(entry => entry.contender === 'contimg')!;
  expect(ours).toMatchObject({ case: 'read/file-contiguous', rounds: 2, unit: 'GB/s', limit: 'memory' });
  expect(ours.threads).toBeGreaterThan(0);
  expect(ours.params).toMatchObject({ rows: 12672, channels: 24 });
  expect(ours.min_s).toBeLessThanOrEqual(ours.median_s!);
  expect(ours.max_s).toBeGreaterThanOrEqual(ours.median_s!);
  expect(ours.throughput! * ours.median_s!).toBeCloseTo(7.907328e-3, 6);
  expect(ours.peak_mb).toBeGreaterThan(20);
  expect(ours.limit_fraction).toBeGreaterThan(0);
  if (hasPythonModule('h5py')) expect(ours.error).toBe(0);

  // Every contender is there, with figures or with the reason for none.
  const names = allCases('quick')[0]!.contenders.map(contender => contender.name);
  const measured = measurements.filter(entry => entry.case === 'read/file-contiguous');
  expect(measured.map(entry => entry.contender)).toEqual(names);
  for (const entry of measured) expect(entry.median_s === null).toBe(entry.absent !== undefined);
});

test('words that no case holds are refused, and --list names the cases that they pick', () => {
  expect(bench('no-such-case').stderr).toMatch(/no-such-case/);
  expect(bench('no-such-case').status).toBe(1);
  expect(bench('--list', 'read/header', 'file-lzf').stdout.trim().split('\n')).toEqual([
    'read/file-lzf',
    'read/header',
  ]);
});

test('a contender without figures is named in the table with its reason', () => {
  const none = { median_s: null, min_s: null, max_s: null, throughput: null, error: null, figures: {}, peak_mb: null };
  const entry = { case: 'a/b', version: '', params: {}, threads: 1, unit: 'GB/s', error_means: 'x', limit: null };
  const table = caseTable([
    { ...entry, ...none, contender: 'contimg', rounds: 3, median_s: 2, min_s: 1, max_s: 3, throughput: 8, limit_fraction: 0.5, figures: { depth: 1.25 } }, // prettier-ignore
    { ...entry, ...none, contender: 'swift', rounds: 3, median_s: 1, min_s: 1, max_s: 1, throughput: 16, limit_fraction: 1 }, // prettier-ignore
    { ...entry, ...none, contender: 'peer', rounds: 0, limit_fraction: null, absent: 'absent: not for sale' },
  ]);
  expect(table).toMatch(/swift .* 0\.50 /);
  expect(table).toContain('3 rounds');
  expect(table).toMatch(/peak MB +depth\n.*contimg .* 1\.25\n.*swift .* -\n/);
  expect(table).toContain('peer: absent: not for sale');
});

test('the summary has a line per case with the ratio to the fastest other contender', () => {
  const entry = (name: string, contender: string, median_s: number | null) =>
    ({ case: name, contender, median_s }) as Measurement;
  const lines = summaryTable([
    entry('machine/fma', 'machine', 1),
    entry('a/b', 'contimg', 2),
    entry('a/b', 'swift', 5),
    entry('a/b', 'slow', 9),
    entry('a/longer', 'contimg', 0.5),
    entry('a/longer', 'swift', null),
  ]).split('\n');
  expect(lines).toEqual([
    'a/b         x 2.50  contimg 2 s, swift 5 s, slow 9 s',
    expect.stringMatching(/^a\/longer +contimg 0\.5 s$/),
  ]);
});

test('the median is the middle one, or between the two', () => {
  expect(median([5, 1, 9])).toBe(5);
  expect(median([4, 1, 9, 6])).toBe(5);
});

test('a difference anywhere, a NaN and another length are seen', () => {
  const write = (name: string, values: number[]) => {
    const path = mkdtempSync(join(folder, name));
    writeFileSync(join(path, 'a.f32'), Float32Array.from(values));
    return path;
  };
  const truth = write('truth', [1, 2, 3]);
  expect(largestDifference(write('same', [1, 2, 3]), truth, ['a.f32'])).toBe(0);
  expect(largestDifference(write('last', [1, 2, 3.5]), truth, ['a.f32'])).toBe(0.5);
  expect(largestDifference(write('nan', [1, NaN, 3]), truth, ['a.f32'])).toBeNaN();
  expect(largestDifference(write('short', [1, 2]), truth, ['a.f32'])).toBe(Infinity);
});

test('the direct sums are those of the gridder, and adjoint to each other', async () => {
  const { uvwMeters, freqHz, visibilities, weights } = dsa110Samples(16, 3, randomOf(1));
  const samples = { uvwMeters: uvwMeters.data, freqHz, visibilities: visibilities.data };
  const grid = { nx: 64, ny: 64, cellArcsec: 60 };
  const image = await gridVisibilities({ uvwMeters, freqHz, visibilities, weights }, { npix: 64, cellArcsec: 60 });
  const rms = Math.sqrt(image.data.reduce((sum, value) => sum + value * value, 0) / image.data.length);
  const pixel = directPixel(samples, grid, 50, 7, weights.data);
  expect(Math.abs(pixel - image.get(50, 7)) / rms).toBeLessThan(1e-4);

  let inner = 0;
  for (let row = 0, i = 0; row < uvwMeters.shape[0]!; row++) {
    for (let channel = 0; channel < 3; channel++, i++) {
      const [re, im] = directVisibility(samples, grid, [[50, 7, 1]], row, channel);
      inner += visibilities.data[2 * i]! * re + visibilities.data[2 * i + 1]! * im;
    }
  }
  expect(directPixel(samples, grid, 50, 7)).toBeCloseTo(inner, 5);
});
