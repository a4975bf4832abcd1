import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';

import * as imaging from '../../src/imaging/index.js';
import { isPipelineError } from '../../src/index.js';

type Call = (...args: unknown[]) => unknown;
const functions = Object.entries(imaging as Record<string, unknown>).flatMap(([name, value]): [string, Call][] =>
  typeof value === 'function' ? [[name, value as Call]] : [],
);

/** Arguments that are right, as far as a call gets: those after the one that is not are never looked at. */
const array = (...shape: number[]) => ndarray(new Float32Array(shape.reduce((n, extent) => n * extent, 1)), shape);
const samples = { uvwMeters: ndarray(new Float64Array(3), [1, 3]), freqHz: [1.4e9], visibilities: array(1, 1, 2) };
const grid = { npix: 32, cellArcsec: 10 };
const image = { beam: { majorArcsec: 9, minorArcsec: 9, positionAngleDeg: 0 }, wcs: { cellArcsec: 3 } };
const right: Record<string, unknown[]> = {
  gridVisibilities: [samples, grid],
  degridVisibilities: [array(32, 32), samples, { cellArcsec: 10 }],
  imagingWeights: [samples, { scheme: 'natural' }, grid],
  imageGroup: [{ files: [{ path: 'x.hdf5' }] }, {}],
  imageMs: ['x.ms', {}],
  jointMosaic: [['x.ms'], {}],
  measureSources: [image, [], {}],
  checkImagingOptions: [{}],
};

test('all functions are looked at', () => {
  expect(functions.map(([name]) => name).sort()).toEqual(Object.keys(right).sort());
});

/** The code of what a call raises; undefined where it raises nothing. */
async function codeOf(call: Call, args: unknown[]): Promise<string | undefined> {
  try {
    await call(...args);
    return undefined;
  } catch (error) {
    return isPipelineError(error) ? error.code : String(error);
  }
}

describe.each(functions)('%s', (name, call) => {
  const args = right[name]!;
  test.each(args.map((_, i) => i))('refuses an argument %i that is null, or none at all', async i => {
    // The last argument may be left out where it is options.
    const isOptional =
      i === args.length - 1 && ['imageGroup', 'imageMs', 'jointMosaic', 'measureSources'].includes(name);
    for (const bad of isOptional ? [null, 5] : [undefined, null, 5])
      expect(
        await codeOf(
          call,
          args.map((arg, j) => (i === j ? bad : arg)),
        ),
        `${String(bad)}`,
      ).toBe('INVALID_ARGUMENT');
  });
  test('refuses no arguments, and empty ones', async () => {
    expect(await codeOf(call, [])).toBe('INVALID_ARGUMENT');
    if (name !== 'checkImagingOptions')
      expect(
        await codeOf(
          call,
          args.map(() => ({})),
        ),
      ).toBe('INVALID_ARGUMENT');
  });
});

test.each([
  ['an observation that is null', [null]],
  ['one without files', [{}]],
  ['one whose files have no path', [{ files: [null] }]],
  ['one whose files are none', [{ files: 5 }]],
  ['one whose source is null', [{ source: null }]],
])('jointMosaic refuses %s', async (_, tiles) => {
  expect(await codeOf(imaging.jointMosaic as Call, [tiles])).toBe('INVALID_ARGUMENT');
});

test.each([undefined, null, {}, 'here'])('measureSources refuses the position %j', async position => {
  expect(await codeOf(imaging.measureSources as Call, [image, [position]])).toBe('INVALID_ARGUMENT');
});
