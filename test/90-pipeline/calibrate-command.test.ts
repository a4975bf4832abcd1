import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  flagVisibilities,
  groupSubbands,
  indexFolder,
  readCalibrationTable,
  readMs,
  readSkyModel,
  solveCalibration,
  validateMs,
} from '../../src/index.js';
import type { CalibrationSolutions, SolveOptions } from '../../src/index.js';
import { describeIf, hasPythonModule, hasShared, sharedPath } from '../support/oracles.js';
import { contimg, program } from '../support/contimg-command.js';
import { reportOf } from '../support/small-run.js';

const canCorrupt = hasShared() && hasPythonModule('h5py') && hasPythonModule('erfa');

describeIf(canCorrupt, 'needs ../shared and python3 with h5py and erfa', 'calibrating on the command line', () => {
  let folder: string;
  let incoming: string;
  const at = (...parts: string[]) => join(folder, ...parts);
  const done = async (args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await contimg(args);
    expect(exitCode, stderr).toBe(0);
    return stdout;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-calibrate-'));
    incoming = at('incoming');
    await writeFile(at('sky.json'), JSON.stringify([{ ra_deg: 336.83, dec_deg: 16.02, flux_jy: 4 }]));
    await writeFile(at('sky.csv'), 'name,ra_deg,dec_deg,flux_jy\nA,336.83,16.02,4\n');
    execFileSync('/usr/bin/python3', [
      ...[sharedPath('tools', 'make_dsa110_uvh5.py'), incoming, '--antennas', '24', '--channels', '2', '--dead', '1'],
      ...['--integrations', '3', '--noise', '0.1', '--sources', at('sky.json'), '--gain-error', '0.2'],
    ]);
    await done(['calibrate', incoming, '--sky', at('sky.csv'), '--name', at('set'), '--work', at('work')]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('contimg flag counts what it flags, by reason', async () => {
    const { nVisibilities, nFlagged, counts } = JSON.parse(await done(['flag', incoming, '--json']));
    expect(nVisibilities).toBe(3 * 300 * 32 * 2);
    expect(counts.autocorrelation.visibilities).toBe(3 * 24 * 32 * 2);
    expect(nFlagged).toBeGreaterThanOrEqual(counts.autocorrelation.visibilities);
    expect(await done(['flag', incoming])).toMatch(/^autocorrelation: 8\.000 %$/m);
  });

  it('contimg flag --write puts the flags into a MeasurementSet', async () => {
    await done(['convert', incoming, '--out', at('ms')]);
    const [ms] = [at('ms', '2026-01-25T22:00:05.ms')];
    await done(['flag', ms, '--edge-channels', '1', '--no-interference', '--write']);
    const { counts } = JSON.parse(await done(['flag', ms, '--no-interference', '--json']));
    expect(counts.flaggedBefore.fraction).toBe(1); // of two channels a window both are edges
    const refused = await contimg(['flag', incoming, '--write']);
    expect([refused.exitCode, refused.stderr]).toEqual([2, '--write goes with a MeasurementSet']);
  });

  it('contimg calibrate makes tables, names antennas without solutions, and replaces nothing', async () => {
    const args = ['calibrate', incoming, '--sky', at('sky.csv'), '--terms', 'delay,phase,gain', '--name', at('other')];
    const { tables, pictures, problems, findings, refAnt, deadAntennas } = JSON.parse(
      await done([...args, '--phase-solint', '13', '--ref-ant', '103', '--json']),
    );
    expect(tables.map(({ path }: { path: string }) => path)).toEqual(['k', 'p', 'g'].map(end => at(`other.${end}`)));
    for (const { path } of tables) expect((await stat(join(path, 'table.dat'))).isFile()).toBe(true);
    expect(tables[0].quality).toMatchObject({ nAntennas: 23, nSolvedAntennas: 23 });
    expect(deadAntennas).toHaveLength(1); // flagged before it is solved for
    expect(findings).toMatchObject([{ code: 'DEAD_ANTENNAS', antennas: deadAntennas }]);
    const names = ['delay', 'phase', 'gain-amplitude', 'gain-phase', 'flags'];
    expect(pictures).toEqual(names.map(name => at(`other-${name}.png`)));
    const [phase, gain] = await Promise.all(['p', 'g'].map(end => readCalibrationTable(at(`other.${end}`))));
    expect([phase!.timeMjdSec.length, gain!.timeMjdSec.length]).toEqual([3, 1]);
    const amplitudes = ({ values, flags }: CalibrationSolutions) =>
      [...flags.data].flatMap((flag, i) =>
        flag === 0 ? [Math.hypot(values.data[2 * i]!, values.data[2 * i + 1]!)] : [],
      );
    for (const amplitude of amplitudes(phase!)) expect(amplitude).toBeCloseTo(1, 6);
    expect(Math.max(...amplitudes(gain!)) / Math.min(...amplitudes(gain!))).toBeGreaterThan(1.2); // off by 20 %
    for (const path of pictures) expect(PNG.sync.read(await readFile(path)).width).toBeGreaterThan(500);
    expect({ problems, refAnt }).toEqual({ problems: [], refAnt: '103' });
    const again = await contimg(args);
    expect([again.exitCode, again.stderr]).toMatchObject([1, expect.stringContaining('[OUTPUT_EXISTS]')]);
  });

  it('contimg calibrate solves as it is told: phases by window and time, from some baselines', async () => {
    const gains = ['--terms', 'phase', '--per-spw', '--phase-solint', '13', '--smearing'];
    const some = ['--solve-min-baseline', '100', '--solve-max-uv', '4000', '--baselines-per-antenna', '3'];
    await done(['calibrate', incoming, '--sky', at('sky.csv'), ...gains, ...some, '--name', at('phases')]);
    const told = await readCalibrationTable(at('phases.p'));
    expect([told.flags.shape[0], told.flags.shape[2]]).toEqual([3, 16]); // integrations, windows
    const history = told.history.join('\n');
    for (const line of [
      /^phase: .*"?phaseOnly"? true.*solintSec 13/m,
      /^on top of: nothing$/m,
      /^model: \d+ sources, .* Jy/m,
    ])
      expect(history).toMatch(line);
    expect(history).toMatch(/^flagged: autocorrelation/m);
    const solvedWith = async (options: Partial<SolveOptions>) => {
      const model = await readSkyModel(at('sky.csv'));
      const { groups } = groupSubbands((await indexFolder(incoming)).headers);
      const group = groups[0]!;
      const flags = await flagVisibilities(group);
      const gain = { term: 'gain', phaseOnly: true, combineSpws: false, solintSec: 13, refAnt: told.refAnt } as const;
      return solveCalibration(group, model, { flags, smearing: true, ...gain, ...options });
    };
    const same = await solvedWith({ minBaselineMeters: 100, maxUvWavelengths: 4000, minBaselines: 3 });
    const others = await solvedWith({});
    expect(largestDifference(told, same)).toBeLessThan(1e-6);
    expect(largestDifference(told, others)).toBeGreaterThan(1e-4);
  });

  it('contimg calibrate needs a model, and names what it cannot read', async () => {
    const without = await contimg(['calibrate', incoming, '--name', at('x')]);
    expect([without.exitCode, without.stderr]).toEqual([
      2,
      'Expected --sky FILE or --calibrator NAME to solve against',
    ]);
    const elsewhere = await contimg(['calibrate', incoming, '--name', at('x'), '--calibrator', '3C48']);
    expect([elsewhere.exitCode, elsewhere.stderr]).toMatchObject([
      2,
      expect.stringMatching(/^Expected at least 1 Jy .* 3C48, .* degrees from where the dishes look.*--min-flux/),
    ]);
    const faint = await contimg(['calibrate', incoming, '--name', at('x'), '--sky', at('sky.csv'), '--min-flux', '5']);
    expect([faint.exitCode, faint.stderr]).toMatchObject([2, expect.stringMatching(/^Expected at least 5 Jy/)]);
    const reversed = ['--sky', at('sky.csv'), '--terms', 'bandpass,delay'];
    const order = await contimg(['calibrate', at('none'), '--name', at('x'), ...reversed]);
    expect([order.exitCode, order.stderr]).toMatchObject([
      2,
      expect.stringMatching(/in the order delay, bandpass, phase, gain/),
    ]);
    const missing = await contimg(['calibrate', incoming, '--name', at('x'), '--sky', at('none.csv')]);
    expect([missing.exitCode, missing.stderr]).toMatchObject([1, expect.stringContaining('[FILE_ACCESS]')]);
  });

  it.each([
    ['run', ['--calibrate', '--terms', 'gain'], '--terms goes with --sky or --calibrator'],
    ['run', ['--min-flux', '3', '--solint', '9'], '--min-flux goes with --sky or --calibrator'],
    ['run', ['--calibrator', '3C286', '--solint', '9'], '--solint goes with the term gain'],
    ['run', ['--calibrate', '--solve-min-uv', '100'], '--solve-min-uv goes with --sky or --calibrator'],
    ['run', ['--calibrator', '3C286', '--phase-solint', '9'], '--phase-solint goes with the term phase'],
    ['calibrate', ['--name', 'x', '--per-spw'], '--per-spw goes with the term delay, phase or gain'],
    ['run', ['--edge-channels', '1'], '--edge-channels goes with --flag'],
    ['run', ['--max-amplitude-change', '20'], '--max-amplitude-change goes with --sky or --calibrator'],
    ['calibrate', ['--name', 'x', '--valid-hours', '3'], '--valid-hours goes with --work'],
    ['calibrate', ['--name', 'x', '--terms', 'bandpass', '--solint', '9'], '--solint goes with the term gain'],
    ['calibrate', ['--name', 'x', '--no-flag', '--edge-channels', '1'], '--edge-channels does not go with --no-flag'],
  ])('contimg %s %j is refused, as an option would have no effect', async (command, args, sentence) => {
    const folders = command === 'run' ? ['--work', at('idle'), '--products', at('idle-products')] : [];
    const { exitCode, stderr } = await contimg([command, incoming, ...folders, ...args]);
    expect([exitCode, stderr.split('\n')]).toEqual([2, expect.arrayContaining([sentence])]);
  });

  it('contimg caltables lists, shows and checks', async () => {
    expect(await done(['caltables', 'list', '--work', at('work')])).toMatch(
      /^set: active, bandpass, 2026-01-25T10:00:\d\dZ to 2026-01-26T10:00:\d\dZ$/m,
    );
    expect(await done(['caltables', 'show', at('set.b')])).toMatch(/bandpass of OVRO_MMA, reference antenna \d+/);
    const shown = JSON.parse(await done(['caltables', 'show', at('set.b'), '--json']));
    expect(shown.freqHz).toHaveLength(32);
    const check = ['caltables', 'check', at('set.b')];
    expect(await done(check)).toBe(`${at('set.b')}: good`);
    expect(await done([...check, '--for', incoming])).toContain('1 of the 24 antennas with data have no solution');
    await cp(at('set.b'), at('damaged.b'), { recursive: true });
    await truncate(at('damaged.b', 'table.f0'), 1000);
    const damaged = await contimg([...check, at('damaged.b')]);
    expect(damaged.exitCode).toBe(1);
    expect(damaged.stdout).toMatch(/damaged\.b: error: .* \[READABLE\]$/m);
  });

  it('contimg caltables retires a set, with the reason, and takes it up again', async () => {
    const work = ['--work', at('work')];
    const retired = await done(['caltables', 'retire', 'set', '--reason', 'feeds were exchanged', ...work]);
    expect(retired).toMatch(/^set: retired, bandpass, .*: feeds were exchanged$/);
    expect(await done(['caltables', 'list', ...work])).toContain(retired);
    const twice = await contimg(['caltables', 'retire', 'set', '--reason', 'again', ...work]);
    expect([twice.exitCode, twice.stderr]).toMatchObject([1, expect.stringMatching(/state retired.*\[REGISTRY\]/)]);
    expect(await done(['caltables', 'restore', 'set', ...work])).toMatch(/^set: active, bandpass/);
    const unknown = await contimg(['caltables', 'restore', 'sett', ...work]);
    expect([unknown.exitCode, unknown.stderr]).toMatchObject([1, expect.stringContaining('there is none')]);
  });

  it('contimg apply writes CORRECTED_DATA, unless the tables are of another observation', async () => {
    const ms = at('applied.ms');
    await cp(at('ms', '2026-01-25T22:00:05.ms'), ms, { recursive: true });
    const { nVisibilities, nFlagged, checked } = JSON.parse(await done(['apply', ms, at('set.b'), '--json']));
    const { flags } = await readMs(ms, { dataColumn: 'CORRECTED_DATA' });
    expect(nVisibilities).toBe(flags.size);
    expect(nFlagged).toBe(flags.data.reduce((sum, flag) => sum + flag, 0));
    expect(checked).toMatchObject([{ faults: [{ severity: 'warning' }] }]); // the dead antenna
    const damaged = await contimg(['apply', ms, at('damaged.b')]);
    expect([damaged.exitCode, damaged.stderr]).toMatchObject([1, expect.stringMatching(/\[READABLE\]/)]);
    const group = await contimg(['apply', incoming, at('set.b')]);
    expect([group.exitCode, group.stderr]).toMatchObject([2, expect.stringContaining('Expected a MeasurementSet')]);
  });

  it('contimg apply leaves a whole MeasurementSet, whenever it is killed', async () => {
    const ms = at('killed', 'killed.ms');
    await mkdir(at('killed'));
    await cp(at('ms', '2026-01-25T22:00:05.ms'), ms, { recursive: true });
    const before = await readMs(ms);
    let nKilled = 0;
    for (const waitMs of [0, 20, 60, 100, 150]) {
      const child = execa(program, ['apply', ms, at('set.b')], { reject: false });
      const isWorking = async () => (await readdir(at('killed'))).some(name => name.startsWith('.'));
      let over = false;
      void child.finally(() => (over = true));
      while (!over && !(await isWorking())) await new Promise(resolve => setImmediate(resolve));
      await new Promise(resolve => setTimeout(resolve, waitMs));
      child.kill('SIGKILL');
      if ((await child).signal === 'SIGKILL') nKilled++;
      await validateMs(ms);
      const after = await readMs(ms);
      expect(Buffer.compare(bytesOf(after.visibilities.data), bytesOf(before.visibilities.data))).toBe(0);
      expect(after.flags.data).toEqual(before.flags.data);
      for (const name of await readdir(at('killed')))
        if (name.startsWith('.')) await rm(at('killed', name), { recursive: true });
    }
    expect(nKilled).toBeGreaterThan(1);
    await done(['apply', ms, at('set.b')]);
    expect((await readMs(ms, { dataColumn: 'CORRECTED_DATA' })).flags.size).toBe(before.flags.size);
  });

  it('contimg selfcal tells of every round, and writes images and what was accepted', async () => {
    const small = ['--npix', '512', '--cell', '5', '--niter', '300', '--no-outer-sources', '--amplitude-rounds', '0'];
    const args = ['selfcal', incoming, '--table', at('set.b'), '--flag', '--name', at('self'), ...small];
    const { tables, images, rounds, before, after } = JSON.parse(await done([...args, '--json']));
    expect(images).toContain(at('self-image.fits'));
    const accepted = rounds.filter((round: { accepted: boolean }) => round.accepted);
    expect(tables).toEqual(accepted.length > 0 ? [at('self-phase.g')] : []);
    expect(after.dynamicRange).toBeGreaterThanOrEqual(before.dynamicRange);
    for (const { accepted, reason } of rounds) expect(typeof reason).toBe(accepted ? 'undefined' : 'string');
    const again = await contimg(args);
    expect([again.exitCode, again.stderr]).toMatchObject([1, expect.stringContaining('[OUTPUT_EXISTS]')]);
    const stokes = await contimg([...args, '--stokes', 'XX']);
    expect([stokes.exitCode, stokes.stderr]).toMatchObject([2, expect.stringContaining('do not go with selfcal')]);
  });

  it('contimg calibrate refuses a name that is registered before it solves', async () => {
    const args = [
      'calibrate',
      incoming,
      '--sky',
      at('sky.csv'),
      '--name',
      at('elsewhere', 'set'),
      '--work',
      at('work'),
    ];
    const again = await contimg(args);
    expect([again.exitCode, again.stderr]).toEqual([
      1,
      expect.stringMatching(/a set set is registered.*\[OUTPUT_EXISTS\]/),
    ]);
    await expect(stat(at('elsewhere', 'set.b'))).rejects.toThrow(/ENOENT/);
  });

  it('contimg run --calibrate applies what was registered, --sky solves for more', async () => {
    const folders = (name: string) => ['--work', at(name), '--products', at(`${name}-products`)];
    const small = [
      '--group-size',
      '1',
      '--npix',
      '256',
      '--cell',
      '6',
      '--niter',
      '200',
      '--no-outer-sources',
      '--json',
    ];
    const applied = reportOf({ stdout: await done(['run', incoming, ...folders('work'), ...small, '--calibrate']) });
    expect(applied.calibration).toMatchObject([{ rule: 'own', sets: ['set'] }]);
    const solving = ['--sky', at('sky.csv'), '--min-flux', '2', '--flag'];
    const solved = reportOf({ stdout: await done(['run', incoming, ...folders('solving'), ...small, ...solving]) });
    expect(solved.calibration).toMatchObject([{ rule: 'own' }]);
    const tooFaint = await contimg(['run', incoming, ...folders('faint'), ...small, ...solving, '--min-flux', '9']);
    expect(reportOf(tooFaint).calibration).toMatchObject([{ rule: 'none' }]);
  });
});

/** Of solutions that both have. */
function largestDifference(a: CalibrationSolutions, b: CalibrationSolutions): number {
  expect(a.values.shape).toEqual(b.values.shape);
  const differences = [...a.values.data].map((value, i) =>
    a.flags.data[i >> 1] === 0 && b.flags.data[i >> 1] === 0 ? Math.abs(value - b.values.data[i]!) : 0,
  );
  return differences.reduce((most, value) => Math.max(most, value), 0);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
