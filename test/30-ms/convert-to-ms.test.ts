import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { ConvertedMs } from '../../src/index.js';
import { convertToMs, describeMs, isPipelineError, meridianIcrs, readMs, validateMs } from '../../src/index.js';
import { readSource } from '../../src/uvh5/index.js';
import { dsa110Tile, dsa110TileTruth, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf } from '../support/oracles.js';

function sameBits(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const bytes = (view: ArrayBufferView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return bytes(a).equals(bytes(b));
}

describeIf(hasDsa110Tile, 'no ../shared', 'convertToMs', () => {
  let folder: string;
  let meridian: ConvertedMs;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-ms-'));
    meridian = await convertToMs(dsa110Tile(), { path: join(folder, 'meridian.ms') });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('describes what it wrote', () => {
    expect(meridian).toMatchObject({ nRows: 190 * 24 * 16, nTimes: 24, nSpws: 16, nFreqs: 32, nPols: 2 });
    expect(meridian.polarizations).toEqual([-5, -6]);
    expect(meridian.telescopeName).toBe('OVRO_MMA');
    expect(meridian.spwFirstChannel).toEqual(Array.from({ length: 16 }, (_, spw) => 2 * spw));
    expect(meridian.freqHz).toEqual(meridian.freqHz.slice().sort());
    expect(readdirSync(folder)).toEqual(['meridian.ms']);
  });

  it('gives every integration a field at its meridian position', () => {
    // To 2 mas: time_array, a JD, is good to 20 us.
    const truth = dsa110TileTruth().tiles[0]!.meridian_icrs_deg;
    expect(meridian.fieldOfTime).toEqual(Array.from({ length: 24 }, (_, t) => t));
    expect(meridian.fields.map(field => field.name)).toEqual(meridian.fieldOfTime.map(t => `meridian_icrs_t${t}`));
    for (const [t, { center }] of meridian.fields.entries()) {
      expect(center.raDeg).toBeCloseTo(truth[t]![0], 6);
      expect(center.decDeg).toBeCloseTo(truth[t]![1], 6);
      expect(meridian.pointings[t]).toEqual(center);
    }
  });

  it('holds what the group holds, bit for bit', async () => {
    const path = join(folder, 'autocorrelations.ms');
    await convertToMs(dsa110Tile(), { path, autocorrelations: true });
    const ms = await readMs(path);
    const group = await readSource(dsa110Tile());
    expect(ms.visibilities.shape).toEqual([210 * 24, 32, 2, 2]);
    for (const name of ['visibilities', 'weights', 'flags'] as const)
      expect(sameBits(ms[name].data, group[name].data), name).toBe(true);
  });

  it('does not depend on the order of the files', async () => {
    const { files, ...rest } = dsa110Tile();
    const shuffled = [5, 0, 15, 3, 9, 1, 14, 2, 8, 4, 13, 6, 12, 7, 11, 10].map(i => files[i]!);
    await convertToMs({ ...rest, files: shuffled }, { path: join(folder, 'shuffled.ms') });
    const a = await readMs(meridian.path);
    const b = await readMs(join(folder, 'shuffled.ms'));
    for (const name of ['visibilities', 'weights', 'flags', 'uvwMeters'] as const)
      expect(sameBits(a[name].data, b[name].data), name).toBe(true);
    expect({ ...(await describeMs(b.path)), path: '' }).toEqual({ ...(await describeMs(a.path)), path: '' });
  });

  it('puts one field at the meridian position of the middle of the tile', async () => {
    const ms = await convertToMs(dsa110Tile(), { path: join(folder, 'single.ms'), fields: 'single' });
    expect(ms.fieldOfTime.every(field => field === 0)).toBe(true);
    const middle = (ms.timeMjdSec[0]! + ms.timeMjdSec[23]!) / 2;
    const center = meridianIcrs(16.15, middle, ms.site);
    expect(ms.fields).toHaveLength(1);
    expect(ms.fields[0]!.center.raDeg).toBeCloseTo(center.raDeg, 9);
    expect(ms.fields[0]!.center.decDeg).toBeCloseTo(center.decDeg, 9);
  });

  it('takes another center, and the name of the telescope', async () => {
    const ms = await convertToMs(dsa110Tile(), {
      path: join(folder, 'elsewhere.ms'),
      fields: 'single',
      phaseCenter: { raDeg: 336.5, decDeg: 15.5 },
      telescopeName: 'DSA_110',
    });
    expect(ms.fields[0]!.center.raDeg).toBeCloseTo(336.5, 12);
    expect(ms.fields[0]!.center.decDeg).toBeCloseTo(15.5, 12);
    expect(ms.telescopeName).toBe('DSA_110');
    await validateMs(ms.path);
  });

  it('reads selected integrations and spectral windows', async () => {
    const all = await readMs(meridian.path);
    const part = await readMs(meridian.path, { firstTime: 3, nTimes: 2, firstSpw: 14 });
    expect(part.visibilities.shape).toEqual([380, 4, 2, 2]);
    expect(part.timeMjdSec).toEqual(all.timeMjdSec.slice(3, 5));
    expect(part.freqHz).toEqual(all.freqHz.slice(28));
    expect(part.fieldOfTime).toEqual([3, 4]);
    expect(part.timeIndex[190]).toBe(1);
    for (const [row, channel] of [
      [0, 0],
      [379, 3],
    ] as const)
      expect(part.visibilities.get(row, channel, 1, 1)).toBe(all.visibilities.get(570 + row, 28 + channel, 1, 1));
    await expect(readMs(meridian.path, { firstSpw: 16 })).rejects.toThrow(/of the 16 there are/);
  });

  it('reads one MeasurementSet and writes others at the same time', async () => {
    const paths = ['a', 'b'].map(name => join(folder, `${name}.ms`));
    const readings = Array.from({ length: 4 }, (_, spw) => readMs(meridian.path, { firstSpw: 4 * spw, nSpws: 4 }));
    await Promise.all([...readings, ...paths.map(path => convertToMs(dsa110Tile(), { path }))]);
    const all = await readMs(meridian.path);
    for (const path of paths)
      expect(sameBits((await readMs(path)).visibilities.data, all.visibilities.data)).toBe(true);
    for (const [k, reading] of readings.entries())
      expect((await reading).visibilities.get(7, 1, 0, 0)).toBe(all.visibilities.get(7, 8 * k + 1, 0, 0));
  });

  it('rejects an incomplete group unless fewer subbands will do', async () => {
    const { files } = dsa110Tile();
    const group = { id: 'a group', files: files.slice(3), missingSubbands: [0, 1, 2] };
    const path = join(folder, 'incomplete.ms');
    await expect(convertToMs(group, { path })).rejects.toThrow(
      /at least 14 subbands but group a group has 13: it lacks 0, 1, 2/,
    );
    expect(existsSync(path)).toBe(false);
    const ms = await convertToMs(group, { path, minSubbands: 13 });
    expect(ms.nSpws).toBe(16);
    const missing = await readMs(path, { firstSpw: 13 });
    expect(missing.flags.data.every(flag => flag === 1)).toBe(true);
    expect(missing.visibilities.data.every(value => value === 0)).toBe(true);
    const [lowest, truth] = [await readMs(path, { nSpws: 13 }), await readMs(meridian.path, { nSpws: 13 })];
    expect(sameBits(lowest.visibilities.data, truth.visibilities.data)).toBe(true);
    expect(lowest.flags.data).toEqual(truth.flags.data);
    const twice = { ...group, files: [...files.slice(1), files[1]!] };
    await expect(convertToMs(twice, { path: join(folder, 'twice.ms') })).rejects.toMatchObject({
      code: 'INCOMPLETE_GROUP',
    });
  });

  it('leaves an existing output alone', async () => {
    const before = await describeMs(meridian.path);
    const again = convertToMs(dsa110Tile(), { path: meridian.path });
    await expect(again).rejects.toSatisfy(error => isPipelineError(error, 'OUTPUT_EXISTS'));
    expect(await describeMs(meridian.path)).toEqual(before);
  });

  it('sets aside what fails its validation', async () => {
    const path = join(folder, 'late.ms');
    const late = convertToMs(dsa110Tile(), { path, yearRange: [2030, 2040] });
    await expect(late).rejects.toMatchObject({ code: 'MEASUREMENT_SET', path: `${path}.rejected-1` });
    await expect(late).rejects.toThrow(/years 2030 to 2040/);
    expect(existsSync(path)).toBe(false);
    expect((await describeMs(`${path}.rejected-1`)).nRows).toBe(meridian.nRows);
    expect(meridian.validationWarning).toBeUndefined();
  });

  it('keeps what fails its validation, and says so, when asked', async () => {
    const path = join(folder, 'warned.ms');
    const ms = await convertToMs(dsa110Tile(), { path, yearRange: [2030, 2040], validation: 'warn' });
    expect(ms.validationWarning).toMatch(/years 2030 to 2040/);
    expect(ms.validationWarning).toContain(path);
    await expect(validateMs(path, { yearRange: [2030, 2040] })).rejects.toThrow(/years 2030 to 2040/);
    expect(readdirSync(folder).filter(name => name.startsWith('warned'))).toEqual(['warned.ms']);
  });

  it('puts all channels into one spectral window', async () => {
    const path = join(folder, 'one.ms');
    const one = await convertToMs(dsa110Tile(), { path, spectralWindows: 'one' });
    expect(one).toMatchObject({ nSpws: 1, nRows: 190 * 24, freqHz: meridian.freqHz });
    const [a, b] = [await readMs(path), await readMs(meridian.path)];
    for (const name of ['visibilities', 'weights', 'flags', 'uvwMeters'] as const)
      expect(sameBits(a[name].data, b[name].data), name).toBe(true);
  });

  it('averages short baselines in time, less for a wider field', async () => {
    const options = { fields: 'single', maxSmearing: 0.01 } as const;
    const wide = await convertToMs(dsa110Tile(), { path: join(folder, 'wide.ms'), ...options });
    const narrow = await convertToMs(dsa110Tile(), {
      path: join(folder, 'narrow.ms'),
      ...options,
      fieldRadiusDeg: 0.3,
    });
    expect(wide.nRows).toBeLessThan(0.9 * meridian.nRows);
    expect(narrow.nRows).toBeLessThan(0.7 * wide.nRows);
    expect(narrow.nRows).toBeGreaterThanOrEqual((190 * 24 * 16) / 4); // 60 s are four integrations
    expect(Math.max(...narrow.integrationSec)).toBeLessThanOrEqual(60);
    expect(wide.history.join()).toMatch(/smearing of at most 0.01 at 2.3 deg/);
    await validateMs(wide.path);
  });
});
