import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { simulateObservation } from '../../src/index.js';
import type { SimulationOptions } from '../../src/index.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'contimg-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const small = { nAntennas: 8, nChannels: 6, nIntegrations: 6 };

function simulate(name: string, options: Partial<SimulationOptions>) {
  return simulateObservation({ ...small, ...options, folder: join(root, name) });
}

function sameBytes(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((path, i) => readFileSync(path).equals(readFileSync(b[i]!)));
}

test('the same options give the same bytes, whatever the number of threads', async () => {
  const one = await simulate('one', { threads: 1, gainError: 0.1, nTiles: 2 });
  const two = await simulate('two', { threads: 2, gainError: 0.1, nTiles: 2 });
  expect(one.files.length).toBe(32);
  expect(sameBytes(one.files, two.files)).toBe(true);
  expect(readFileSync(one.truthPath, 'utf8')).toBe(readFileSync(two.truthPath, 'utf8'));
});

test('another seed gives another sky and other noise', async () => {
  const one = await simulate('seed1', { seed: 1 });
  const two = await simulate('seed2', { seed: 2 });
  expect(one.truth.sources).not.toEqual(two.truth.sources);
  expect(sameBytes(one.files.slice(0, 1), two.files.slice(0, 1))).toBe(false);
});

test('file names scatter by nameJitterSec while the times inside agree', async () => {
  const { files, truth } = await simulate('jitter', { nameJitterSec: 5 });
  const stamps = files.map(path => Date.parse(`${basename(path).slice(0, 19)}Z`) / 1000);
  const late = stamps.map(stamp => stamp - Date.parse(`${truth.tiles[0]!.stamp}Z`) / 1000);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...late)).toBeLessThanOrEqual(5);
  expect(new Set(late).size).toBeGreaterThan(1);
});

test('random sources lie along the strip that drifts by, apart from one another, the brightest first', async () => {
  const { truth } = await simulate('sky', { nSources: 60, nTiles: 3, pointingDecDeg: 54 });
  const meridian = truth.tiles.flatMap(tile => tile.meridian_icrs_deg);
  const stretch = 1 / Math.cos((54 * Math.PI) / 180);
  expect(truth.sources.length).toBe(60);
  expect(truth.sources[0]!.flux_jy).toBe(3);
  for (const source of truth.sources) {
    const fromStart = ((source.ra_deg - meridian[0]![0] + 540) % 360) - 180;
    const fromEnd = ((source.ra_deg - meridian.at(-1)![0] + 540) % 360) - 180;
    expect(fromStart).toBeGreaterThan(-0.81 * stretch);
    expect(fromEnd).toBeLessThan(0.81 * stretch);
    expect(Math.abs(source.dec_deg - meridian[0]![1])).toBeLessThan(1);
    expect(source.flux_jy).toBeGreaterThanOrEqual(0.15);
    expect(source.flux_jy).toBeLessThanOrEqual(5);
  }
});

describeIf(hasPythonModule('h5py'), 'python3-h5py missing', 'what the receivers add', () => {
  test('thermal noise has the recorded level, is independent everywhere, and leaves autocorrelations real', async () => {
    const options = { nSources: 0, nTiles: 2, nAntennas: 12, noise: 0.5 };
    const { truth } = await simulate('noise', options);
    expect(truth.noise_sigma_jy).toBeCloseTo((0.5 * 5800) / 0.7 / Math.sqrt(2 * 1953125 * 12.884902000427246), 12);
    const measured = JSON.parse(
      runPython(
        `
import glob, json, sys
import h5py, numpy as np
files = sorted(glob.glob(sys.argv[1] + '/*.hdf5'))
vis = np.concatenate([h5py.File(f)['Data/visdata'][()] for f in files], axis=1)   # rows, files, channels, pols
ant1, ant2 = (h5py.File(files[0])['Header/' + k][()] for k in ('ant_1_array', 'ant_2_array'))
auto = ant1 == ant2
cross = vis[~auto]
parts = np.stack([cross.real, cross.imag]).astype(float)
def correlation(a, b):
    return abs(np.mean(a * b) / np.std(a) / np.std(b)) * np.sqrt(a.size)
ns = np.concatenate([h5py.File(f)['Data/nsamples'][()] for f in files[:16]], axis=1)
print(json.dumps(dict(
    sigma=[float(p.std()) for p in parts], mean=float(abs(parts.mean()) / parts.std() * np.sqrt(parts.size)),
    auto_imaginary=float(np.abs(vis[auto].imag).max()), auto_sigma=float(vis[auto].real.std()),
    correlations=[float(c) for c in (
        correlation(parts[0], parts[1]), correlation(parts[..., 0], parts[..., 1]),
        correlation(parts[..., 1:, :], parts[..., :-1, :]), correlation(parts[:, :, 1:], parts[:, :, :-1]),
        correlation(parts[:, 1:], parts[:, :-1]), correlation(parts[:, :, :16], parts[:, :, 16:]))],
    nsamples=[float(ns.min()), float(ns.max()), float(np.ptp(ns, axis=(1, 2, 3)).max()), float(ns.std())])))
`,
        [join(root, 'noise')],
      ),
    ) as Record<'sigma' | 'correlations' | 'nsamples', number[]> &
      Record<'mean' | 'auto_imaginary' | 'auto_sigma', number>;
    for (const sigma of [...measured.sigma, measured.auto_sigma]) {
      expect(Math.abs(sigma / truth.noise_sigma_jy - 1)).toBeLessThan(0.02);
    }
    expect(measured.mean).toBeLessThan(5);
    expect(measured.auto_imaginary).toBe(0);
    for (const correlation of measured.correlations) expect(correlation).toBeLessThan(5);
    const [least, most, withinRow, scatter] = measured.nsamples;
    expect(least).toBeGreaterThanOrEqual(Math.fround(0.95));
    expect(most).toBeLessThanOrEqual(1);
    expect(withinRow).toBe(0);
    expect(scatter).toBeCloseTo(0.05 / Math.sqrt(12), 3);
  });

  test('recorded gains turn the perfect data into the corrupted', async () => {
    const perfect = await simulate('perfect', { noise: 0 });
    const corrupted = await simulate('corrupted', { noise: 0, gainError: 0.2 });
    expect(corrupted.truth.sources).toEqual(perfect.truth.sources);
    const difference = runPython(
      `
import glob, json, sys
import h5py, numpy as np
perfect, corrupted = (sorted(glob.glob(folder + '/*.hdf5')) for folder in sys.argv[1:3])
truth = json.load(open(sys.argv[2] + '/truth.json'))['gains']
gains = (np.array(truth['real']) + 1j * np.array(truth['imag'])).reshape(truth['shape'])
assert np.std(np.abs(gains).mean(axis=1)) > 0.05 and np.std(np.angle(gains)) > 1
pads = truth['antenna_pads']
worst = 0
for subband, (p, c) in enumerate(zip(perfect, corrupted)):
    header, v, w = h5py.File(p)['Header'], h5py.File(p)['Data/visdata'][:, 0], h5py.File(c)['Data/visdata'][:, 0]
    g = gains[:, subband * v.shape[1]:(subband + 1) * v.shape[1]]
    g1, g2 = (g[[pads.index(a + 1) for a in header[k][()]]] for k in ('ant_1_array', 'ant_2_array'))
    worst = max(worst, np.abs(v * np.conj(g1) * g2 - w).max() / np.abs(v).max())
print(worst)
`,
      [join(root, 'perfect'), join(root, 'corrupted')],
    );
    expect(Number(difference)).toBeLessThan(1e-6);
  });
});

const erfa = hasPythonModule('erfa') && hasPythonModule('h5py');
describeIf(erfa, 'python3-erfa or python3-h5py missing', 'Earth orientation', () => {
  test('moves a source as ERFA says', async () => {
    const orientation = { ut1MinusUtcSec: 0.5, xPoleArcsec: 0.3, yPoleArcsec: -0.2 };
    const source = { raDeg: 336.9, decDeg: 16.2, fluxJy: 1 };
    const options = { noise: 0, primaryBeam: false, sources: [source] };
    await simulate('zero', options);
    await simulate('turned', { ...options, earthOrientation: orientation });
    const [zero, turned, between] = JSON.parse(
      runPython(
        `
import glob, json, sys
import erfa, h5py, numpy as np
LON, LAT, HEIGHT = np.radians(-118.283), np.radians(37.233405), 1188.0519
unit = lambda lon, dec: np.array([np.cos(dec) * np.cos(lon), np.cos(dec) * np.sin(lon), np.sin(dec)])
def residual(folder, dut1, x, y):
    worst = 0
    for path in (sorted(glob.glob(folder + '/*.hdf5'))[k] for k in (0, 15)):
        h, vis = h5py.File(path)['Header'], h5py.File(path)['Data/visdata'][:, 0, :, 0]
        b = h['antenna_positions'][()][h['ant_2_array'][()]] - h['antenna_positions'][()][h['ant_1_array'][()]]
        s0 = unit(LON, h['extra_keywords/phase_center_dec'][()])
        for jd in np.unique(h['time_array'][()]):
            _, _, ha, dec, _, _ = erfa.atco13(np.radians(336.9), np.radians(16.2), 0, 0, 0, 0, jd, 0, dut1, LON, LAT, HEIGHT, x, y, 0, 0, 0, 1)
            rows = h['time_array'][()] == jd
            expected = np.exp(2j * np.pi / 299792458 * np.outer(b[rows] @ (unit(LON - ha, dec) - s0), h['freq_array'][0]))
            worst = max(worst, np.abs(vis[rows] - expected).max())
    return float(worst)
pole = np.radians(0.3 / 3600), np.radians(-0.2 / 3600)
print(json.dumps([residual(sys.argv[1], 0, 0, 0), residual(sys.argv[2], 0.5, *pole), residual(sys.argv[2], 0, 0, 0)]))
`,
        [join(root, 'zero'), join(root, 'turned')],
      ),
    ) as [number, number, number];
    // A JD in one double resolves 40 us: 3e-9 rad of Earth rotation, 1e-4 of a turn on the longest baselines.
    expect(zero).toBeLessThan(2e-4);
    expect(turned).toBeLessThan(2e-4);
    expect(between).toBeGreaterThan(0.5);
  });
});
