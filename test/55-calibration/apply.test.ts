import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { convertToMs, imageGroup, imageMs, measureSources, solveCalibration } from '../../src/index.js';
import type { CalibrationSolutions, SkySource, SubbandGroup, TileImages } from '../../src/index.js';
import { describeIf } from '../support/oracles.js';
import { canCorrupt, corruptedTile } from './corrupted-tile.js';

describeIf(canCorrupt, 'needs ../shared and python3 with h5py and erfa', 'applying while imaging', () => {
  const imaging = { npix: 800, cellArcsec: 8, niter: 500, maxMajorCycles: 4, outerSources: false } as const;
  const tile = ['--antennas', '96', '--channels', '2', '--integrations', '6', '--n-sources', '6', '--seed', '3'];
  let folder: string;
  let corrupted: SubbandGroup;
  let model: SkySource[];
  let clean: TileImages;
  let bandpass: CalibrationSolutions;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-apply-'));
    const { group } = await corruptedTile(join(folder, 'clean'), tile);
    clean = await imageGroup(group, imaging);
    const args = [...tile, '--gain-error', '0.2', '--raw-scale', '40'];
    ({ group: corrupted, model } = await corruptedTile(join(folder, 'corrupted'), args));
    bandpass = await solveCalibration(corrupted, model, { term: 'bandpass' });
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Fluxes and noise of an image against those of the clean data. */
  async function expectLikeClean(image: TileImages): Promise<void> {
    const bright = model.filter(({ fluxJy }) => fluxJy > 0.3);
    const fluxes = async ({ restored }: TileImages) =>
      (await measureSources(restored, bright)).map(source => source?.fluxJy ?? NaN);
    const [expected, actual] = [await fluxes(clean), await fluxes(image)];
    expect(expected.length).toBeGreaterThan(1);
    for (const [i, flux] of actual.entries()) expect(Math.abs(flux / expected[i]! - 1)).toBeLessThan(0.02);
    expect(image.rmsJyBeam / clean.rmsJyBeam).toBeGreaterThan(0.95);
    expect(image.rmsJyBeam / clean.rmsJyBeam).toBeLessThan(1.05);
  }

  test('subband files give the image of data without gain errors', async () => {
    const image = await imageGroup(corrupted, { ...imaging, calibration: [bandpass] });
    await expectLikeClean(image);
    expect(image.restored.history.join('\n')).toMatch(/calibrated while read/);
  });

  test('so does a MeasurementSet, without CORRECTED_DATA', async () => {
    const ms = await convertToMs(corrupted, { path: join(folder, 'corrupted.ms') });
    await expectLikeClean(await imageMs(ms, { ...imaging, calibration: [bandpass] }));
  });

  test('without calibration there is no source', async () => {
    const { restored, rmsJyBeam } = await imageGroup(corrupted, { ...imaging, niter: 0 });
    const peak = restored.pixels.data.reduce((most, value) => Math.max(most, value), 0);
    expect(peak / rmsJyBeam).toBeLessThan(10);
  });

  test('delay and gain one after the other come near a bandpass', async () => {
    const delay = await solveCalibration(corrupted, model, { term: 'delay', refAnt: '103' });
    const gain = await solveCalibration(corrupted, model, { term: 'gain', refAnt: '103', prior: [delay] });
    const image = await imageGroup(corrupted, { ...imaging, calibration: [delay, gain] });
    await expectLikeClean(image);
  });
});
