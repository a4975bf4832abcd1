import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { writeFits } from '../../src/fits/index.js';
import { findImageProblem } from '../../src/grouping/index.js';
import type { SkyImage } from '../../src/fits/index.js';
import { makeSkyImage } from '../support/sky-image.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'contimg-images-'))));
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const write = (name: string, fields: Partial<SkyImage> = {}) =>
  writeFits(
    at(name),
    makeSkyImage([64, 64], (x, y) => x + y, fields),
  );

test('a restored image that the pipeline writes is as it should be', async () => {
  await write('good.fits');
  expect(await findImageProblem(at('good.fits'))).toBeUndefined();
});

test.each([
  ['missing', () => Promise.resolve(), /cannot be read: ENOENT/],
  ['a folder', () => mkdir(at('a folder')), /no file/],
  ['empty', () => writeFile(at('empty'), ''), /no FITS file/],
  ['text', () => writeFile(at('text'), 'x'.repeat(10_000)), /no FITS file/],
  ['a header alone', () => writeFile(at('a header alone'), 'SIMPLE  ='.padEnd(2880)), /has no end/],
  ['endless', () => writeFile(at('endless'), 'SIMPLE  ='.padEnd(2880 * 200)), /has no end/],
  ['without axes', () => writeFile(at('without axes'), cards('SIMPLE  = T', 'NAXIS   = 0', 'END')), /has 0 axes/],
  ['without a beam', () => write('without a beam', { beam: undefined }), /no beam/],
  ['a primary beam', () => write('a primary beam', { unit: '' }), /its unit is missing/],
  ['in kelvin', () => write('in kelvin', { unit: 'K' }), /its unit is K/],
  [
    'cut off',
    async () => {
      await write('cut off');
      await truncate(at('cut off'), 2880 * 2);
    },
    /is cut off|has no end/,
  ],
] as const)('one that is %s is not', async (name, make, problem) => {
  await make();
  expect(await findImageProblem(at(name))).toMatch(problem);
});

function cards(...lines: string[]): string {
  return lines
    .map(line => line.padEnd(80))
    .join('')
    .padEnd(2880);
}
