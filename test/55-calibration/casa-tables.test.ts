import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { applyCalibration, checkCalibrationTable, convertToMs, readCalibrationTable } from '../../src/index.js';
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

    test.each(['K', 'K version=none', 'K version=5.1.2-4', 'G'])('%s are applied as CASA does', async how => {
      const [kind, ...options] = how.split(' ') as [string, ...string[]];
      const path = written(kind, ...options);
      const table = await readCalibrationTable(path);
      expect(table.refAnt).toBeUndefined();
      expect(await checkCalibrationTable(path)).toEqual([]);
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
    });
  },
);
