import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { checkModelFlux, describeSource, fluxStandard, modelFluxIn } from '../../src/index.js';
import type { SkySource, SubbandGroup } from '../../src/index.js';
import { checkCalibrationConfig, makeCalibrationSet } from '../../src/pipeline/index.js';
import type { CalibrationConfig, EarlierSet, MadeCalibrationSet } from '../../src/pipeline/index.js';
import { canCorrupt, corruptedTile } from '../55-calibration/corrupted-tile.js';
import { describeIf } from '../support/oracles.js';

const needs = 'needs ../shared and python3 with h5py and erfa';

/** 3C48 is 51 degrees from where the dishes look; what sidelobes there let through is a ten-thousandth of a source in the beam. */
describeIf(canCorrupt, needs, 'an observation without its calibrator', () => {
  let folder: string;
  let group: SubbandGroup;
  let model: SkySource[];
  let right: MadeCalibrationSet;
  const elsewhere = [fluxStandard('3C48')];
  const setOf = (name: string, config: CalibrationConfig, earlier?: EarlierSet) =>
    makeCalibrationSet(join(folder, name), group, { ...checkCalibrationConfig(config), flagging: {}, earlier });
  const earlierSet = (validToMjdSec: number): EarlierSet => ({
    id: 'right',
    validToMjdSec,
    solutions: right.solutions,
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-too-little-'));
    const sky = [
      { ra_deg: 336.83, dec_deg: 16.02, flux_jy: 4 },
      { ra_deg: 336.93, dec_deg: 16.08, flux_jy: 2 },
    ];
    await writeFile(join(folder, 'sky.json'), JSON.stringify(sky));
    const array = ['--antennas', '24', '--channels', '2', '--integrations', '6', '--noise', '0.3', '--seed', '21'];
    const args = [...array, '--sources', join(folder, 'sky.json'), '--gain-error', '0.2'];
    ({ group, model } = await corruptedTile(join(folder, 'tile'), args));
    right = await setOf('right', { model });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is not solved against it: flux and distance are named, and nothing is written', async () => {
    await expect(setOf('refused', { model: elsewhere })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(
        /^Expected at least 1 Jy of the sky model .* there are \S+ Jy: its nearest source, 3C48, 1\d\.\d Jy .* is 4\d\.\d\d degrees from/,
      ) as string,
    });
    expect((await readdir(folder)).filter(name => name.startsWith('refused'))).toEqual([]);
  });

  it('is solved against the sky that is there, and more flux can be asked for than that has', async () => {
    expect(right).toMatchObject({ problems: [], findings: [] });
    const observation = await describeSource(group);
    const fluxJy = modelFluxIn(observation, model);
    expect(fluxJy).toBeGreaterThan(5.5);
    expect(fluxJy).toBeLessThan(6);
    expect(() => checkModelFlux(observation, model, 0.999 * fluxJy)).not.toThrow();
    expect(() => checkModelFlux(observation, model, 1.001 * fluxJy)).toThrow(/but there are 6\.0 Jy/);
    // Without a dish there is no beam.
    const antennas = observation.antennas.map(antenna => ({ ...antenna, diameterMeters: 0 }));
    expect(modelFluxIn({ ...observation, antennas }, model)).toBeCloseTo(6, 2);
  });

  it('has no healthy antenna called dead where it is solved all the same', async () => {
    const { findings, tables } = await setOf('forced', { model: elsewhere, minFluxJy: 0 });
    const unsolved = tables[0]!.quality.deadAntennas;
    expect(unsolved.length).toBeGreaterThan(0);
    expect(findings).toMatchObject([{ code: 'UNSOLVED_ANTENNAS', antennas: unsolved }]);
  });

  it('gets gains that do not pass the gate where a set in force tells how large they are', async () => {
    const { problems } = await setOf('far', { model: elsewhere, minFluxJy: 0 }, earlierSet(Infinity));
    const [change] = problems.filter(problem => problem.startsWith('Amplitudes are'));
    expect(change).toMatch(/times those of right, which is in force; 0\.1 to 10 times are expected/);
    expect(Number(/are (\S+) times/.exec(change!)![1])).toBeGreaterThan(30);
    const outdated = await setOf('later', { model: elsewhere, minFluxJy: 0 }, earlierSet(right.midTimeMjdSec - 1));
    expect(outdated.problems.filter(problem => problem.startsWith('Amplitudes are'))).toEqual([]);
  });

  it('may have another scale than the set in force, as far as is allowed', async () => {
    const brighter = model.map(source => ({ ...source, fluxJy: 400 * source.fluxJy }));
    const allowed = { maxAmplitudeChange: 30 };
    expect((await setOf('twenty', { model: brighter }, earlierSet(Infinity))).problems).toEqual([
      expect.stringMatching(/^Amplitudes are 0\.0(49|50)\d* times those of right/),
    ]);
    expect((await setOf('allowed', { model: brighter, limits: allowed }, earlierSet(Infinity))).problems).toEqual([]);
  });
});
