import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ndarray from 'ndarray';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { imageGroup, measureSources, selfCalibrate, solveCalibration } from '../../src/index.js';
import type { CalibrationSolutions, SkySource, TileImages } from '../../src/index.js';
import { canCorrupt, corruptedTile } from '../55-calibration/corrupted-tile.js';
import { describeIf } from '../support/oracles.js';
import { gaussiansOf } from '../support/random.js';

/**
 * Gains that are off by as much, for each antenna and feed, at all times and frequencies; not in the mean, which is the
 * scale of fluxes.
 */
function perturbed(solutions: CalibrationSolutions, amplitude: number, phaseDeg: number): CalibrationSolutions {
  const [nTimes, nAnts, nFreqs, nPols] = solutions.flags.shape as [number, number, number, number];
  const normal = gaussiansOf(7);
  const sizes = Array.from({ length: nAnts * nPols }, () => 1 + amplitude * normal());
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  const factors = sizes.map(one => {
    const [size, angle] = [one / mean, (normal() * phaseDeg * Math.PI) / 180];
    return [size * Math.cos(angle), size * Math.sin(angle)] as const;
  });
  const values = ndarray(solutions.values.data.slice(), solutions.values.shape);
  for (let i = 0; i < nTimes * nAnts * nFreqs * nPols; i++) {
    const [re, im] = factors[(Math.floor(i / (nFreqs * nPols)) % nAnts) * nPols + (i % nPols)]!;
    const [a, b] = [values.data[2 * i]!, values.data[2 * i + 1]!];
    values.data[2 * i] = a * re - b * im;
    values.data[2 * i + 1] = a * im + b * re;
  }
  return { ...solutions, values };
}

describeIf(canCorrupt, 'needs ../shared and python3 with h5py and erfa', 'self-calibration', () => {
  const tile = ['--antennas', '40', '--channels', '2', '--integrations', '4'];
  const imaging = { npix: 800, cellArcsec: 6, niter: 2000, maxMajorCycles: 4, outerSources: false } as const;
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'contimg-selfcal-'))));
  afterAll(() => rm(folder, { recursive: true }));

  const skyOf = async (
    name: string,
    sources: readonly (readonly [raDeg: number, decDeg: number, fluxJy: number])[],
  ) => {
    const path = join(folder, `${name}.json`);
    await writeFile(path, JSON.stringify(sources.map(([ra_deg, dec_deg, flux_jy]) => ({ ra_deg, dec_deg, flux_jy }))));
    return path;
  };

  it('takes away what calibration left: 10 degrees and 5 % of each antenna', async () => {
    const sky = await skyOf('field', [
      [336.85, 16.15, 2],
      [336.6, 16.35, 0.8],
      [337.1, 15.95, 0.6],
      [336.95, 15.8, 0.4],
    ]);
    const args = [...tile, '--sources', sky, '--noise', '0.3', '--gain-error', '0.2', '--raw-scale', '40'];
    const { group, model } = await corruptedTile(join(folder, 'errors'), args);
    const bandpass = await solveCalibration(group, model, { term: 'bandpass', refAnt: '103' });
    const ideal = await imageGroup(group, { ...imaging, calibration: [bandpass] });
    const calibration = [perturbed(bandpass, 0.05, 10)];
    const result = await selfCalibrate(group, {
      calibration,
      imaging,
      refAnt: '103',
      phaseSolintSec: Infinity,
      phaseRounds: 2,
    });
    const { before, after, rounds, solutions } = result;
    expect(rounds[0]).toMatchObject({ phaseOnly: true, accepted: true });
    expect(solutions.map(({ phaseOnly }) => phaseOnly)).toEqual([true, false]);
    expect(before.rmsJyBeam / ideal.rmsJyBeam).toBeGreaterThan(2);
    expect(after.rmsJyBeam / ideal.rmsJyBeam).toBeLessThan(1.05);
    expect(after.dynamicRange / before.dynamicRange).toBeGreaterThan(2);
    expect(result.tile.rmsJyBeam).toBe(after.rmsJyBeam);
    expect(Math.abs(fluxRatio(result.tile, ideal, model) - 1)).toBeLessThan(0.02);
    // The solutions are those that the image has: in one step from the data it is the same.
    const again = await imageGroup(group, { ...imaging, calibration: [...calibration, ...solutions] });
    expect(again.rmsJyBeam).toBe(after.rmsJyBeam);
    // Of the shortest baselines alone few antennas get solutions.
    const short = await selfCalibrate(group, { calibration, imaging, phaseRounds: 1, maxBaselineMeters: 20 });
    expect(short.rounds).toMatchObject([{ accepted: false, reason: expect.stringMatching(/solution/) }]);
    await expect(selfCalibrate(group, { minUvWavelengths: 2, maxUvWavelengths: 1 })).rejects.toThrow(/UvWavelengths/);
  });

  it('of noise is refused, and the image is that without it', async () => {
    const sky = await skyOf('nothing', [[336.9, 16.15, 0.0005]]);
    const { group } = await corruptedTile(join(folder, 'noise'), [...tile, '--sources', sky]);
    const { rounds, solutions, before, after, tile: image } = await selfCalibrate(group, { imaging });
    expect(rounds).toHaveLength(1);
    expect(rounds[0]).toMatchObject({ accepted: false, figures: undefined });
    expect(rounds[0]!.reason).toMatch(/shows no compact source above 15 sigma/);
    expect({ solutions, after }).toEqual({ solutions: [], after: before });
    expect(image.rmsJyBeam).toBe((await imageGroup(group, imaging)).rmsJyBeam);
  });

  it('against a model that lacks most of the sky: what would make the image worse is refused, and told', async () => {
    const sky = await skyOf('outer', [
      [336.85, 16.15, 0.3],
      [338.4, 17.0, 12],
    ]);
    const { group } = await corruptedTile(join(folder, 'outer'), [...tile, '--sources', sky]);
    const { rounds, before, after, solutions } = await selfCalibrate(group, { imaging, phaseSolintSec: 15, minSnr: 0 });
    const refused = rounds.filter(({ accepted, figures }) => !accepted && figures !== undefined);
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatch(/would (rise from|lose|be)/);
    expect(solutions.length).toBeLessThanOrEqual(rounds.length - refused.length);
    expect(after.dynamicRange).toBeGreaterThanOrEqual(before.dynamicRange);
    for (const { accepted, figures } of rounds)
      if (accepted) expect(figures!.compactFluxJy).toBeGreaterThan(0.98 * before.compactFluxJy);
  });
});

/** Median flux of the brighter sources over that in another image. */
function fluxRatio(image: TileImages, other: TileImages, model: readonly SkySource[]): number {
  const bright = model.filter(({ fluxJy }) => fluxJy > 0.3);
  const [a, b] = [image, other].map(({ restored }) => measureSources(restored, bright));
  const ratios = a!.map((source, i) => (source?.fluxJy ?? NaN) / (b![i]?.fluxJy ?? NaN)).sort((x, y) => x - y);
  expect(ratios.length).toBeGreaterThan(1);
  return ratios[ratios.length >> 1]!;
}
