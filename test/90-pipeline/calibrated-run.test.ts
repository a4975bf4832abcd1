import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { measureSources } from '../../src/imaging/index.js';
import { readFits } from '../../src/fits/index.js';
import { createPipeline } from '../../src/pipeline/index.js';
import type { PipelineConfig, RunReport } from '../../src/pipeline/index.js';
import { openRegistry } from '../../src/registry/index.js';
import type { CalibrationSet } from '../../src/registry/index.js';
import { describeIf, hasPythonModule, hasShared, sharedPath } from '../support/oracles.js';

const canCorrupt = hasShared() && hasPythonModule('h5py') && hasPythonModule('erfa');

/** Around the meridian at the start, so that small images see all of it. */
const sky = [
  { raDeg: 336.83, decDeg: 16.02, fluxJy: 4 },
  { raDeg: 336.93, decDeg: 16.08, fluxJy: 2 },
  { raDeg: 336.76, decDeg: 16.07, fluxJy: 1.5 },
];

describeIf(canCorrupt, 'needs ../shared and python3 with h5py and erfa', 'a calibrated run', () => {
  let shared: string;
  let finished: string;
  let report: RunReport;
  let folder: string;

  const incoming = (kind: 'clean' | 'corrupted') => join(shared, kind);
  const run = (at: string, config: Partial<PipelineConfig>, from = incoming('corrupted')) =>
    createPipeline({
      work: join(at, 'work'),
      products: join(at, 'products'),
      grouping: { groupSize: 3 },
      imaging: { npix: 256, cellArcsec: 6, niter: 1000, weighting: { scheme: 'natural' }, outerSources: false },
      ...config,
    }).run(from);
  const solving = { calibration: { model: sky } } as const;
  const applying = { calibration: {} } as const;

  beforeAll(async () => {
    shared = await mkdtemp(join(tmpdir(), 'contimg-calibrated-'));
    const sources = join(shared, 'sky.json');
    const toRow = ({ raDeg, decDeg, fluxJy }: (typeof sky)[number]) => ({
      ...{ ra_deg: raDeg, dec_deg: decDeg, flux_jy: fluxJy },
    });
    await writeFile(sources, JSON.stringify(sky.map(toRow)));
    // Noise of 4 mJy/beam, above what clean leaves.
    const make = (kind: 'clean' | 'corrupted', args: readonly string[]) =>
      execFileSync('/usr/bin/python3', [
        ...[sharedPath('tools', 'make_dsa110_uvh5.py'), incoming(kind), '--tiles', '3', '--antennas', '32'],
        ...['--channels', '1', '--integrations', '3', '--noise', '0.9', '--sources', sources, ...args],
      ]);
    make('clean', []);
    make('corrupted', ['--gain-error', '0.2', '--raw-scale', '40']);
    finished = join(shared, 'finished');
    report = await run(finished, solving);
  });
  afterAll(() => rm(shared, { recursive: true }));

  beforeEach(async () => void (folder = await mkdtemp(join(shared, 'test-'))));
  const copyFinished = () => cp(finished, folder, { recursive: true, preserveTimestamps: true });

  const mosaicOf = async (at: string) => {
    const mosaics = join(at, 'products', 'mosaics');
    const main = (await readdir(mosaics)).find(name => /_[0-9a-f]{8}\.fits$/.test(name))!;
    return {
      image: await readFits(join(mosaics, main)),
      rms: await readFits(join(mosaics, main.replace('.', '-rms.'))),
    };
  };
  /** Of Stokes I, weighted by its variance: the simulator adds noise after the gains, so weak antennas are noisier. */
  const noiseRise = async () => {
    const { gains } = JSON.parse(await readFile(join(incoming('corrupted'), 'truth.json'), 'utf8')) as {
      gains: { shape: [number, number, number]; real: number[]; imag: number[] };
    };
    const [nAntennas, nChannels, nFeeds] = gains.shape;
    const power = gains.real.map((real, i) => real ** 2 + gains.imag[i]! ** 2);
    const weights: number[] = [];
    for (let i = 0; i < nAntennas; i++)
      for (let j = 0; j < i; j++)
        for (let k = 0; k < nChannels; k++) {
          const of = (feed: number) =>
            power[(i * nChannels + k) * nFeeds + feed]! * power[(j * nChannels + k) * nFeeds + feed]!;
          weights.push(2 / (1 / of(0) + 1 / of(1)));
        }
    return Math.sqrt(weights.length / weights.reduce((sum, weight) => sum + weight, 0));
  };
  const inRegistry = async <T>(use: (registry: Awaited<ReturnType<typeof openRegistry>>) => Promise<T>): Promise<T> => {
    const registry = await openRegistry(join(folder, 'work', 'registry.sqlite'));
    return use(registry).finally(() => registry.close());
  };
  const sets = () => inRegistry(({ calibrationSets }) => calibrationSets.list());
  /** Each tile keeps with its images by what rule it was calibrated, and why, as the report tells. */
  const expectRecorded = async ({ products, calibration }: RunReport) => {
    for (const { subject, ...told } of calibration) {
      const { path } = products.find(({ id }) => id === `tiles/${subject}`)!;
      const recorded = JSON.parse(await readFile(join(path, `${subject}.json`), 'utf8')) as { calibration: unknown };
      expect(recorded.calibration).toEqual(told);
    }
  };
  const damage = (set: CalibrationSet) => truncate(join(folder, 'work', set.tables[0]!.path, 'table.f0'), 1000);
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

  it('on data with gain errors gives the mosaic of clean data', async () => {
    expect(report.failed).toEqual([]);
    expect(report.calibration.map(({ rule }) => rule)).toEqual(['own', 'own', 'own']);
    const clean = join(shared, 'finished-clean');
    expect((await run(clean, {}, incoming('clean'))).failed).toEqual([]);
    const [expected, actual] = [await mosaicOf(clean), await mosaicOf(finished)];
    const fluxes = ({ image }: typeof expected) => measureSources(image, sky).map(source => source!.fluxJy);
    for (const [i, flux] of fluxes(actual).entries())
      expect(Math.abs(flux / fluxes(expected)[i]! - 1)).toBeLessThan(0.02);
    const noise = ({ rms }: typeof expected) => median([...rms.pixels.data].filter(Number.isFinite));
    const rise = noise(actual) / noise(expected) / (await noiseRise());
    expect(rise).toBeGreaterThan(0.95);
    expect(rise).toBeLessThan(1.05);
  });

  it('without calibration makes no such mosaic', async () => {
    await run(folder, {});
    const { image } = await mosaicOf(folder);
    const [source] = measureSources(image, sky.slice(0, 1));
    expect(Math.abs((source?.fluxJy ?? 0) / 40 - 4)).toBeGreaterThan(2); // of 4 Jy in 40 units per Jy
  });

  it('does nothing the second time', async () => {
    await copyFinished();
    const again = await run(folder, solving);
    expect(again.products.filter(({ made }) => made)).toEqual([]);
    expect(await sets()).toHaveLength(3);
  });

  it('registers sets with their window, quality and tables, and records with each tile what was applied', async () => {
    await copyFinished();
    for (const set of await sets()) {
      expect(set).toMatchObject({ state: 'active', metadata: { problems: [], decDeg: expect.closeTo(16.15, 6) } });
      expect(set.validToMjdSec - set.validFromMjdSec).toBeCloseTo(24 * 3600, 3);
      expect(set.tables.map(({ term }) => term)).toEqual(['bandpass']);
    }
    for (const { path, kind } of report.products.filter(product => product.kind === 'tile')) {
      const { calibration } = JSON.parse(await readFile(join(path, `${basename(path)}.json`), 'utf8'));
      expect({ kind, rule: calibration.rule, sets: calibration.sets }).toMatchObject({ kind: 'tile', rule: 'own' });
      expect(calibration.sets[0]).toContain(basename(path));
    }
  });

  it('with registered sets alone interpolates between those before and after, or takes the nearest', async () => {
    await copyFinished();
    const [first, second, third] = await sets();
    const setState = (set: CalibrationSet | undefined, state: 'active' | 'retired') =>
      inRegistry(({ calibrationSets }) => calibrationSets.setState(set!.id, state, 'for this test'));
    await setState(second, 'retired');
    const between = await run(folder, applying);
    expect(between.failed).toEqual([]);
    expect(between.calibration.map(({ rule }) => rule)).toEqual(['own', 'between', 'own']);
    expect(between.calibration[1]).toMatchObject({
      sets: [first!.id, third!.id],
      reason: `Interpolated: ${first!.id}, 0.01 h before, and ${third!.id}, 0.01 h after`,
    });
    await expectRecorded(between);
    await setState(first, 'retired');
    const before = await run(folder, applying);
    expect(before.calibration.map(({ rule }) => rule)).toEqual(['before', 'before', 'own']);
    expect(before.calibration[0]!.reason).toBe(`The first one after: ${third!.id}, 0.02 h after`);
    expect(before.products.filter(({ kind }) => kind === 'mosaic')).toHaveLength(1);
    await expectRecorded(before);
    await setState(first, 'active');
    await setState(third, 'retired');
    const after = await run(folder, applying);
    expect(after.calibration.map(({ rule }) => rule)).toEqual(['own', 'after', 'after']);
    expect(after.calibration[2]!.reason).toBe(`The last one before: ${first!.id}, 0.02 h before`);
    await expectRecorded(after);
    for (const { findings } of [between, before, after]) expect(findings).toEqual([]);
  });

  it.each([
    ['is damaged', (path: string) => truncate(join(path, 'table.f0'), 1000)],
    ['is missing', (path: string) => rm(path, { recursive: true })],
    ['is a folder without a table', (path: string) => rm(join(path, 'table.dat'))],
    ['lacks its spectral windows', (path: string) => rm(join(path, 'SPECTRAL_WINDOW'), { recursive: true })],
    ['is no table but a file', (path: string) => rm(path, { recursive: true }).then(() => writeFile(path, 'a table?'))],
  ])('skips a set whose table %s, marks it as failed with the reason, and takes another', async (_, spoil) => {
    await copyFinished();
    const [first] = await sets();
    await spoil(join(folder, 'work', first!.tables[0]!.path));
    const { failed, calibration, products } = await run(folder, applying);
    expect(failed).toEqual([]);
    expect(calibration.map(({ rule }) => rule)).toEqual(['before', 'own', 'own']);
    expect(calibration[0]!.rejected[0]).toMatchObject({ set: first!.id, reason: /calibration table/ });
    expect((await sets())[0]).toMatchObject({ state: 'failed', reason: /calibration table/ });
    expect(products.find(({ kind }) => kind === 'mosaic')).toMatchObject({ state: 'published' });
  });

  it('images tiles without any usable set uncalibrated, and lets none into a mosaic', async () => {
    await copyFinished();
    for (const set of await sets()) await damage(set);
    const { failed, calibration, leftOut, products } = await run(folder, applying);
    expect(failed).toEqual([]);
    expect(calibration.map(({ rule }) => rule)).toEqual(['none', 'none', 'none']);
    expect(leftOut.map(({ code }) => code)).toEqual(['UNCALIBRATED', 'UNCALIBRATED', 'UNCALIBRATED']);
    expect(leftOut[0]!.reason).toMatch(
      /is uncalibrated: No calibration set in force may be applied.*calibration table/,
    );
    expect(products.map(({ kind }) => kind)).toEqual(['tile', 'tile', 'tile']);
  });

  it('solves again for a set of its own whose table is damaged', async () => {
    await copyFinished();
    const [first] = await sets();
    await damage(first!);
    const { failed, calibration } = await run(folder, solving);
    expect(failed).toEqual([]);
    expect(calibration.map(({ rule }) => rule)).toEqual(['own', 'own', 'own']);
  });

  it('leaves a set retired that a person has retired, and takes up one that another replaced', async () => {
    await copyFinished();
    const [first] = await sets();
    await inRegistry(({ calibrationSets }) =>
      calibrationSets.setState(first!.id, 'retired', 'a receiver was exchanged'),
    );
    const { failed, calibration, leftOut } = await run(folder, solving);
    expect(failed).toEqual([]);
    expect(calibration.map(({ rule }) => rule)).toEqual(['before', 'own', 'own']);
    expect(leftOut).toMatchObject([
      { subject: first!.id, code: 'CALIBRATION_RETIRED', reason: expect.stringContaining('a receiver was exchanged') },
    ]);
    const [, second] = await sets();
    await inRegistry(({ calibrationSets }) =>
      calibrationSets.setState(second!.id, 'retired', `replaced by ${first!.id}`),
    );
    expect((await run(folder, solving)).calibration.map(({ rule }) => rule)).toEqual(['before', 'own', 'own']);
  });

  it('keeps earlier sets in force when new ones do not pass the gate', async () => {
    await copyFinished();
    const strict = { calibration: { model: sky, limits: { minSnr: 1e6 } } };
    const { failed, calibration } = await run(folder, strict);
    expect(failed.map(({ stage, code }) => `${stage} ${code}`)).toEqual(Array(3).fill('calibrate CALIBRATION_FAILED'));
    expect(failed[0]!.reason).toMatch(/signal to noise is \d+\.\d; at least 1000000 is expected/);
    expect(calibration.map(({ rule }) => rule)).toEqual(['own', 'own', 'own']);
    expect((await sets()).map(({ state }) => state).sort()).toEqual([
      ...Array(3).fill('active'),
      ...Array(3).fill('failed'),
    ]);
    const again = await run(folder, strict);
    expect(again.failed).toEqual([]);
    expect(again.leftOut.map(({ code }) => code)).toEqual(Array(3).fill('CALIBRATION_FAILED'));
  });

  it.each([
    ['of another declination', ['--dec', '54.6'], 'It is of declination 16.15; within 3 degrees of 54.60 is expected'],
    ['two days later', ['--start', '2026-01-27T22:00:05'], 'It is too old: 47.98 h before the data'],
  ])('images data %s uncalibrated, and tells why', async (_, args, reason) => {
    await copyFinished();
    const other = join(folder, 'elsewhere');
    execFileSync('/usr/bin/python3', [
      ...[sharedPath('tools', 'make_dsa110_uvh5.py'), other, '--tiles', '1', '--antennas', '16', '--channels', '1'],
      ...['--integrations', '3', '--noise', '0.1', ...args],
    ]);
    const { calibration, failed, leftOut, products } = await run(
      folder,
      { ...applying, grouping: { groupSize: 1 } },
      other,
    );
    expect(failed).toEqual([]);
    expect(calibration).toMatchObject([
      { rule: 'none', sets: [], reason: 'No calibration set in force may be applied' },
    ]);
    await expectRecorded({ products, calibration } as RunReport);
    expect(calibration[0]!.rejected).toHaveLength(3);
    expect(calibration[0]!.rejected[0]!.reason).toContain(reason);
    expect(leftOut.filter(({ code }) => code === 'UNCALIBRATED')).toHaveLength(1);
  });
});
