import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  convertToMs,
  flagVisibilities,
  imageGroup,
  measureSources,
  readMs,
  solveCalibration,
  writeFlags,
} from '../../src/index.js';
import { describeIf, hasProgram, hasPythonModule } from '../support/oracles.js';
import { canCorrupt, corruptedTile } from './corrupted-tile.js';

const script = (name: string) => new URL(name, import.meta.url).pathname;
const python = (name: string, ...args: string[]) =>
  execFileSync('/usr/bin/python3', [script(name), ...args], { encoding: 'utf8' });

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'contimg-flag-'))));
afterAll(() => rm(folder, { recursive: true }));

interface Score {
  readonly narrow: number;
  readonly broad: number;
  readonly sporadic: number;
  readonly partial?: number;
  readonly false: number;
}

describeIf(
  canCorrupt && hasPythonModule('casacore.tables') && hasProgram('aoflagger'),
  'needs ../shared, python3-casacore and aoflagger',
  'interference, beside AOFlagger with its default strategy',
  () => {
    /** Rates of a tile that `args` make, with interference of a seed and of amplitudes in sigma. */
    async function scores(name: string, args: readonly string[], seed: number, amplitudes: readonly number[]) {
      const at = (file: string) => join(folder, `${name}-${file}`);
      const [ours, theirs, masks] = [at('ours.ms'), at('theirs.ms'), at('masks.npz')];
      const { group, truth } = await corruptedTile(at('tile'), [...args, '--n-sources', '6']);
      await convertToMs(group, { path: ours });
      python('inject-interference.py', ours, masks, ...[truth.noise_sigma_jy, seed, ...amplitudes].map(String));
      await cp(ours, theirs, { recursive: true });
      await writeFlags(ours, await flagVisibilities(ours, { autocorrelations: false, shadowed: false }));
      execFileSync('aoflagger', ['-j', '2', theirs], {
        env: { ...process.env, OPENBLAS_NUM_THREADS: '1' },
        stdio: 'ignore',
      });
      const [own, other] = JSON.parse(python('score-flags.py', masks, ours, theirs)) as [Score, Score];
      console.table({ contimg: own, aoflagger: other });
      for (const kind of ['narrow', 'broad', 'sporadic'] as const)
        expect(own[kind]).toBeGreaterThanOrEqual(other[kind]);
      expect(own.false).toBeLessThan(other.false);
      return { own, other };
    }

    test('more is found, what hides below the noise of a baseline too', async () => {
      const args = ['--antennas', '14', '--channels', '24', '--integrations', '24', '--seed', '9'];
      const { own, other } = await scores('plain', args, 5, [2, 2, 10, 3]);
      for (const kind of ['narrow', 'broad', 'sporadic'] as const) expect(own[kind]).toBeGreaterThan(0.98);
      // Channels of 3 sigma on a third of the baselines are found there, and not flagged on the others.
      expect(own.partial).toBeGreaterThan(0.85);
      expect(other.partial).toBeLessThan(0.5);
      expect(own.false).toBeLessThan(0.0005);
    });

    test('what some baselines have beside bright sources is not flagged on the others', async () => {
      const args = ['--antennas', '24', '--channels', '12', '--integrations', '24', '--seed', '38'];
      const { own } = await scores('faint', args, 38, [0.5, 0.5, 5]);
      expect(own.sporadic).toBeGreaterThan(0.4);
      expect(own.false).toBeLessThan(0.0005);
    });
  },
);

describeIf(canCorrupt, 'needs ../shared and python3 with h5py and erfa', 'flagging', () => {
  const tile = ['--antennas', '96', '--channels', '2', '--integrations', '6', '--n-sources', '6', '--seed', '3'];

  test('clean data keep all but autocorrelations', async () => {
    const { group } = await corruptedTile(join(folder, 'clean'), tile);
    const flags = await flagVisibilities(group);
    expect(flags.counts.interference.fraction).toBeLessThan(0.005);
    expect(flags.counts.autocorrelation.fraction).toBeCloseTo(96 / 4656, 6);
    expect(flags.deadAntennas).toEqual([]);
    expect(flags.nVisibilities).toBe(4656 * 6 * 32 * 2);
  });

  test.each([
    [14, 102],
    [24, 104],
  ])('fringes are no interference where %i antennas have 3 channels in a subband', async (nAntennas, seed) => {
    const args = ['--antennas', String(nAntennas), '--channels', '3', '--n-sources', '6', '--seed', String(seed)];
    const { group } = await corruptedTile(join(folder, `fringes-${seed}`), args);
    const flags = await flagVisibilities(group);
    expect(flags.counts.interference.fraction).toBeLessThan(0.0001);
  });

  test('flags of an MS are written where they belong, and read back', async () => {
    const { group } = await corruptedTile(join(folder, 'written'), [...tile.slice(2), '--antennas', '8']);
    const { path } = await convertToMs(group, { path: join(folder, 'written.ms') });
    const flags = await flagVisibilities(path, { edgeChannels: 1, interference: false });
    expect(flags.counts.bandEdge.fraction).toBe(1);
    const few = { reasons: flags.reasons };
    for (let i = 0; i < few.reasons.data.length; i++) few.reasons.data[i] = i % 13 === 0 ? 64 : 0;
    await writeFlags(path, few);
    const { flags: read } = await readMs(path);
    expect(read.data.every((flag, i) => (flag !== 0) === (i % 13 === 0))).toBe(true);
    await expect(writeFlags(path, { reasons: (await flagVisibilities(group)).reasons.hi(3, 3, 2) })).rejects.toThrow(
      /flags of the shape/,
    );
  });

  test('dead and swapped antennas, lost data, interference and a lost subband: each found, the image as clean', async () => {
    const imaging = { npix: 800, cellArcsec: 8, niter: 500, maxMajorCycles: 4, outerSources: false } as const;
    const clean = await imageGroup((await corruptedTile(join(folder, 'pure'), tile)).group, imaging);
    const faults = ['--gain-error', '0.2', '--raw-scale', '40', '--dead', '3', '--swapped', '1', '--missing', '0.2'];
    const more = ['--rfi', '0.05', '--rfi-sigma', '100', '--missing-subbands', '1', '--channels', '6'];
    const { group, model, truth } = await corruptedTile(join(folder, 'faulty'), [...tile, ...faults, ...more]);
    const flags = await flagVisibilities(group);
    // 5 % of the cells, of all visibilities that are there.
    const there = 0.8 * (15 / 16);
    expect(flags.counts.interference.fraction / there).toBeGreaterThan(0.045);
    expect(flags.counts.interference.fraction / there).toBeLessThan(0.1);
    expect(flags.counts.flaggedBefore.fraction).toBeGreaterThan(0.2);
    const bandpass = await solveCalibration(group, model, { term: 'bandpass', flags });
    for (const pad of truth.dead_pads) {
      const a = bandpass.antennaNames.indexOf(String(pad));
      const good = bandpass.flags.pick(0, a, -1, -1);
      for (let k = 0; k < 96; k++) expect(good.get(k, 0)).not.toBe(0);
    }
    const image = await imageGroup(group, { ...imaging, flags, calibration: [bandpass] });
    const bright = model.filter(({ fluxJy }) => fluxJy > 0.5);
    const fluxes = [clean, image].map(({ restored }) => measureSources(restored, bright).map(s => s?.fluxJy ?? NaN));
    for (const [i, flux] of fluxes[1]!.entries()) expect(Math.abs(flux / fluxes[0]![i]! - 1)).toBeLessThan(0.05);
  });
});
