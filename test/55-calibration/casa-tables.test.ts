import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  applyCalibration,
  checkCalibrationTable,
  convertToMs,
  describeSource,
  measureCalibration,
  readCalibrationTable,
} from '../../src/index.js';
import { describeIf, hasPythonModule } from '../support/oracles.js';
import { canCorrupt, corruptedTile } from './corrupted-tile.js';

/** What CASA 6.7 (cb.setapply, cb.correct) made of the same MeasurementSet and tables: CORRECTED_DATA over DATA. */
const casa = {
  K: [
    [0.9939069, -0.1102222],
    [0.9991423, 0.0414056],
    [0.9939071, 0.1102222],
    [0.9991425, -0.0414057],
  ],
  'K combine': [
    [0.1345807, 0.9909025],
    [0.8585163, -0.5127865],
    [-0.0857973, 0.9963127],
    [0.8131444, -0.582062],
  ],
  'G combine': new Array<readonly [number, number]>(4).fill([0.8096728, 0.2959612]),
  'K version=none': [
    [1, 0],
    [1, 0],
    [0.9757022, 0.2191012],
    [0.9965711, -0.0827403],
  ],
} as const;

describeIf(
  canCorrupt && hasPythonModule('casacore.tables'),
  'needs ../shared and python3-casacore',
  "CASA's tables",
  () => {
    let folder: string;
    let ms: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'contimg-casa-tables-'));
      const size = ['--antennas', '12', '--channels', '2', '--integrations', '2', '--n-sources', '3'];
      const { group } = await corruptedTile(join(folder, 'tile'), size);
      ({ path: ms } = await convertToMs(group, { path: join(folder, 'obs.ms') }));
    });
    afterAll(() => rm(folder, { recursive: true }));

    const python = (script: string, ...args: string[]) =>
      execFileSync('/usr/bin/python3', [new URL(script, import.meta.url).pathname, ...args], { encoding: 'utf8' });

    const written = (...how: string[]) => {
      const path = join(folder, how.join('-'));
      python('casa-table.py', ms, path, ...how);
      return path;
    };

    test.each(['K', 'K version=none', 'K version=5.1.2-4', 'G', 'K combine', 'G combine'])(
      '%s are applied as CASA does',
      async how => {
        const [kind, ...options] = how.split(' ') as [string, ...string[]];
        const path = written(kind, ...options);
        const table = await readCalibrationTable(path);
        expect(table.refAnt).toBeUndefined();
        const faults = await checkCalibrationTable(path, await describeSource(ms));
        const expected = how.includes('combine') ? [/^warning: Only one of the spectral windows of the table/] : [];
        expect(faults.map(({ severity, message }) => `${severity}: ${message}`)).toEqual(
          expected.map(line => expect.stringMatching(line) as string),
        );
        await applyCalibration(ms, [table]);
        const pivot = how.includes('5.1') ? ['version=none'] : options;
        const found = JSON.parse(python('compare-casa-table.py', ms, kind, ...pivot)) as {
          worst: number;
          checked: number;
          flagged: number;
          example: [number, number][];
        };
        expect(found).toMatchObject({ flagged: 0 });
        expect(found.checked).toBeGreaterThan(500);
        expect(found.worst).toBeLessThan(1e-6);
        for (const [i, value] of (casa[how as keyof typeof casa] ?? []).entries())
          for (const part of [0, 1] as const) expect(found.example[i]![part]).toBeCloseTo(value[part]!, 5);
      },
    );

    test.each([
      ['G', 1],
      ['G step=20', 1],
      ['G times=2', 2],
      ['G times=2 step=1.9', 32],
    ])(
      '%s have %i times: one for each solution interval, while windows differ by less than a second',
      async (how, n) => {
        const table = await readCalibrationTable(written(...how.split(' ')));
        expect(table.timeMjdSec).toHaveLength(n);
        expect(measureCalibration(table).flaggedFraction).toBe(0);
      },
    );
  },
);
