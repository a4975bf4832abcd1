import ndarray from 'ndarray';
import { expect, it } from 'vitest';

import type { RephasableObservation, SkyDirection } from '../../src/index.js';
import { defaultEarthOrientation, describeSource, meridianIcrs, readSource, rephase } from '../../src/index.js';
import { addon } from '../../src/core/addon.js';
import { toRawDirection, toRawSite } from '../../src/core/sky.js';
import { dsa110Tile, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf } from '../support/oracles.js';

const c = 299792458;
const site = { longitudeDeg: -118.283, latitudeDeg: 37.2334, heightMeters: 1188 };
const orientation = { ut1MinusUtcSec: 0.1, xPoleArcsec: 0.1, yPoleArcsec: 0.3 };
const origin = [-2409261.7, -4477916.6, 3839351.1] as const;
const offsets = [
  [0, 0, 0],
  [400, -100, 30],
  [-1200, 900, 2100],
] as const;
const times = [61065.9 * 86400, 61065.9 * 86400 + 13, 61065.9 * 86400 + 4000];
const freqHz = Float64Array.from([1.31e9, 1.4e9, 1.5e9]);
const baselines = [
  [0, 1],
  [2, 0],
  [1, 2],
] as const;

/** Unit vector on ITRF axes of a position at a time, from ERFA. */
const towards = (direction: SkyDirection, timeMjdSec: number): readonly number[] =>
  addon().apparentItrf({
    ...{ direction: toRawDirection(direction), timeMjdSec, site: toRawSite(site), earthOrientation: orientation },
  });
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, k) => sum + x * b[k]!, 0);

/** A point source of 1 Jy by the measurement equation alone: no uvw enters. */
function predict(source: SkyDirection, centers: readonly SkyDirection[]) {
  const visibilities = ndarray(new Float32Array(9 * 3 * 2 * 2), [9, 3, 2, 2]);
  for (let row = 0; row < 9; row++) {
    const t = Math.floor(row / 3);
    const [a, b] = baselines[row % 3]!;
    const baseline = [0, 1, 2].map(k => offsets[b]![k]! - offsets[a]![k]!);
    const path = dot(baseline, towards(source, times[t]!)) - dot(baseline, towards(centers[t]!, times[t]!));
    for (let f = 0; f < 3; f++) {
      const cycles = (freqHz[f]! / c) * path;
      const phase = -2 * Math.PI * (cycles - Math.round(cycles));
      for (const pol of [0, 1]) {
        visibilities.set(row, f, pol, 0, Math.cos(phase));
        visibilities.set(row, f, pol, 1, Math.sin(phase));
      }
    }
  }
  return visibilities;
}

function observation(phaseCenters: readonly SkyDirection[]): RephasableObservation {
  return {
    ...{ site, earthOrientation: orientation, freqHz, phaseCenters, timeMjdSec: Float64Array.from(times) },
    antennas: offsets.map((offset, k) => ({
      ...{ name: `${k}`, diameterMeters: 4.65, positionMeters: offset.map((x, axis) => x + origin[axis]!) },
    })),
    timeIndex: Uint32Array.from({ length: 9 }, (_, row) => Math.floor(row / 3)),
    antenna1: Uint32Array.from({ length: 9 }, (_, row) => baselines[row % 3]![0]),
    antenna2: Uint32Array.from({ length: 9 }, (_, row) => baselines[row % 3]![1]),
    uvwMeters: ndarray(new Float64Array(27), [9, 3]),
  };
}

it('rephase moves a point source to where a direct prediction has it, over arcminutes and over the sky', async () => {
  const meridian = times.map(time => meridianIcrs(16.15, time, site, orientation));
  const source = { raDeg: meridian[0]!.raDeg + 0.7, decDeg: 16.6 };
  const data = { ...observation(meridian), visibilities: predict(source, meridian) };
  for (const center of [meridian[1]!, source, { raDeg: source.raDeg + 30, decDeg: 60 }, { raDeg: 0, decDeg: 89.9 }]) {
    const moved = await rephase(data, center);
    const expected = predict(source, [center, center, center]);
    for (let i = 0; i < expected.data.length; i++)
      expect(Math.abs(moved.visibilities.data[i]! - expected.data[i]!)).toBeLessThan(2e-6 + 2e-7);
    expect(moved.phaseCenters).toEqual([center, center, center]);
    for (let row = 0; row < 9; row++) {
      const [a, b] = baselines[row % 3]!;
      const t = Math.floor(row / 3);
      const baseline = [0, 1, 2].map(k => offsets[b]![k]! - offsets[a]![k]!);
      const uvw = [0, 1, 2].map(axis => moved.uvwMeters.get(row, axis));
      if (meridian[t] === center) continue; // kept as it was
      expect(uvw[2]).toBeCloseTo(dot(baseline, towards(center, times[t]!)), 6);
      expect(Math.hypot(...uvw)).toBeCloseTo(Math.hypot(...baseline), 6);
    }
  }
  // A source at the center has no phase left.
  const there = await rephase(data, source);
  expect(Math.max(...there.visibilities.data.filter((_, i) => i % 2 === 1).map(Math.abs))).toBeLessThan(2e-6);
});

it('there and back again is where it started', async () => {
  const center = { raDeg: 337, decDeg: 16 };
  const start = times.map(() => center);
  const data = { ...observation(start), visibilities: predict({ raDeg: 338, decDeg: 15 }, start) };
  const away = await rephase(data, { raDeg: 10, decDeg: -20 });
  const back = await rephase({ ...data, ...away }, center);
  for (const [i, value] of data.visibilities.data.entries()) expect(back.visibilities.data[i]).toBeCloseTo(value, 6);
});

it('rephase refuses what does not fit together', async () => {
  const centers = times.map(() => ({ raDeg: 0, decDeg: 0 }));
  const data = { ...observation(centers), visibilities: predict({ raDeg: 1, decDeg: 0 }, centers) };
  const center = { raDeg: 1, decDeg: 1 };
  for (const [bad, message] of [
    [{ visibilities: ndarray(new Float32Array(8), [2, 2, 2]) }, /Expected visibilities \(nRows/],
    [{ visibilities: ndarray(new Float32Array(24), [2, 3, 2, 2]) }, /rows and channels/],
    [{ antenna1: new Uint32Array(9).fill(3) }, /antenna1 and antenna2 to name antennas/],
    [{ timeIndex: new Uint32Array(9).fill(3) }, /timeIndex to name integrations/],
    [{ phaseCenters: [] }, /phase center for every integration/],
    [{ earthOrientation: { ...defaultEarthOrientation, ut1MinusUtcSec: 2 } }, /ut1MinusUtcSec/],
  ] as const)
    await expect(rephase({ ...data, ...bad }, center)).rejects.toThrow(message);
  await expect(rephase(data, { raDeg: 0, decDeg: 91 })).rejects.toThrow(/decDeg/);
});

describeIf(hasDsa110Tile, 'no ../shared', 'a source that is read at another phase center', () => {
  it('is the one that is rephased in memory', async () => {
    const { files } = dsa110Tile();
    const few = { files: files.slice(0, 2) };
    const phaseCenter = { raDeg: 337.2, decDeg: 16.4 };
    const options = { minSubbands: 2 };
    const data = { ...(await describeSource(few, options)), ...(await readSource(few, options)) };
    const moved = await rephase(data, phaseCenter);
    const read = await readSource(few, { ...options, phaseCenter });
    // Degrees and back to radians cost the last bit of a direction.
    let largest = 0;
    for (const [i, value] of moved.visibilities.data.entries())
      largest = Math.max(largest, Math.abs(read.visibilities.data[i]! - value));
    expect(largest).toBeLessThan(1e-5);
    const described = await describeSource(few, { ...options, phaseCenter });
    for (const row of [0, 1000, 5039])
      for (const axis of [0, 1, 2])
        expect(described.uvwMeters.get(row, axis)).toBeCloseTo(moved.uvwMeters.get(row, axis), 6);
    expect(described.phaseCenters[23]!.raDeg).toBeCloseTo(337.2, 12);
  });
});
