import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import * as errors from '../../src/core/errors.js';

const { fromNative, InternalError, InvalidArgumentError, isPipelineError } = errors;

/** A plain Error as the addon makes it. */
const raised = (code: string, path?: string) => Object.assign(new Error('message'), { code, ...(path && { path }) });

test('every code that native code may raise has its class', () => {
  const header = readFileSync(fileURLToPath(new URL('../../native/core/error.h', import.meta.url)), 'utf8');
  const codes = [...header.matchAll(/= "([A-Z0-9_]+)"/g)].map(([, code]) => code!);
  expect(codes.length).toBeGreaterThan(5);
  for (const code of codes) {
    const error = fromNative(raised(code, '/some/file'));
    expect(isPipelineError(error)).toBe(true);
    expect((error as errors.PipelineError).code).toBe(code);
  }
});

test('the guard tells codes apart and knows foreign errors', () => {
  const error: unknown = new InvalidArgumentError('no');
  expect(isPipelineError(error, 'INVALID_ARGUMENT')).toBe(true);
  expect(isPipelineError(error, 'DISK_FULL', 'UVH5_FORMAT')).toBe(false);
  expect(isPipelineError(new Error('no'))).toBe(false);
  expect(isPipelineError(null)).toBe(false);
});

test('the guard works across two copies of the package', () => {
  const foreign = Object.defineProperty(
    Object.assign(new Error('no'), { code: 'DISK_FULL' }),
    Symbol.for('contimg.error'),
    {
      value: true,
    },
  );
  expect(isPipelineError(foreign, 'DISK_FULL')).toBe(true);
});

test('an error keeps its cause, its name and its path', () => {
  const cause = new Error('why');
  const error = new errors.DiskFullError('/data', 'full', { cause });
  expect(error).toMatchObject({ cause, name: 'DiskFullError', path: '/data', code: 'DISK_FULL' });
  expect(new InternalError('x')).toBeInstanceOf(Error);
});

test('docs/errors.md tells operators of every code', () => {
  const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
  const codes = [...readFileSync(path('src/core/errors.ts'), 'utf8').matchAll(/readonly code = '(\w+)'/g)];
  const rows = [...readFileSync(path('docs/errors.md'), 'utf8').matchAll(/^\| `(\w+)` /gm)];
  expect(rows.map(([, code]) => code).sort()).toEqual(codes.map(([, code]) => code).sort());
});
