import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { isPipelineError, solveCalibration, solutionFlags } from '../../src/index.js';
import type { CalibrationSolutions, SkySource, SubbandGroup } from '../../src/index.js';
import { describeIf } from '../support/oracles.js';
import { canCorrupt, corruptedTile, trueGain } from './corrupted-tile.js';
import type { CorruptionTruth } from './corrupted-tile.js';

/** Chi-square per degree of freedom of solved against true gains, after the phase common to each channel and feed is taken out. */
function chiSquare(solved: CalibrationSolutions, truth: CorruptionTruth): number {
  let [sum, n] = [0, 0];
  for (const [k, hz] of solved.freqHz.entries())
    for (const feed of [0, 1]) {
      const cells = truth.antennas
        .map(pad => ({ a: solved.antennaNames.indexOf(String(pad)), gain: trueGain(truth, pad, hz, feed) }))
        .filter(({ a }) => solved.flags.get(0, a, k, feed) === 0)
        .map(({ a, gain }) => ({
          gain,
          re: solved.values.get(0, a, k, feed, 0),
          im: solved.values.get(0, a, k, feed, 1),
          sigma: solved.errors.get(0, a, k, feed),
        }));
      let [re, im] = [0, 0]; // solved times conjugate of true: the common phase
      for (const c of cells) {
        re += (c.re * c.gain.re + c.im * c.gain.im) / c.sigma ** 2;
        im += (c.im * c.gain.re - c.re * c.gain.im) / c.sigma ** 2;
      }
      const size = Math.hypot(re, im);
      for (const c of cells) {
        const turned = { re: (c.re * re + c.im * im) / size, im: (c.im * re - c.re * im) / size };
        sum += ((turned.re - c.gain.re) / c.sigma) ** 2 + ((turned.im - c.gain.im) / c.sigma) ** 2;
      }
      n += 2 * cells.length - 1;
    }
  return sum / n;
}

describeIf(canCorrupt, 'needs ../shared and python3 with h5py and erfa', 'solving', () => {
  let folder: string;
  let group: SubbandGroup;
  let truth: CorruptionTruth;
  let model: SkySource[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-solve-'));
    ({ group, truth, model } = await corruptedTile(join(folder, 'tile'), [
      ...['--antennas', '96', '--channels', '2', '--integrations', '6', '--n-sources', '6', '--seed', '3'],
      ...['--gain-error', '0.2', '--raw-scale', '40'],
    ]));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a bandpass is the true one within its errors', async () => {
    const bandpass = await solveCalibration(group, model, { term: 'bandpass', refAnt: '103' });
    expect(bandpass.values.shape).toEqual([1, 117, 32, 2, 2]);
    expect(bandpass.refAnt).toBe('103');
    expect(chiSquare(bandpass, truth)).toBeGreaterThan(0.9);
    expect(chiSquare(bandpass, truth)).toBeLessThan(1.1);
    const antennasWithout = bandpass.antennaNames.filter((_, a) => bandpass.flags.get(0, a, 0, 0) !== 0);
    expect(antennasWithout).toHaveLength(117 - 96);
    expect(solutionFlags[bandpass.flags.get(0, 9, 0, 0)]).toBe('noData'); // pad 10 has no dish
    const reference = bandpass.antennaNames.indexOf('103');
    expect(Math.abs(bandpass.values.get(0, reference, 5, 1, 1))).toBeLessThan(1e-12);
  });

  test('amplitudes of a bandpass are true to 1 % at a signal to noise of 100', async () => {
    // One source in the middle of the tile, so bright that a gain of one channel has the SNR of 100.
    const [raDeg, decDeg] = truth.tiles[0]!.meridian_icrs_deg[3]!;
    const sources = join(folder, 'calibrator.json');
    const fluxJy = (100 * truth.noise_sigma_jy) / Math.sqrt(95 * 6);
    writeFileSync(sources, JSON.stringify([{ ra_deg: raDeg, dec_deg: decDeg, flux_jy: fluxJy }]));
    const args = ['--antennas', '96', '--channels', '2', '--integrations', '6', '--seed', '4'];
    const tile = await corruptedTile(join(folder, 'bright'), [...args, '--sources', sources, '--gain-error', '0.2']);
    const bandpass = await solveCalibration(tile.group, tile.model, { term: 'bandpass', refAnt: '103' });
    const [ratios, snr]: [number[], number[]] = [[], []];
    for (const pad of tile.truth.antennas)
      for (const [k, hz] of bandpass.freqHz.entries())
        for (const feed of [0, 1]) {
          const a = bandpass.antennaNames.indexOf(String(pad));
          const gain = trueGain(tile.truth, pad, hz, feed);
          const [re, im] = [0, 1].map(part => bandpass.values.get(0, a, k, feed, part)) as [number, number];
          expect(bandpass.flags.get(0, a, k, feed)).toBe(0);
          ratios.push(Math.hypot(re, im) / Math.hypot(gain.re, gain.im));
          snr.push(bandpass.snr.get(0, a, k, feed));
        }
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const rms = (values: readonly number[]) => Math.sqrt(mean(values.map(value => value ** 2)));
    expect(mean(snr)).toBeGreaterThan(90);
    expect(mean(snr)).toBeLessThan(110);
    expect(Math.abs(rms(ratios.map((ratio, i) => (ratio - 1) * snr[i]!)) - 1)).toBeLessThan(0.06); // noise, nothing else
    expect(Math.abs(mean(ratios) - 1)).toBeLessThan(0.001);
    const ofSnr100 = ratios.filter((_, i) => snr[i]! >= 100); // antennas differ by 20 %, and their SNR
    expect(ofSnr100.length).toBeGreaterThan(2000);
    expect(rms(ofSnr100.map(ratio => ratio - 1))).toBeLessThan(0.01);
  });

  test('one solution of a time range is that of a tile with no other times', async () => {
    const { integration_s, tiles } = truth;
    const at = (integration: number) => (tiles[0]!.time_array_0_jd - 2400000.5) * 86400 + integration * integration_s;
    const options = { term: 'gain', refAnt: '103' } as const;
    const part = await solveCalibration(group, model, { ...options, timeRangeMjdSec: [at(2) - 1, at(3) + 1] });
    const all = await solveCalibration(group, model, { ...options, solintSec: 2 * integration_s });
    expect(part.values.shape).toEqual([1, 117, 1, 2, 2]);
    expect(part.timeMjdSec[0]).toBeCloseTo(all.timeMjdSec[1]!, 3);
    const a = part.antennaNames.indexOf('50');
    for (const feed of [0, 1])
      for (const of of [0, 1])
        expect(part.values.get(0, a, 0, feed, of)).toBeCloseTo(all.values.get(1, a, 0, feed, of), 6);
    const none = solveCalibration(group, model, { ...options, timeRangeMjdSec: [at(9), at(10)] });
    await expect(none).rejects.toThrow(/time range that holds the middle of an integration/);
  });

  test('a delay, and what is left of the bandpass on top of it', async () => {
    const delay = await solveCalibration(group, model, { term: 'delay', refAnt: '103' });
    expect(delay.values.shape).toEqual([1, 117, 1, 2, 2]);
    const [low, high] = [Math.min(...truth.freq_hz), Math.max(...truth.freq_hz)];
    let worst = 0;
    for (const pad of truth.antennas)
      for (const feed of [0, 1]) {
        // True phases are straight lines: two channels give the delay, up to turns, of which there are none in one step.
        const slope = (one: number) => {
          let phase = 0;
          const channels = [...truth.freq_hz].sort((a, b) => a - b).map(hz => trueGain(truth, one, hz, feed));
          for (let k = 1; k < channels.length; k++) {
            const [g, h] = [channels[k - 1]!, channels[k]!];
            phase += Math.atan2(h.im * g.re - h.re * g.im, h.re * g.re + h.im * g.im);
          }
          return phase / (2 * Math.PI * (high - low));
        };
        const a = delay.antennaNames.indexOf(String(pad));
        const error = delay.values.get(0, a, 0, feed, 0) - (slope(pad) - slope(103));
        worst = Math.max(worst, Math.abs(error) / (delay.errors.get(0, a, 0, feed) * Math.SQRT2));
        expect(delay.flags.get(0, a, 0, feed)).toBe(0);
      }
    expect(worst).toBeLessThan(4.5);
    const rest = await solveCalibration(group, model, { term: 'bandpass', refAnt: '103', prior: [delay] });
    const a = rest.antennaNames.indexOf('50');
    const phases = rest.freqHz.map((_, k) =>
      Math.atan2(rest.values.get(0, a, k, 0, 1), rest.values.get(0, a, k, 0, 0)),
    );
    expect(Math.max(...phases) - Math.min(...phases)).toBeLessThan(0.2);
  });

  test('gains on top of a bandpass are 1', async () => {
    const bandpass = await solveCalibration(group, model, { term: 'bandpass', refAnt: '103' });
    const options = { term: 'gain', refAnt: '103', solintSec: 30, prior: [bandpass] } as const;
    for (const phaseOnly of [false, true]) {
      const gain = await solveCalibration(group, model, { ...options, phaseOnly });
      expect(gain.values.shape).toEqual([3, 117, 1, 2, 2]);
      let worst = 0;
      for (const pad of truth.antennas) {
        const a = gain.antennaNames.indexOf(String(pad));
        for (let t = 0; t < 3; t++)
          worst = Math.max(worst, Math.abs(gain.values.get(t, a, 0, 1, 1)) / gain.errors.get(t, a, 0, 1));
      }
      expect(worst).toBeLessThan(7); // sqrt(2) for the reference antenna
    }
  });

  test('the healthiest antenna is the reference where none is named', async () => {
    const { refAnt, antennaNames, flags } = await solveCalibration(group, model, { term: 'gain' });
    expect(flags.get(0, antennaNames.indexOf(refAnt!), 0, 0)).toBe(0);
  });

  test('an antenna without data cannot be the reference', async () => {
    const error = await solveCalibration(group, model, { term: 'gain', refAnt: '10' }).catch((e: unknown) => e);
    expect(isPipelineError(error, 'INVALID_ARGUMENT')).toBe(true);
    expect((error as Error).message).toMatch(/reference antenna but received 10, which has none.*103/);
  });

  test.each([
    [{ term: 'fringe' }, /term to be one of delay, bandpass, gain/],
    [{ term: 'bandpass', phaseOnly: true }, /phaseOnly to go with the term gain/],
    [{ term: 'gain', solintSec: 0 }, /solintSec/],
    [{ term: 'gain', minUvWavelengths: 5, maxUvWavelengths: 2 }, /maxUvWavelengths/],
    [{ term: 'gain', minBaselineMeters: 1e5 }, /at least one solution/],
    [{ term: 'gain', prior: [{}] }, /array of solutions/],
  ])('%j is refused', async (options, message) => {
    await expect(solveCalibration(group, model, options as never)).rejects.toThrow(message);
  });

  test('an empty model is refused', async () => {
    await expect(solveCalibration(group, [], { term: 'gain' })).rejects.toThrow(/at least one source/);
  });
});
