import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  applyCalibration,
  convertToMs,
  flagVisibilities,
  imageMs,
  isPipelineError,
  readMs,
  solveCalibration,
  validateMs,
  writeCalibrationTable,
  writeFlags,
} from '../../src/index.js';
import type { CalibrationSolutions, TileImages } from '../../src/index.js';
import { describeIf, hasProgram, hasPythonModule, runPython } from '../support/oracles.js';
import { canCorrupt, corruptedTile } from './corrupted-tile.js';

const available = canCorrupt && hasPythonModule('casacore.tables');
const layouts = ['subbands', 'one'] as const;
const imaging = { npix: 800, cellArcsec: 8, niter: 300, maxMajorCycles: 3, outerSources: false } as const;

describeIf(available, 'needs ../shared and python3-casacore', 'CORRECTED_DATA', () => {
  let folder: string;
  let calibration: CalibrationSolutions[];
  const at = (...parts: string[]) => join(folder, ...parts);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-corrected-'));
    const tile = ['--antennas', '24', '--channels', '3', '--integrations', '6', '--n-sources', '4', '--noise', '0.1'];
    const { group, model } = await corruptedTile(at('tile'), [
      ...tile,
      '--gain-error',
      '0.2',
      '--raw-scale',
      '40',
      '--dead',
      '1',
    ]);
    const bandpass = await solveCalibration(group, model, { term: 'bandpass', refAnt: '103' });
    const gain = await solveCalibration(group, model, {
      term: 'gain',
      solintSec: 30,
      refAnt: '103',
      prior: [bandpass],
    });
    calibration = [bandpass, gain];
    await writeCalibrationTable(at('b'), bandpass);
    await writeCalibrationTable(at('g'), gain);
    for (const spectralWindows of layouts) {
      const fields = spectralWindows === 'one' ? 'single' : 'meridian';
      await convertToMs(group, {
        path: at(`${spectralWindows}.ms`),
        spectralWindows,
        fields,
        columns: fields === 'single' ? ['CORRECTED_DATA'] : [],
      });
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A copy to work on. */
  const copyOf = async (layout: string, name: string) => {
    await cp(at(`${layout}.ms`), at(name), { recursive: true });
    return at(name);
  };
  const differences = (ms: string) =>
    JSON.parse(
      execFileSync('/usr/bin/python3', [new URL('apply-tables.py', import.meta.url).pathname, ms, at('b'), at('g')], {
        encoding: 'utf8',
      }),
    ) as Record<'data' | 'weight' | 'flags' | 'checked' | 'unsolved', number>;
  const peakOf = ({ restored }: TileImages) => restored.pixels.data.reduce((most, value) => Math.max(most, value), 0);

  test.each(layouts)('is what python-casacore computes, with flags and weights: %s', async layout => {
    const ms = await copyOf(layout, `computed-${layout}.ms`);
    const { nVisibilities, nFlagged } = await applyCalibration(ms, calibration, { provenance: ['from a test'] });
    const { data, weight, flags, checked, unsolved } = differences(ms);
    expect(data).toBeLessThan(1e-6);
    expect(weight).toBeLessThan(1e-6);
    expect({ flags, some: unsolved > 100 && checked > 1000 }).toEqual({ flags: 0, some: true });
    const read = await readMs(ms, { dataColumn: 'CORRECTED_DATA' });
    expect(nVisibilities).toBe(read.flags.size);
    expect(nFlagged).toBe(read.flags.data.reduce((sum, flag) => sum + flag, 0));
    expect(read.history.at(-1)).toBe('from a test');
    await validateMs(ms);
    expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/^\./));
  });

  test('leaves DATA, its flags and its weights as they were, so that other solutions can be applied', async () => {
    const ms = await copyOf('subbands', 'again.ms');
    const before = await readMs(ms);
    const bytes = async () => {
      const names = (await readdir(ms)).filter(name => name.includes('_TSM')).sort();
      return Promise.all(
        names.map(async name => [
          name,
          createHash('md5')
            .update(await readFile(join(ms, name)))
            .digest('hex'),
        ]),
      );
    };
    const untouched = await bytes();
    await applyCalibration(ms, [calibration[0]!]);
    await applyCalibration(ms, calibration);
    const after = await readMs(ms);
    for (const what of ['visibilities', 'flags', 'weights'] as const)
      expect(Buffer.compare(bufferOf(after[what].data), bufferOf(before[what].data))).toBe(0);
    expect(await bytes()).toEqual(expect.arrayContaining(untouched));
    expect(differences(ms)).toMatchObject({ flags: 0, data: expect.toSatisfy((off: number) => off < 1e-6) });
  });

  test('keeps what is flagged before, with it, and since', async () => {
    const ms = await copyOf('subbands', 'flags.ms');
    const flags = await flagVisibilities(ms, { edgeChannels: 1, interference: false, deadAntennas: false });
    await applyCalibration(ms, calibration, { flags });
    const edge = await readMs(ms, { dataColumn: 'CORRECTED_DATA' });
    for (const channel of [0, 2, 3]) expect(edge.flags.get(40, channel, 0)).toBe(1);
    const good = Array.from({ length: edge.flags.shape[0]! }, (_, row) => row).find(
      row => edge.flags.get(row, 1, 0) === 0,
    )!;
    // Somebody flags CORRECTED_DATA: the first window's middle channel of a good row.
    runPython(
      `
import sys
from casacore.tables import table
t = table(sys.argv[1], readonly=False, ack=False)
f = t.getcell('FLAG', int(sys.argv[2])); f[1, 0] = True; t.putcell('FLAG', int(sys.argv[2]), f)`,
      [ms, String(good)],
    );
    await applyCalibration(ms, calibration);
    expect((await readMs(ms)).flags.get(good, 1, 0)).toBe(1);
    expect((await readMs(ms)).flags.get(good, 1, 1)).toBe(0);
    expect((await readMs(ms, { dataColumn: 'CORRECTED_DATA' })).flags.get(good, 1, 0)).toBe(1);
    // Written flags take the place of all but what has no solution.
    const none = { reasons: { ...flags.reasons, data: new Uint8Array(flags.reasons.size) } } as typeof flags;
    await writeFlags(ms, none);
    expect((await readMs(ms)).flags.data.every(flag => flag === 0)).toBe(true);
    const { flags: left, weights } = await readMs(ms, { dataColumn: 'CORRECTED_DATA' });
    expect(left.data.every((flag, i) => (flag === 1) === (weights.data[i] === 0))).toBe(true);
    expect(left.data.some(flag => flag === 1)).toBe(true);
  });

  test.each(layouts)('gives the image of calibrating on the fly, which can still be done: %s', async layout => {
    const ms = await copyOf(layout, `image-${layout}.ms`);
    const expected = await imageMs(ms, { ...imaging, calibration });
    await applyCalibration(ms, calibration);
    for (const options of [{ dataColumn: 'CORRECTED_DATA' as const }, { calibration }]) {
      const image = await imageMs(ms, { ...imaging, ...options });
      const off = image.restored.pixels.data.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - expected.restored.pixels.data[i]!)),
        0,
      );
      expect(off / peakOf(expected)).toBeLessThan(1e-4);
    }
  });

  test.skipIf(!hasProgram('wsclean') || !hasPythonModule('astropy'))('is what WSClean takes by itself', async () => {
    const ms = await copyOf('one', 'wsclean.ms');
    await applyCalibration(ms, calibration);
    const size = ['-size', '800', '800', '-scale', '8asec', '-pol', 'I', '-weight', 'briggs', '0.5'];
    const env = { ...process.env, OPENBLAS_NUM_THREADS: '1' };
    execFileSync('wsclean', ['-no-update-model-required', '-name', at('wsclean'), ...size, ms], { env, stdio: 'pipe' });
    const peak = Number(
      runPython(`import sys\nfrom astropy.io import fits\nprint(float(fits.getdata(sys.argv[1]).max()))`, [
        at('wsclean-dirty.fits'),
      ]),
    );
    const { dirty } = await imageMs(ms, { ...imaging, niter: 0, dataColumn: 'CORRECTED_DATA' });
    const own = dirty.pixels.data.reduce((most, value) => Math.max(most, value), 0);
    expect(Math.abs(peak / own - 1)).toBeLessThan(0.03); // uv cells of Briggs weights are the padded image's in WSClean
  });

  test('an abort leaves the MeasurementSet as it was, and nothing beside it', async () => {
    const ms = await copyOf('subbands', 'aborted.ms');
    const names = await readdir(ms);
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = (fraction: number) => fraction > 0.3 && controller.abort(reason);
    await expect(applyCalibration(ms, calibration, { signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(await readdir(ms)).toEqual(names);
    expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/^\./));
  });

  test('needs solutions, and those of the observation', async () => {
    const ms = at('subbands.ms');
    const none = await applyCalibration(ms, []).catch((e: unknown) => e);
    expect(isPipelineError(none, 'INVALID_ARGUMENT')).toBe(true);
    const onHalfAThread = await applyCalibration(ms, calibration, { threads: 0.5 }).catch((e: unknown) => e);
    expect(isPipelineError(onHalfAThread, 'INVALID_ARGUMENT')).toBe(true);
    const elsewhere = { ...calibration[0]!, freqHz: calibration[0]!.freqHz.map(hz => hz + 1e9) };
    const other = await applyCalibration(ms, [elsewhere]).catch((e: unknown) => e);
    expect(isPipelineError(other, 'INVALID_ARGUMENT')).toBe(true);
    expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/^\./));
  });
});

function bufferOf({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
