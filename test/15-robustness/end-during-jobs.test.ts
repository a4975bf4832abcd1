import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { simulateObservation } from '../../src/simulation/index.js';
import { memoryFolder } from './left-behind.js';

const script = fileURLToPath(new URL('end-during-jobs.mjs', import.meta.url));

let folder: string;
let output: string;
let input: string;
beforeAll(async () => {
  folder = await mkdtemp(join(memoryFolder, 'contimg-end-'));
  output = join(folder, 'output');
  await mkdir(output);
  const { files } = await simulateObservation({
    folder: join(folder, 'input'),
    nAntennas: 24,
    nChannels: 4,
    nIntegrations: 6,
  });
  input = JSON.stringify(files);
});
afterAll(() => rm(folder, { recursive: true }));

test('a worker that is terminated while jobs run leaves no file, no thread, and the process alive', async () => {
  const { stdout, stderr, exitCode } = await execa('node', [script, output, 'terminate', input], { reject: false });
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  const lines = stdout.split('\n').map(line => JSON.parse(line) as unknown);
  expect(lines).toEqual([0, 1, 3, 8, 20].map(moment => ({ moment, files: [], more: 0 })));
});

test.each([0, 1, 5, 12])('a process that exits at report %i of its jobs ends as it was told', async moment => {
  const own = await mkdtemp(join(folder, 'exit-'));
  const { stderr, exitCode } = await execa('node', [script, own, `${moment}`, input], { reject: false });
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
});
