import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

import { groupSubbands } from '../../src/grouping/index.js';
import type { SubbandInfo } from '../../src/grouping/index.js';
import { dsa110 } from '../../src/core/dsa110.js';
import { randomOf, shuffled } from '../support/random.js';

const startSec = Date.parse('2026-01-25T22:00:05Z') / 1000;
const startJd = 2440587.5 + startSec / 86400;

/** Name and header of one subband file of tile `tile`, its name stamp `jitterSec` late. */
function subband(tile: number, index: number, jitterSec = 0): SubbandInfo {
  const tileSec = dsa110.nIntegrations * dsa110.integrationSec;
  const stamp = new Date(Math.floor(startSec + tile * tileSec + jitterSec) * 1000).toISOString().slice(0, 19);
  const firstTimeJd = startJd + (tile * tileSec + dsa110.integrationSec / 2) / 86400;
  return {
    path: `/data/${stamp}_sb${String(index).padStart(2, '0')}.hdf5`,
    fileSizeBytes: 145348600,
    firstTimeJd,
    lastTimeJd: firstTimeJd + (23 * dsa110.integrationSec) / 86400,
    integrationSec: dsa110.integrationSec,
    pointingDecDeg: 16.15,
    nBlts: 111744,
    freqHz: Float64Array.from(
      { length: 48 },
      (_, channel) => dsa110.topChannelHz - dsa110.channelWidthHz * (48 * index + channel),
    ),
  };
}

function tile(index: number, jitterSec: (subbandIndex: number) => number = () => 0): SubbandInfo[] {
  return [...Array(16).keys()].map(k => subband(index, k, jitterSec(k)));
}

describe('groupSubbands', () => {
  test('one observation: a complete group with the id of its start', () => {
    const { groups, leftOut } = groupSubbands(tile(0));
    expect(leftOut).toEqual([]);
    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({ id: '2026-01-25T22:00:05', timeSource: 'header', complete: true, problems: [] });
    expect(groups[0]!.files.map(file => file.subband)).toEqual([...Array(16).keys()]);
  });

  test('the result is the same for every order of the files, whatever their stamps', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = randomOf(seed);
      const files = [0, 1, 2, 3].flatMap(k => tile(k, () => Math.floor(82 * random())));
      const expected = groupSubbands(files);
      expect(expected.groups.map(group => group.complete)).toEqual([true, true, true, true]);
      expect(groupSubbands(shuffled(files, random))).toEqual(expected);
    }
  });

  test('every file is in exactly one group, and missing subbands are those that were taken away', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = randomOf(seed);
      const files = shuffled(
        [0, 1, 2].flatMap(k => tile(k, () => Math.floor(82 * random()))),
        random,
      );
      const removed = files.splice(0, Math.floor(10 * random()));
      const { groups } = groupSubbands(files);
      const paths = groups.flatMap(group => group.files.map(file => file.path));
      expect(paths.sort()).toEqual(files.map(file => file.path).sort());
      const nMissing = groups.reduce((sum, group) => sum + group.missingSubbands.length, 0);
      expect(nMissing).toBe(removed.length);
      for (const group of groups) {
        expect(group.complete).toBe(group.missingSubbands.length === 0);
        expect(group.problems.map(problem => problem.code)).toEqual(group.missingSubbands.map(() => 'MISSING_SUBBAND'));
      }
    }
  });

  test('times that differ in the last bit are different observations, and their equal ids are reported', () => {
    const files = tile(0);
    const nextUp = startJd + dsa110.integrationSec / 2 / 86400 + 2 ** -31;
    files[3] = { ...files[3]!, firstTimeJd: nextUp };
    const { groups } = groupSubbands(files);
    expect(groups.map(group => group.files.length)).toEqual([15, 1]);
    for (const group of groups) expect(group.problems.map(problem => problem.code)).toContain('DUPLICATE_ID');
  });

  test('two files of one subband: both listed, reported, not complete', () => {
    const files = [...tile(0), subband(0, 7, 30)];
    const [group] = groupSubbands(files).groups;
    expect(group!.complete).toBe(false);
    expect(group!.files.filter(file => file.subband === 7)).toHaveLength(2);
    expect(group!.problems).toMatchObject([{ code: 'DUPLICATE_SUBBAND', path: files[16]!.path }]);
  });

  test.each([
    ['pointing declination', { pointingDecDeg: 54.57 }],
    ['number of rows', { nBlts: 4656 }],
    ['last integration', { lastTimeJd: startJd + 1 }],
  ])('a file that differs in its %s is reported', (trait, change) => {
    const files = tile(0);
    files[5] = { ...files[5]!, ...change };
    const [group] = groupSubbands(files).groups;
    expect(group!.complete).toBe(false);
    expect(group!.problems).toMatchObject([{ code: 'INCONSISTENT_FILE', path: files[5]!.path }]);
    expect(group!.problems[0]!.message).toContain(trait);
  });

  test('a file named for another subband than its frequencies are is reported', () => {
    const files = tile(0);
    files[5] = { ...files[5]!, freqHz: files[6]!.freqHz! };
    expect(groupSubbands(files).groups[0]!.problems).toMatchObject([
      { code: 'INCONSISTENT_FILE', message: expect.stringMatching(/subband 5 but .* 6/) },
    ]);
  });

  test('names alone: chains of stamps, a gap above 60 s parts them', () => {
    const paths = [0, 1, 2].flatMap(k => tile(k, index => index * 3)).map(file => file.path);
    const { groups } = groupSubbands(paths);
    expect(groups.map(group => group.files.length)).toEqual([16, 16, 16]);
    expect(groups[0]).toMatchObject({ id: '2026-01-25T22:00:05', timeSource: 'name', complete: true });
    expect(groups[0]!.pointingDecDeg).toBeUndefined();

    const name = (second: number, index: string) =>
      `2026-01-25T22:0${second < 60 ? 0 : 1}:${String(second % 60).padStart(2, '0')}_sb${index}.hdf5`;
    expect(groupSubbands([name(0, '00'), name(60, '01')]).groups).toHaveLength(1);
    expect(groupSubbands([name(0, '00'), name(61, '01')]).groups).toHaveLength(2);
  });

  test('a header without a usable time joins the group of its stamp', () => {
    const files = [...tile(0), ...tile(1)];
    files[20] = { ...files[20]!, firstTimeJd: Number.NaN };
    const { groups } = groupSubbands(files);
    expect(groups.map(group => group.files.length)).toEqual([16, 16]);
    expect(groups[1]!.problems).toMatchObject([{ code: 'TIME_FROM_NAME', path: files[20]!.path }]);
  });

  test.each([
    '/data/notes.txt',
    '/data/2026-01-25T22:00:05_sb16.hdf5',
    '/data/2026-01-25T22:00:05_sb1.hdf5',
    '/data/2026-02-30T22:00:05_sb01.hdf5',
    '/data/2026-01-25 22:00:05_sb01.hdf5',
    '/data/x2026-01-25T22:00:05_sb01.hdf5',
  ])('%s is left out by its name', path => {
    expect(groupSubbands([path])).toMatchObject({ groups: [], leftOut: [{ code: 'UNKNOWN_NAME', path }] });
  });

  test('no files: no groups', () => {
    expect(groupSubbands([])).toEqual({ groups: [], leftOut: [] });
  });

  test.each([undefined, null, 'a.hdf5', 16, {}, [null], [{}], [{ path: 16 }], [''], { headers: [], leftOut: null }])(
    '%j is refused by name',
    files => {
      const call = () => groupSubbands(files as unknown as string[]);
      expect(call).toThrowError(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      expect(call).toThrow(/Expected (files|a file|path of a file) to be/);
    },
  );
});

test('grouping works without the native addon', async () => {
  const { metafile } = await build({
    entryPoints: ['src/grouping/index.ts'],
    bundle: true,
    packages: 'external',
    platform: 'node',
    write: false,
    metafile: true,
  });
  expect(Object.keys(metafile.inputs).filter(input => /addon|core\/job|uvh5\//.test(input))).toEqual([]);
});
