import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { groupSubbands } from '../../src/grouping/index.js';
import type { SubbandGroup } from '../../src/grouping/index.js';
import { imageGroup } from '../../src/imaging/index.js';
import { convertToMs, readMs } from '../../src/ms/index.js';
import { simulateObservation } from '../../src/simulation/index.js';
import { readSource, readUvh5 } from '../../src/uvh5/index.js';
import type { JobOptions } from '../../src/core/job.js';
import { randomOf } from '../support/random.js';
import { expectNothingHeld, filesIn, heldByProcess, memoryFolder } from './left-behind.js';

const nMoments = 12;

let folder: string;
let output: string;
let paths: string[];
let group: SubbandGroup;
let ms: string;

beforeAll(async () => {
  folder = await mkdtemp(join(memoryFolder, 'contimg-cancel-'));
  output = join(folder, 'output');
  await mkdir(output);
  paths = (await simulateObservation({ folder: join(folder, 'input'), nAntennas: 24, nChannels: 4, nIntegrations: 6 }))
    .files as string[];
  [group] = groupSubbands(paths).groups as [SubbandGroup];
  ms = join(folder, 'input.ms');
  await convertToMs(group, { path: ms });
});
afterAll(() => rm(folder, { recursive: true }));

const jobs: Record<string, (options: JobOptions) => Promise<unknown>> = {
  readUvh5: options => readUvh5(paths[0]!, options),
  readSource: options => readSource(paths, options),
  convertToMs: options => convertToMs(group, { path: join(output, 'a.ms'), ...options }),
  readMs: options => readMs(ms, options),
  imageGroup: options => imageGroup(group, { npix: 128, niter: 50, ...options }),
  simulateObservation: options =>
    simulateObservation({ folder: output, nAntennas: 12, nChannels: 2, nIntegrations: 2, ...options }),
};

/** Calls a job and aborts it: at its `moment`-th report of progress, or after as many turns of the event loop. */
async function abortAt(job: (options: JobOptions) => Promise<unknown>, moment: number, onReport: boolean) {
  const controller = new AbortController();
  const reason = new Error(`moment ${moment}`);
  let left = moment;
  const count = () => {
    if (left-- === 0) controller.abort(reason);
  };
  const turn = () => {
    count();
    if (!controller.signal.aborted) timer = setImmediate(turn);
  };
  let timer: NodeJS.Immediate | undefined;
  const result = job({ signal: controller.signal, ...(onReport && { onProgress: count }) }).then(
    () => 'finished' as const,
    (error: unknown) => {
      expect(error).toBe(reason);
      return 'aborted' as const;
    },
  );
  if (!onReport) turn();
  const outcome = await result;
  clearImmediate(timer);
  return outcome;
}

test.each(Object.keys(jobs))('%s that is aborted leaves no file and no thread', async name => {
  const job = jobs[name]!;
  let nReports = 0;
  let nTurns = 0;
  const counting = setInterval(() => nTurns++, 0);
  await job({ onProgress: () => nReports++ });
  clearInterval(counting);
  await emptyOutput();
  const before = heldByProcess(folder);
  const random = randomOf(20260125);

  let aborted = 0;
  for (let k = 0; k < nMoments; k++) {
    const onReport = nReports > 0 && k % 2 === 0;
    const moment = k < 2 ? 0 : Math.floor(random() * (onReport ? nReports : nTurns));
    const when = `${name}, ${onReport ? 'report' : 'turn'} ${moment}`;
    const outcome = await abortAt(job, moment, onReport);
    if (outcome === 'aborted') {
      aborted++;
      expect(await filesIn(output), when).toEqual([]);
    } else {
      await emptyOutput();
    }
    await expectNothingHeld(before, folder, when);
  }
  expect(aborted).toBeGreaterThan(0);
});

async function emptyOutput() {
  for (const name of await readdir(output)) await rm(join(output, name), { recursive: true });
}
