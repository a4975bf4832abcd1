import { expect, test } from 'vitest';

import type { RawSource } from '../../bindings/addon.js';
import { describeFiles, sourceHistory } from '../../src/imaging/source-history.js';

const names = (numbers: readonly (number | string)[]) => numbers.map(n => `/in/2026-01-25T22:00:05_sb${n}.hdf5`);

test.each([
  [['/data/obs.uvh5'], 'obs.uvh5'],
  [names(['03', '00', '01']), '2026-01-25T22:00:05_sb{00-01,03}.hdf5'],
  [names([...Array(16).keys()].map(n => String(n).padStart(2, '0'))), '2026-01-25T22:00:05_sb{00-15}.hdf5'],
  [
    names([8, 9, 10]),
    names([10, 8, 9])
      .map(path => path.slice(4))
      .join(', '),
  ],
  [['/a/x1.h5', '/b/x2.uvh5'], 'x1.h5, x2.uvh5'],
  [['/a/one', '/b/two'], 'one, two'],
  [['/a/same', '/b/same'], 'same, same'],
])('%j are named %s', (paths, expected) => {
  expect(describeFiles(paths)).toBe(expected);
});

test('a MeasurementSet is named with what was chosen of it, and with what was done to it', () => {
  const source: RawSource = {
    kind: 'ms',
    path: '/data/größe.ms',
    dataColumn: 'CORRECTED_DATA',
    fieldIds: [1],
    fieldNames: ['cal'],
    dataDescriptions: [0, 2],
    earthOrientation: { ut1MinusUtcSec: 0.1, xPoleArcsec: 0, yPoleArcsec: 0 },
    flags: { data: new Uint8Array(1), shape: [1, 1, 1] },
  };
  expect(sourceHistory(source)).toEqual([
    'read gr??e.ms, CORRECTED_DATA; fields 1, cal; data descriptions 0, 2',
    'left out what was flagged beside the data',
    'UT1-UTC 0.1 s, polar motion 0", 0"',
  ]);
});
