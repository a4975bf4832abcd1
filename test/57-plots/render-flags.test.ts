import ndarray from 'ndarray';
import { PNG } from 'pngjs';
import { expect, it } from 'vitest';

import { flagReasons, renderFlags } from '../../src/index.js';

const [nTimes, nFreqs, nPols] = [4, 8, 2];
const pairs = [
  [0, 0],
  [0, 1],
  [1, 1],
] as const;
const rows = [...Array(nTimes).keys()].flatMap(time => pairs.map(([a, b]) => ({ time, a, b })));
const observation = {
  timeIndex: Uint32Array.from(rows, ({ time }) => time),
  antenna1: Uint32Array.from(rows, ({ a }) => a),
  antenna2: Uint32Array.from(rows, ({ b }) => b),
  timeMjdSec: Float64Array.from({ length: nTimes }, (_, i) => 5.2e9 + 60 * i),
  freqHz: Float64Array.from({ length: nFreqs }, (_, k) => 1.3e9 + 1e6 * k),
  antennas: ['A', 'B', 'C'].map(name => ({ name, positionMeters: [0, 0, 0], diameterMeters: 4.65 })),
};

/** Flags of the baseline A-B; autocorrelations have all of theirs. */
function flagsOf(bitsOf: (time: number, channel: number, pol: number) => number) {
  const reasons = ndarray(new Uint8Array(rows.length * nFreqs * nPols), [rows.length, nFreqs, nPols]);
  for (const [row, { time, a, b }] of rows.entries())
    for (let k = 0; k < nFreqs; k++)
      for (let pol = 0; pol < nPols; pol++)
        reasons.set(row, k, pol, a === b ? flagReasons.autocorrelation : bitsOf(time, k, pol));
  return { reasons };
}

/** Colors of the cells of the waterfalls, which are 144 x 30 pixels each, 120 + 44 from one to the next. */
function cellsOf(png: Buffer, waterfall: number): number[][][] {
  const { width, data } = PNG.sync.read(png);
  return [...Array(nTimes).keys()].map(time =>
    [...Array(nFreqs).keys()].map(k => {
      const [x, y] = [64 + 144 * k + 72, 50 + 164 * waterfall + 30 * time + 15];
      return [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
    }),
  );
}

it('draws time downwards and frequency to the right, as bright as the fraction that is flagged', () => {
  const { interference, bandEdge } = flagReasons;
  const flags = flagsOf((time, k, pol) =>
    k === 7 ? bandEdge : time === 1 && k === 2 ? interference : time === 3 && pol === 0 ? interference : 0,
  );
  const png = renderFlags(flags, observation);
  const [any, edges, rfi] = [0, 1, 2].map(waterfall => cellsOf(png, waterfall)) as [
    number[][][],
    number[][][],
    number[][][],
  ];
  const [full, half, none] = [any[0]![7]!, any[3]![0]!, any[0]![0]!];
  expect(full.reduce((a, b) => a + b)).toBeGreaterThan(half.reduce((a, b) => a + b) + 100);
  expect(half.reduce((a, b) => a + b)).toBeGreaterThan(none.reduce((a, b) => a + b) + 100);
  for (let time = 0; time < nTimes; time++)
    for (let k = 0; k < nFreqs; k++) {
      const [edge, noise] = [k === 7 ? full : none, time === 1 && k === 2 ? full : time === 3 && k < 7 ? half : none];
      expect([time, k, edges[time]![k], rfi[time]![k]]).toEqual([time, k, edge, noise]);
      expect(any[time]![k]).toEqual(k === 7 ? full : noise);
    }
});

it('draws no more waterfalls than there are reasons, and no autocorrelations', () => {
  const heightOf = (png: Buffer) => PNG.sync.read(png).height;
  const [none, one] = [flagsOf(() => 0), flagsOf(() => flagReasons.shadowed)].map(flags =>
    renderFlags(flags, observation),
  );
  expect(heightOf(one!) - heightOf(none!)).toBe(164);
});

it('refuses flags of another observation, and one of autocorrelations alone', () => {
  const few = { reasons: flagsOf(() => 0).reasons.hi(5, nFreqs, nPols) };
  expect(() => renderFlags(few, observation)).toThrow(/flags of 12 rows and 8 channels but received 5 and 8/);
  const alone = { ...observation, antenna2: observation.antenna1.slice(), antenna1: observation.antenna1 };
  expect(() =>
    renderFlags(
      flagsOf(() => 0),
      alone,
    ),
  ).toThrow(/baselines of two antennas/);
});
