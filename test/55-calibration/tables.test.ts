import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  convertToMs,
  describeSource,
  isPipelineError,
  readCalibrationTable,
  readSource,
  solveCalibration,
  writeCalibrationTable,
} from '../../src/index.js';
import type { CalibrationSolutions } from '../../src/index.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';
import { canCorrupt, corruptedTile } from './corrupted-tile.js';

describeIf(
  canCorrupt && hasPythonModule('casacore.tables'),
  'needs ../shared and python3-casacore',
  'calibration tables',
  () => {
    const small = ['--antennas', '16', '--channels', '2', '--integrations', '6', '--n-sources', '4', '--noise', '0.1'];
    let folder: string;
    let bandpass: CalibrationSolutions;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'contimg-tables-'));
      const { group, model } = await corruptedTile(join(folder, 'tile'), [
        ...small,
        ...['--gain-error', '0.2', '--raw-scale', '40'],
      ]);
      bandpass = await solveCalibration(group, model, { term: 'bandpass', refAnt: '103' });
      await writeCalibrationTable(join(folder, 'b'), bandpass, ['a line of provenance']);
    });
    afterAll(() => rm(folder, { recursive: true }));

    /** The largest |a - b| over good solutions. */
    const largestDifference = (a: CalibrationSolutions, b: CalibrationSolutions) =>
      a.values.data.reduce(
        (most, value, i) => (a.flags.data[i >> 1] === 0 ? Math.max(most, Math.abs(value - b.values.data[i]!)) : most),
        0,
      );

    test('are read back as they were written', async () => {
      const read = await readCalibrationTable(join(folder, 'b'));
      expect(largestDifference(bandpass, read)).toBeLessThan(1e-6);
      expect(read.flags.data.every((flag, i) => (flag === 0) === (bandpass.flags.data[i] === 0))).toBe(true);
      for (const key of ['term', 'phaseOnly', 'refAnt', 'antennaNames', 'polarizations', 'freqHz', 'widthHz'] as const)
        expect(read[key]).toEqual(bandpass[key]);
      expect(read.spwFirstBand).toEqual(bandpass.spwFirstBand);
      expect(read.timeMjdSec).toEqual(bandpass.timeMjdSec);
      expect(read.history.at(-1)).toBe('a line of provenance');
      expect(read.phaseCenter.decDeg).toBeCloseTo(bandpass.phaseCenter.decDeg, 9);
    });

    test('correct data in the arithmetic of python-casacore as contimg does while reading', async () => {
      const paths = ['tile', 'tile.ms', 'python.json'].map(name => join(folder, name));
      const { path: ms } = await convertToMs(
        (await corruptedTile(join(folder, 'again'), [...small, '--gain-error', '0.2', '--raw-scale', '40'])).group,
        { path: paths[1]! },
      );
      const corrected = JSON.parse(
        runPython(
          `
import json, sys
import numpy as np
from casacore.tables import table
ms, b = table(sys.argv[1], ack=False), table(sys.argv[2], ack=False)
assert b.info()["type"] == "Calibration" and b.info()["subType"] == "B Jones", b.info()
gains = {key: (g, f) for key, g, f in zip(zip(b.getcol("SPECTRAL_WINDOW_ID"), b.getcol("ANTENNA1")), b.getcol("CPARAM"), b.getcol("FLAG"))}
out = []
for row in range(0, ms.nrows(), 37):
    w, a1, a2 = (ms.getcell(c, row) for c in ("DATA_DESC_ID", "ANTENNA1", "ANTENNA2"))
    (g1, f1), (g2, f2) = gains[w, a1], gains[w, a2]
    v = ms.getcell("DATA", row) / (g1 * np.conj(g2))
    out.append(dict(time=ms.getcell("TIME", row), w=int(w), a1=int(a1), a2=int(a2), flagged=bool((f1 | f2).any()),
                    re=v.real.ravel().tolist(), im=v.imag.ravel().tolist()))
print(json.dumps(out))
`,
          [ms, join(folder, 'b')],
        ),
      ) as { time: number; w: number; a1: number; a2: number; flagged: boolean; re: number[]; im: number[] }[];
      const table = await readCalibrationTable(join(folder, 'b'));
      const own = { ...(await describeSource(ms)), ...(await readSource(ms, { calibration: [table] })) };
      let [worst, n] = [0, 0];
      for (const { time, w, a1, a2, flagged, re, im } of corrected) {
        if (flagged) continue;
        const row = own.timeIndex.findIndex(
          (t, i) => Math.abs(own.timeMjdSec[t]! - time) < 1 && own.antenna1[i] === a1 && own.antenna2[i] === a2,
        );
        for (let i = 0; i < 4; i++) {
          const [k, p] = [2 * w + (i >> 1), i & 1];
          const [ownRe, ownIm] = [own.visibilities.get(row, k, p, 0), own.visibilities.get(row, k, p, 1)];
          const size = Math.hypot(re[i]!, im[i]!);
          worst = Math.max(worst, Math.hypot(ownRe - re[i]!, ownIm + im[i]!) / size); // an MS holds the conjugate
          n++;
        }
      }
      expect(n).toBeGreaterThan(500);
      expect(worst).toBeLessThan(1e-6);
    });

    test('hold delays and gains too', async () => {
      const { group, model } = await corruptedTile(join(folder, 'third'), [...small, '--gain-error', '0.2']);
      for (const options of [
        { term: 'delay' },
        { term: 'gain', solintSec: 30, phaseOnly: true, combineSpws: false, prior: [bandpass] },
      ] as const) {
        const solved = await solveCalibration(group, model, { refAnt: '103', ...options });
        const path = join(folder, options.term);
        await writeCalibrationTable(path, solved);
        const read = await readCalibrationTable(path);
        expect(largestDifference(solved, read)).toBeLessThan(options.term === 'delay' ? 1e-14 : 1e-6);
        expect(read.phaseOnly).toBe(options.term === 'gain');
        expect(read.values.shape).toEqual(solved.values.shape);
      }
    });

    test('are not written over anything', async () => {
      const error = await writeCalibrationTable(join(folder, 'b'), bandpass).catch((e: unknown) => e);
      expect(isPipelineError(error, 'OUTPUT_EXISTS')).toBe(true);
    });

    test('that are not there, or are no folders, are refused', async () => {
      await expect(readCalibrationTable(join(folder, 'nothing'))).rejects.toThrow(/nothing is there/);
      await writeFile(join(folder, 'file'), 'x');
      await expect(readCalibrationTable(join(folder, 'file'))).rejects.toThrow(/a folder with a file table.dat/);
    });

    test.each([
      ['no VisCal', /keyword VisCal/],
      ['another VisCal', /holds D Jones/],
      ['no CPARAM', /column CPARAM/],
      ['no FLAG', /column FLAG/],
      ['no TIME', /column TIME/],
      ['no rows', /no rows/],
      ['no antennas', /ANTENNA has no rows/],
      ['no windows', /SPECTRAL_WINDOW has no rows/],
      ['no ANTENNA', /subtable ANTENNA/],
      ['no SPECTRAL_WINDOW', /subtable SPECTRAL_WINDOW/],
      ['antenna beyond', /ANTENNA1 from 0 to 116 but it is 4000/],
      ['negative antenna', /ANTENNA1 from 0 to 116 but it is -1/],
      ['no such reference', /ANTENNA2, the reference antenna, from -1 to 116 but it is -2/],
      ['window beyond', /SPECTRAL_WINDOW_ID from 0 to 15 but it is 99/],
      ['time not finite', /TIME/],
      ['time 0', /TIME/],
      ['not finite', /finite gains/],
      ['zero', /finite gains that are not 0/],
      ['all flagged', /all are flagged/],
      ['one row twice', /one solution per time/],
      ['other shape', /2 x 2 values and flags/],
      ['other flags', /2 x 2 values and flags/],
      ['frequency 0', /above 0 in SPECTRAL_WINDOW/],
      ['width 0', /above 0 in SPECTRAL_WINDOW/],
      ['windows overlap', /do not overlap/],
      ['names alike', /two are called 1/],
      ['truncated table.dat', /calibration table/],
      ['truncated data', /calibration table/],
      ['no table.dat', /table.dat/],
    ])('with %s are refused', async (how, message) => {
      const path = join(folder, how.replaceAll(' ', '-'));
      await cp(join(folder, 'b'), path, { recursive: true });
      execFileSync('/usr/bin/python3', [new URL('damage-table.py', import.meta.url).pathname, path, how]);
      const error = await readCalibrationTable(path).catch((e: unknown) => e);
      expect((error as Error).message).toMatch(message);
      expect(isPipelineError(error, 'CALIBRATION_TABLE')).toBe(true);
      expect((error as { path: string }).path).toBe(path);
    });
  },
);
