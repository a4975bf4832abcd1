import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { MsData, SkyDirection } from '../../src/index.js';
import {
  convertToMs,
  describeMs,
  describeSource,
  imageMs,
  isPipelineError,
  readMs,
  readSource,
} from '../../src/index.js';
import { dsa110Tile, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';

const script = readFileSync(new URL('foreign-ms.py', import.meta.url), 'utf8');
const toIcrs = `
import json, sys
from astropy.coordinates import SkyCoord
c = SkyCoord(*map(list, zip(*json.loads(sys.argv[1]))), unit='rad', frame='fk5', equinox='J2000').icrs
print(json.dumps([[x.ra.deg, x.dec.deg] for x in c]))`;
const nChannels = [5, 3];

/** What python-casacore reads of one baseline and time. */
interface Row {
  readonly key: readonly [time: number, field: number, antenna1: number, antenna2: number];
  readonly uvw: readonly number[];
  readonly windows: Readonly<Record<string, { re: number[]; im: number[]; flag: number[]; weight: number[] }>>;
}

/** Every value of `data` is the one that python-casacore reads, in contimg's signs and orders. */
function expectSame(data: MsData, rows: readonly Row[], descriptions: readonly number[]) {
  expect(data.timeIndex).toHaveLength(rows.length);
  const nPols = data.nPols;
  let different = 0;
  const check = (same: boolean) => (different += same ? 0 : 1);
  const theirs = new Map(rows.map(row => [row.key.join(), row]));
  for (let row = 0; row < rows.length; row++) {
    const time = data.timeIndex[row]!;
    check(row === 0 || data.timeIndex[row - 1]! <= time);
    const key = [data.timeMjdSec[time], data.fieldOfTime[time], data.antenna1[row], data.antenna2[row]];
    const { uvw, windows } = theirs.get(key.join())!;
    theirs.delete(key.join());
    for (const axis of [0, 1, 2]) check(data.uvwMeters.get(row, axis) === uvw[axis]);
    let first = 0;
    for (const description of descriptions) {
      const window = windows[description];
      const n = nChannels[description === 1 ? 1 : 0]!;
      for (let i = 0; i < n * nPols; i++) {
        const at = [row, first + Math.floor(i / nPols), i % nPols] as const;
        check(data.flags.get(...at) === (window ? window.flag[i] : 1));
        check(data.weights.get(...at) === (window ? window.weight[i] : 1));
        check(data.visibilities.get(...at, 0) === (window ? window.re[i] : 0));
        check(data.visibilities.get(...at, 1) === (window ? -window.im[i]! : 0));
      }
      first += n;
    }
  }
  expect(different).toBe(0);
}

/** To 30 mas: casacore's J2000 is that of the dynamical equinox, astropy's FK5 that of the catalog, 23 mas away. */
function expectClose(found: SkyDirection, [raDeg, decDeg]: readonly [number, number]) {
  expect(Math.abs(found.raDeg - raDeg)).toBeLessThan(0.03 / 3600);
  expect(Math.abs(found.decDeg - decDeg)).toBeLessThan(0.03 / 3600);
}

const available = hasPythonModule('casacore.tables') && hasPythonModule('astropy');

describeIf(available, 'needs python3-casacore, python3-astropy', 'MeasurementSets of other telescopes', () => {
  let folder: string;
  const path = (weights: string) => join(folder, `${weights}.ms`);
  const rowsOf = (weights: string, column: string, fields: string, ...descriptions: number[]) =>
    JSON.parse(
      runPython(script, ['read', path(weights), column, fields, ...descriptions.map(String)]),
    ) as readonly Row[];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-foreign-'));
    for (const [seed, weights] of ['spectrum', 'row', 'none', 'mixed'].entries())
      runPython(script, ['make', path(weights), weights, String(seed)]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['spectrum', 'row', 'none', 'mixed'])(
    'shuffled rows, missing rows and descending channels come out in order, with weights from: %s',
    async weights => {
      const data = await readMs(path(weights), { field: 'TARGET', dataDescriptions: [1, 0] });
      expect(data.polarizations).toEqual([-1, -3, -4, -2]);
      expect(data.spwFirstChannel).toEqual([0, 5]);
      expect([...data.freqHz]).toEqual([1.4e9, 1.402e9, 1.404e9, 1.406e9, 1.408e9, 1.498e9, 1.499e9, 1.5e9]);
      expect([...data.channelWidthHz]).toEqual([2e6, 2e6, 2e6, 2e6, 2e6, 1e6, 1e6, 1e6]);
      const rows = rowsOf(weights, 'DATA', '0,1', 0, 1);
      expect(rows.some(row => !row.windows[1])).toBe(true);
      expect(rows.some(row => row.key[2] > row.key[3])).toBe(true);
      expectSame(data, rows, [0, 1]);
    },
  );

  it('reads the field, the polarizations and the column that are asked for', async () => {
    const corrected = await readMs(path('row'), { field: 0, dataDescriptions: [2], dataColumn: 'CORRECTED_DATA' });
    expect(corrected.polarizations).toEqual([-1, -2]);
    expectSame(corrected, rowsOf('row', 'CORRECTED_DATA', '0', 2), [2]);
    const both = await readMs(path('row'), { field: ['CALIBRATOR', 0], dataDescriptions: [0] });
    expectSame(both, rowsOf('row', 'DATA', '0,2', 0), [0]);
    expect(both.phaseCenters).toHaveLength(9);
    const part = await readMs(path('row'), { field: 'TARGET', dataDescriptions: [0, 1], firstTime: 4, firstSpw: 1 });
    const times = new Set(part.timeMjdSec);
    const later = rowsOf('row', 'DATA', '0,1', 0, 1).filter(row => times.has(row.key[0]));
    expectSame(part, later, [1]);
    expect(times.size).toBe(5);
  });

  it('gives every source function the same choice', async () => {
    const choice = { field: 'TARGET', dataDescriptions: [0, 1], dataColumn: 'CORRECTED_DATA' } as const;
    const { visibilities, flags } = await readSource(path('row'), choice);
    const data = await readMs(path('row'), choice);
    expect(visibilities.data).toEqual(data.visibilities.data);
    expect(flags.data).toEqual(data.flags.data);
    expect((await describeSource(path('row'), choice)).antenna1).toEqual(data.antenna1);
    await expect(readSource(['a.hdf5'], choice)).rejects.toThrow(/Expected dataColumn for a MeasurementSet only/);
  });

  it('lists what there is where it does not go together', async () => {
    const p = path('row');
    for (const [options, message] of [
      [{ field: 0 }, /several set-ups .*0 \(spectral window 0, 1400.000 to 1408.000 MHz, 5 channels, .* 2 \(/],
      [{ dataDescriptions: [0, 1] }, /several directions .*0 "TARGET" \(.*2 "CALIBRATOR" \(.*3 "MOVING"/],
    ] as const) {
      const refused = describeMs(p, options);
      await expect(refused).rejects.toThrow(message);
      await expect(refused).rejects.toSatisfy(error => isPipelineError(error, 'MEASUREMENT_SET'));
    }
    for (const [options, message] of [
      [{ field: 'NOBODY' }, /asked for "NOBODY". There are 0 "TARGET", 1 "TARGET", 2 "CALIBRATOR", 3 "MOVING"/],
      [{ field: 4 }, /asked for 4/],
      [{ field: 0, dataDescriptions: [3] }, /asked for 3. There are 0 \(/],
      [{ field: -1 }, /field/],
      [{ dataColumn: 'data' as never }, /dataColumn/],
    ] as const) {
      const refused = readMs(p, { dataDescriptions: [0, 1], ...options });
      await expect(refused).rejects.toThrow(message);
      await expect(refused).rejects.toSatisfy(error => isPipelineError(error, 'INVALID_ARGUMENT'));
    }
  });

  it('takes directions of J2000 and of moving fields to ICRS at the time of the row', async () => {
    const target = await describeMs(path('row'), { field: 'TARGET', dataDescriptions: [0] });
    const inJ2000 = [0, 300, 310, 320].map(s => (s === 0 ? [1.2, 0.4] : [0.7 + 1e-6 * s, -0.2 - 2e-6 * s]));
    const astropy = JSON.parse(runPython(toIcrs, [JSON.stringify(inJ2000)])) as [number, number][];
    expectClose(target.phaseCenters[0]!, astropy[0]!);
    expect(target.fields[2]!.center.decDeg).toBeCloseTo((0.5 * 180) / Math.PI, 4);
    const moves = await describeMs(path('row'), { field: 'MOVING', dataDescriptions: [0] });
    for (const [t, center] of moves.phaseCenters.entries()) expectClose(center, astropy[t + 1]!);
  });
});

/** The rows of an MS in another order, channels of every other window reversed, XX and YY called RR and LL. */
const disguise = `
import sys, numpy as np
from casacore.tables import table
source, target = sys.argv[1:]
t = table(source, ack=False)
order = np.random.default_rng(5).permutation(t.nrows())
t.selectrows(order).copy(target, deep=True).close()
ms = table(target, readonly=False, ack=False)
windows = table(target + '::SPECTRAL_WINDOW', readonly=False, ack=False)
for name in ('CHAN_FREQ', 'CHAN_WIDTH'):
    for window in range(1, windows.nrows(), 2):
        sign = -1 if name == 'CHAN_WIDTH' else 1
        windows.putcell(name, window, sign * windows.getcell(name, window)[::-1])
window = ms.getcol('DATA_DESC_ID')
for name in ('DATA', 'FLAG'):
    values = ms.getcol(name)
    values[window % 2 == 1] = values[window % 2 == 1][:, ::-1]
    ms.putcol(name, values)
flip = np.random.default_rng(6).random(ms.nrows()) < 0.5
a, b, uvw, data = (ms.getcol(name) for name in ('ANTENNA1', 'ANTENNA2', 'UVW', 'DATA'))
ms.putcol('ANTENNA1', np.where(flip, b, a))
ms.putcol('ANTENNA2', np.where(flip, a, b))
ms.putcol('UVW', np.where(flip[:, None], -uvw, uvw))
ms.putcol('DATA', np.where(flip[:, None, None], data.conj(), data))
table(target + '::POLARIZATION', readonly=False, ack=False).putcell('CORR_TYPE', 0, np.array([5, 8]))
`;

describeIf(
  available && hasDsa110Tile,
  'needs ../shared, python3-casacore',
  'a tile in another order of everything',
  () => {
    it('is the same image', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'contimg-disguise-'));
      const [plain, disguised] = ['plain', 'disguised'].map(name => join(folder, `${name}.ms`)) as [string, string];
      await convertToMs(dsa110Tile(), { path: plain });
      runPython(disguise, [plain, disguised]);
      const options = { npix: 512, cellArcsec: 2, niter: 0 };
      const expected = await imageMs(plain, options);
      const found = await imageMs(disguised, options);
      const peak = expected.dirty.pixels.data.reduce((most, value) => Math.max(most, value), 0);
      const largest = expected.dirty.pixels.data.reduce(
        (most, value, k) => Math.max(most, Math.abs(value - found.dirty.pixels.data[k]!)),
        0,
      );
      expect(peak).toBeGreaterThan(0.01);
      expect(largest).toBeLessThan(1e-5 * peak);
      expect(found.nVisibilities).toBe(expected.nVisibilities);
      rmSync(folder, { recursive: true });
    });
  },
);
