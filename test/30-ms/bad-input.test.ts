import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { DiskFullError } from '../../src/index.js';
import { convertToMs, describeMs, isPipelineError, readMs, simulateObservation, validateMs } from '../../src/index.js';
import { dsa110Tile, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf } from '../support/oracles.js';

const group = () => {
  const { files, ...rest } = dsa110Tile();
  return { ...rest, files: files.slice(0, 3) };
};
const few = { minSubbands: 3 };

/** A file system of its own with `megabytes`, or undefined where mounting is not allowed. */
function smallDisk(folder: string, megabytes: number): string | undefined {
  const path = join(folder, `disk-${megabytes}`);
  mkdirSync(path);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  return status === 0 ? path : undefined;
}

/** Writes until the disk is full. */
function fill(path: string) {
  const mebibyte = Buffer.alloc(1 << 20);
  try {
    for (;;) appendFileSync(path, mebibyte);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
}

describe('arguments of the MeasurementSet stage', () => {
  it.each([
    [{ path: '' }, /path to be a non-empty string/],
    [{ path: 'a.ms', fields: 'both' }, /fields to be one of meridian, single/],
    [{ path: 'a.ms', phaseCenter: { raDeg: 1, decDeg: 2 } }, /fields: 'single'/],
    [{ path: 'a.ms', fields: 'single', phaseCenter: { raDeg: 1, decDeg: 91 } }, /decDeg/],
    [{ path: 'a.ms', minSubbands: 0 }, /minSubbands/],
    [{ path: 'a.ms', yearRange: [2030, 2020] }, /yearRange/],
    [{ path: 'a.ms', telescope: 'DSA_110' }, /received telescope/],
    [{ path: 'a.ms', spectralWindows: 'two' }, /spectralWindows/],
    [{ path: 'a.ms', columns: ['DATA'] }, /columns\[0\]/],
    [{ path: 'a.ms', weightSpectrum: 'never' }, /weightSpectrum/],
    [{ path: 'a.ms', validation: 'none' }, /validation/],
    [{ path: 'a.ms', maxSmearing: 0.01 }, /fields: 'single' with maxSmearing/],
    [{ path: 'a.ms', fields: 'single', maxSmearing: 2 }, /maxSmearing/],
    [{ path: 'a.ms', fields: 'single', fieldRadiusDeg: 1 }, /maxSmearing with fieldRadiusDeg/],
  ])('%j are refused before anything happens', async (options, message) => {
    const nothing = { id: 'x', files: [], missingSubbands: [] };
    const refused = convertToMs(nothing, options as never);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toSatisfy(error => isPipelineError(error, 'INVALID_ARGUMENT'));
  });

  it('of a reading are refused too', async () => {
    await expect(readMs('a.ms', { column: 'DATA' } as never)).rejects.toThrow(/received column/);
    await expect(readMs('a.ms', { nTimes: 0 })).rejects.toThrow(/nTimes/);
    await expect(describeMs('')).rejects.toThrow(/path/);
    await expect(validateMs('a.ms', { uvwToleranceMeters: -1 })).rejects.toThrow(/uvwToleranceMeters/);
  });
});

describeIf(hasDsa110Tile, 'no ../shared', 'bad MeasurementSets and bad disks', () => {
  let folder: string;
  let good: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-bad-ms-'));
    good = join(folder, 'good.ms');
    await convertToMs(group(), { path: good, ...few });
  });
  afterAll(() => {
    for (const name of readdirSync(folder).filter(name => name.startsWith('disk-')))
      spawnSync('umount', ['--lazy', join(folder, name)]); // casacore keeps what it could not write open
    rmSync(folder, { recursive: true });
  });

  it('names what is not a MeasurementSet', async () => {
    await expect(readMs(join(folder, 'nothing.ms'))).rejects.toMatchObject({ code: 'FILE_ACCESS' });
    mkdirSync(join(folder, 'empty.ms'));
    writeFileSync(join(folder, 'file.ms'), 'not a table');
    mkdirSync(join(folder, 'garbage.ms'));
    writeFileSync(join(folder, 'garbage.ms', 'table.dat'), 'not a table');
    for (const [name, message] of [
      ['empty.ms', /a folder without it/],
      ['file.ms', /is a file/],
      ['garbage.ms', /casacore/],
      ['good.ms/ANTENNA', /no subtable/],
    ] as const) {
      const path = join(folder, name);
      for (const use of [readMs, describeMs, validateMs]) {
        await expect(use(path)).rejects.toMatchObject({ code: 'MEASUREMENT_SET', path });
        await expect(use(path)).rejects.toThrow(message);
      }
    }
    await expect(readMs(good, { dataColumn: 'CORRECTED_DATA' })).rejects.toThrow(/column CORRECTED_DATA/);
  });

  it('reports every file that is missing or cut short, or reads what is left of it', async () => {
    const whole = await readMs(good);
    const files = readdirSync(good, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && !/lock|info/.test(entry.name))
      .map(entry => join(entry.parentPath, entry.name).slice(good.length + 1));
    expect(files.length).toBeGreaterThan(20);
    let refused = 0;
    for (const [k, file] of files.entries()) {
      for (const fraction of [undefined, 0, 0.5]) {
        const copy = join(folder, `cut-${k}-${fraction}.ms`);
        cpSync(good, copy, { recursive: true });
        const bytes = readFileSync(join(copy, file));
        if (fraction === undefined) rmSync(join(copy, file));
        else writeFileSync(join(copy, file), bytes.subarray(0, Math.floor(bytes.length * fraction)));
        try {
          const data = await readMs(copy);
          expect(data.visibilities.shape, `${file} ${fraction}`).toEqual(whole.visibilities.shape);
        } catch (error) {
          expect(isPipelineError(error, 'MEASUREMENT_SET'), `${file} ${fraction}: ${String(error)}`).toBe(true);
          refused++;
        }
        rmSync(copy, { recursive: true });
      }
    }
    expect(refused).toBeGreaterThan(files.length);
  });

  it('refuses a folder that is missing or cannot hold folders', async () => {
    for (const parent of [join(folder, 'missing'), join(good, 'table.dat'), '/proc'])
      await expect(convertToMs(group(), { path: join(parent, 'a.ms'), ...few })).rejects.toMatchObject({
        code: 'FILE_ACCESS',
      });
  });

  it('refuses a disk that is too small, and leaves nothing on it', async ({ skip }) => {
    const disk = smallDisk(folder, 5) ?? skip('mounting is not allowed');
    const conversion = convertToMs(group(), { path: join(disk, 'a.ms'), ...few });
    await expect(conversion).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(conversion).rejects.toThrow(/MB free/);
    const { neededBytes, freeBytes } = (await conversion.catch((error: unknown) => error)) as DiskFullError;
    expect(freeBytes).toBe(5 << 20);
    expect(neededBytes).toBeGreaterThan(freeBytes!);
    expect(readdirSync(disk)).toEqual([]);
  });

  it('stops when the disk fills up on the way, and leaves nothing', async ({ skip }) => {
    const disk = smallDisk(folder, 120) ?? skip('mounting is not allowed');
    const { files } = await simulateObservation({
      ...{ folder: join(folder, 'incoming'), nAntennas: 40, nChannels: 24, nIntegrations: 8, nSources: 1 },
    });
    const large = { ...group(), files: files.map((path, subband) => ({ path, subband, fileSizeBytes: 0 })) };
    for (const fillAt of [0.01, 0.1, 0.2]) {
      const onProgress = (fraction: number) => {
        if (fraction >= fillAt) fill(join(disk, 'filler'));
      };
      const conversion = convertToMs(large, { path: join(disk, 'a.ms'), onProgress });
      await expect(conversion).rejects.toMatchObject({ code: 'DISK_FULL', path: join(disk, 'a.ms') });
      expect(readdirSync(disk)).toEqual(['filler']);
      rmSync(join(disk, 'filler'));
    }
  });

  it('leaves nothing when aborted, whenever that is', async () => {
    const outputs = join(folder, 'aborted');
    mkdirSync(outputs);
    for (const fraction of [0, 0.01, 0.3, 0.6, 0.89]) {
      const controller = new AbortController();
      const onProgress = (done: number) => {
        if (done >= fraction) controller.abort(new Error(`at ${fraction}`));
      };
      if (fraction === 0) controller.abort(new Error('at 0'));
      const path = join(outputs, `${fraction}.ms`);
      const conversion = convertToMs(group(), { path, ...few, onProgress, signal: controller.signal });
      const outcome = await conversion.then(
        () => 'done',
        (error: Error) => error.message,
      );
      // An abort that comes after the last checkpoint is too late: the MeasurementSet is there, whole.
      if (outcome === 'done') await validateMs(path);
      else expect(outcome).toBe(`at ${fraction}`);
      expect(readdirSync(outputs)).toEqual(outcome === 'done' ? [`${fraction}.ms`] : []);
      rmSync(path, { recursive: true, force: true });
    }
  });
});
