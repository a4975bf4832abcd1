import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { InvalidArgumentError } from '../../src/core/errors.js';
import { describeSource, readSource } from '../../src/uvh5/index.js';
import { describeIf, hasPythonModule, hasShared, runPython, sharedPath } from '../support/oracles.js';
import { randomOf, shuffled } from '../support/random.js';

/**
 * argv: folder for raw arrays, files. The group as h5py, numpy and ERFA make it: channels ascending, visibilities
 * conjugated, uvw on axes of the apparent meridian direction (w) and of a step in ICRS declination (v).
 */
const oracle = `
import erfa, h5py, json, os, sys, numpy as np
out, paths = sys.argv[1], sys.argv[2:]
files = sorted((h5py.File(p) for p in paths), key=lambda f: f['Header/freq_array'][0, 0])
h = files[0]['Header']
lon, lat, alt = np.radians(h['longitude'][()]), np.radians(h['latitude'][()]), h['altitude'][()]
dec = h['extra_keywords/phase_center_dec'][()]
origin = erfa.gd2gc(1, lon, lat, alt)
positions = h['antenna_positions'][()]
jd = h['time_array'][()]
baseline = positions[h['ant_2_array'][()]] - positions[h['ant_1_array'][()]]
def apparent(ra, de, t):
    _, _, ha, d, _, _ = erfa.atco13(ra, de, 0, 0, 0, 0, 2400000.5, t - 2400000.5, 0, lon, lat, alt, 0, 0, 0, 0, 0, 1.0)
    return np.array([np.cos(d) * np.cos(lon - ha), np.cos(d) * np.sin(lon - ha), np.sin(d)])
uvw, centers = np.zeros((len(jd), 3)), []
for t in np.unique(jd):
    ra, de = erfa.atoc13('H', 0.0, dec, 2400000.5, t - 2400000.5, 0, lon, lat, alt, 0, 0, 0, 0, 0, 1.0)
    centers.append([float(np.degrees(ra)), float(np.degrees(de))])
    w = apparent(ra, de, t)
    north = apparent(ra, de + 1e-4, t) - w
    v = north - (north @ w) * w
    v /= np.linalg.norm(v)
    rows = jd == t
    uvw[rows] = baseline[rows] @ np.stack([np.cross(v, w), v, w], 1)
def joined(name):
    return np.concatenate([f['Data'][name][:, 0][:, ::-1] for f in files], 1)
uvw.tofile(out + '/uvw')
np.conj(joined('visdata')).astype(np.complex64).tofile(out + '/visibilities')
joined('flags').astype(np.uint8).tofile(out + '/flags')
joined('nsamples').astype(np.float32).tofile(out + '/weights')
print(json.dumps(dict(freqHz=np.concatenate([f['Header/freq_array'][0][::-1] for f in files]).tolist(),
    timeMjdSec=((np.unique(jd) - 2400000.5) * 86400).tolist(), centers=centers,
    positions=(positions + origin).tolist(), antenna1=h['ant_1_array'][()].tolist(), antenna2=h['ant_2_array'][()].tolist())))
`;

/** argv: file, Python statements that change its open header `h`. */
const change = `
import h5py, numpy as np, sys
with h5py.File(sys.argv[1], 'a') as f:
    h = f['Header']
    exec(sys.argv[2])
`;

interface Truth {
  freqHz: number[];
  timeMjdSec: number[];
  centers: [number, number][];
  positions: number[][];
  antenna1: number[];
  antenna2: number[];
}

const canRun = hasShared() && hasPythonModule('h5py') && hasPythonModule('erfa');

describeIf(canRun, 'needs ../shared, python3-h5py and python3-erfa', 'a group of subband files', () => {
  const tile = sharedPath('data', 'dsa110-tile');
  let folder: string;
  let paths: string[];
  let truth: Truth;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-group-'));
    paths = (await readdir(tile)).filter(name => name.endsWith('.hdf5')).map(name => join(tile, name));
    truth = JSON.parse(runPython(oracle, [folder, ...paths])) as Truth;
  });
  afterAll(() => rm(folder, { recursive: true }));

  const raw = async (name: string) => new Uint8Array(await readFile(join(folder, name)));
  const bytes = ({ data }: { data: ArrayBufferView }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

  describe('against h5py and ERFA', () => {
    test('frequencies ascend, 16 windows, times and antennas are those of the files', async () => {
      const observation = await describeSource(paths);
      expect([...observation.freqHz]).toEqual(truth.freqHz);
      expect(observation.spwFirstChannel).toEqual([...Array(16).keys()].map(k => 2 * k));
      expect([...observation.timeMjdSec]).toEqual(truth.timeMjdSec);
      expect([...observation.antenna1]).toEqual(truth.antenna1);
      expect([...observation.antenna2]).toEqual(truth.antenna2);
      expect(observation.polarizations).toEqual([-5, -6]);
      observation.antennas.forEach((antenna, i) => {
        antenna.positionMeters.forEach((x, axis) =>
          expect(Math.abs(x - truth.positions[i]![axis]!)).toBeLessThan(1e-8),
        );
      });
    });

    test('meridian centers are those of the truth', async () => {
      const { phaseCenters, pointings } = await describeSource(paths);
      const published = JSON.parse(await readFile(join(tile, 'truth.json'), 'utf8'));
      expect(pointings).toEqual(phaseCenters);
      phaseCenters.forEach(({ raDeg, decDeg }, t) => {
        const [ra, dec] = published.tiles[0].meridian_icrs_deg[t];
        // The generator kept more digits of the time than a file's JD does: 2e-5 s, 3e-4".
        expect(Math.abs(raDeg - ra) * 3600).toBeLessThan(1e-3);
        expect(Math.abs(decDeg - dec) * 3600).toBeLessThan(1e-3);
        // MJD seconds in double precision resolve 1 us: 1.4e-5".
        expect(Math.abs(raDeg - truth.centers[t]![0]) * 3600).toBeLessThan(2e-5);
      });
    });

    test('uvw agree to 10 micrometres', async () => {
      const { uvwMeters } = await describeSource(paths);
      const expected = new Float64Array((await raw('uvw')).buffer);
      expect(uvwMeters.data.length).toBe(expected.length);
      const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - uvwMeters.data[i]!)), 0);
      expect(worst).toBeLessThan(1e-5);
    });

    test('visibilities are conjugated, channels reversed, to the bit', async () => {
      const { visibilities, flags, weights } = await readSource(paths);
      expect(visibilities.shape).toEqual([5040, 32, 2, 2]);
      expect(Buffer.compare(bytes(visibilities), await raw('visibilities'))).toBe(0);
      expect(Buffer.compare(bytes(flags), await raw('flags'))).toBe(0);
      expect(Buffer.compare(bytes(weights), await raw('weights'))).toBe(0);
    });
  });

  test('the order of the files does not matter', async () => {
    const expected = await readSource(paths);
    const observation = await describeSource(paths);
    for (let seed = 1; seed <= 3; seed++) {
      const other = shuffled(paths, randomOf(seed));
      expect(await describeSource(other)).toEqual(observation);
      const data = await readSource(other);
      expect(Buffer.compare(bytes(data.visibilities), bytes(expected.visibilities))).toBe(0);
    }
    expect(await describeSource({ files: paths.map(path => ({ path })) })).toEqual(observation);
  });

  test('UT1-UTC moves the meridian by 15 arcsec per second', async () => {
    const [at0] = (await describeSource(paths)).phaseCenters;
    const [at1] = (await describeSource(paths, { earthOrientation: { ut1MinusUtcSec: 0.4 } })).phaseCenters;
    expect((at1!.raDeg - at0!.raDeg) * 3600).toBeCloseTo(0.4 * 15.04, 1);
  });

  test('too few subbands are refused, fewer are accepted on request', async () => {
    await expect(describeSource(paths.slice(3))).rejects.toMatchObject({
      code: 'INCOMPLETE_GROUP',
      message: expect.stringMatching(/at least 14 .* 13/),
    });
    const { freqHz } = await describeSource(paths.slice(3), { minSubbands: 13 });
    expect(freqHz).toHaveLength(32);
  });

  test.each([
    ['the highest', [0]],
    ['the lowest and its neighbor', [14, 15]],
    ['two in between', [3, 8]],
    ['all but one', [...Array(16).keys()].filter(subband => subband !== 5)],
  ])('missing subbands are flagged channels of the same axis: %s', async (_, missing) => {
    const tagOf = (subband: number) => `sb${String(subband).padStart(2, '0')}`;
    const present = paths.filter(path => !missing.some(subband => path.includes(tagOf(subband))));
    const complete = await describeSource(paths);
    const { history, ...observation } = await describeSource(present, { minSubbands: 1 });
    expect(observation).toEqual({ ...complete, history: undefined });
    expect(history[0]).toContain(`Read ${present.length} UVH5`);
    expect(history[0]).toContain('at least 1 of 16');
    for (const subband of missing) expect(history[0]).toContain(tagOf(subband));

    const whole = await readSource(paths);
    const data = await readSource(present, { minSubbands: 1 });
    for (let channel = 0; channel < 32; channel++) {
      const isMissing = missing.includes(15 - (channel >> 1));
      for (const row of [0, 2111, 5039]) {
        const values = [data.visibilities.get(row, channel, 1, 0), data.weights.get(row, channel, 1)];
        const expected = [whole.visibilities.get(row, channel, 1, 0), whole.weights.get(row, channel, 1)];
        expect(values).toEqual(isMissing ? [0, 0] : expected);
        expect(data.flags.get(row, channel, 1)).toBe(isMissing ? 1 : whole.flags.get(row, channel, 1));
      }
    }
  });

  test('elsewhere in frequency only gaps between files are known to be missing', async () => {
    const moved = await Promise.all(
      [2, 3, 6].map(async k => {
        const name = `2026-01-25T22:00:00_sb0${k}.hdf5`;
        const path = join(folder, `moved-${name}`);
        await copyFile(
          paths.find(other => other.includes(`sb0${k}`))!,
          path,
        );
        runPython(change, [path, "h['freq_array'][...] = h['freq_array'][()] + 1e6"]);
        return path;
      }),
    );
    const { freqHz, history } = await describeSource(moved, { minSubbands: 3 });
    expect(freqHz).toHaveLength(10);
    expect(history[0]).toMatch(/missing subbands 1\d{3}\.\d{3} to 1\d{3}\.\d{3} MHz, .* \(at least 3 of 5/);
  });

  test.each([[[]], [['']]])('no files are refused: %o', async source => {
    await expect(describeSource(source)).rejects.toThrow(InvalidArgumentError);
  });

  test('one subband twice is refused, naming both', async () => {
    const copy = join(folder, '2026-01-25T22:00:09_sb03.hdf5');
    const original = paths.find(path => path.includes('_sb03'))!;
    await copyFile(original, copy);
    const twice = [copy, ...paths.filter(path => !path.includes('_sb07'))];
    const refusal = describeSource(twice);
    await expect(refusal).rejects.toMatchObject({ code: 'INCOMPLETE_GROUP', message: expect.stringContaining(copy) });
    await expect(refusal).rejects.toThrow(original);
  });

  test.each([
    ['time_array', "h['time_array'][...] = h['time_array'][()] + 1"],
    ['integration_time', "h['integration_time'][...] = 10.0"],
    ['antenna_diameters', "h['antenna_diameters'][3] = 5"],
    ['antenna_names', "h['antenna_names'][3] = b'x'"],
    ['telescope_name', "del h['telescope_name']; h['telescope_name'] = np.bytes_('VLA')"],
    ['polarization_array', "h['polarization_array'][...] = [-6, -5]"],
    ['altitude', "h['altitude'][()] = 1"],
  ])('a file that differs in %s is refused, naming it', async (dataset, statements) => {
    const path = join(folder, `other-${dataset}.hdf5`);
    await copyFile(paths[5]!, path);
    runPython(change, [path, statements]);
    await expect(describeSource([...paths.slice(0, 5), ...paths.slice(6), path])).rejects.toMatchObject({
      code: 'INCONSISTENT_GROUP',
      message: expect.stringMatching(new RegExp(`Header/${dataset}.*other-${dataset}`)),
    });
  });

  test('channels that overlap those of another file are refused', async () => {
    const path = join(folder, 'overlap.hdf5');
    await copyFile(paths[5]!, path);
    runPython(change, [path, "h['freq_array'][...] = h['freq_array'][()] + 3e6"]);
    await expect(describeSource([...paths.slice(0, 5), ...paths.slice(6), path])).rejects.toMatchObject({
      code: 'INCONSISTENT_GROUP',
      message: expect.stringContaining('overlap.hdf5'),
    });
  });

  test('progress rises to 1, and an abort rejects with its reason', async () => {
    const seen: number[] = [];
    await readSource(paths, { onProgress: fraction => seen.push(fraction) });
    expect(seen.length).toBeGreaterThan(10);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    const controller = new AbortController();
    const reason = new Error('enough');
    const aborted = readSource(paths, { signal: controller.signal, onProgress: () => controller.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
  });
});
