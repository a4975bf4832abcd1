import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { openRegistry } from '../../src/registry/index.js';
import { makeMemoryFolder } from '../support/memory-folder.js';
import { randomOf } from '../support/random.js';
import { contimg, program } from '../support/contimg-command.js';
import { publishedHashes, reportOf, simulateSmall, smallRun } from '../support/small-run.js';

const nKills = 20;

let folder: string;
let incoming: string;
beforeAll(async () => {
  folder = makeMemoryFolder('contimg-kill-');
  incoming = join(folder, 'incoming');
  await simulateSmall(incoming, 2);
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs and is killed after so many milliseconds; gives how long it took where it was over before. */
async function runAndKill(at: string, afterMs: number): Promise<{ finishedMs?: number }> {
  const start = performance.now();
  const child = execa(program, smallRun(incoming, at), { reject: false });
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  const { signal } = await child;
  clearTimeout(timer);
  return signal === 'SIGKILL' ? {} : { finishedMs: performance.now() - start };
}

it(`killed at ${nKills} random moments and started again, ends with the mosaic of an undisturbed run`, async () => {
  const undisturbed = join(folder, 'undisturbed');
  const start = performance.now();
  const run = await contimg(smallRun(incoming, undisturbed));
  let durationMs = performance.now() - start;
  expect(run.exitCode, run.stderr).toBe(0);
  const expected = await publishedHashes(undisturbed);
  expect(Object.keys(expected)).toHaveLength(6);

  const random = randomOf(20260125);
  let killed = 0;
  for (let attempt = 0; killed < nKills; attempt++) {
    // A run may be faster than the undisturbed one was: then later moments are drawn from its duration.
    expect(attempt, `${killed} runs killed`).toBeLessThan(3 * nKills);
    const at = join(folder, `killed-${attempt}`);
    const afterMs = Math.round(random() * durationMs);
    const { finishedMs } = await runAndKill(at, afterMs);
    if (finishedMs === undefined) killed++;
    else durationMs = Math.min(durationMs, finishedMs);
    const visible = Object.keys(await publishedHashes(at)).filter(name => !name.startsWith('.'));
    for (const name of visible) expect(expected, `killed after ${afterMs} ms`).toHaveProperty([name]);

    const again = await contimg(smallRun(incoming, at));
    expect(again.exitCode, `killed after ${afterMs} ms: ${again.stderr}`).toBe(0);
    expect(await publishedHashes(at), `killed after ${afterMs} ms`).toEqual(expected);
    expect(reportOf(again).failed).toEqual([]);
    await expectNothingLeftOver(at);
    await rm(at, { recursive: true });
  }
}, 600_000);

async function expectNothingLeftOver(at: string): Promise<void> {
  for (const kind of ['ms', 'tiles', 'mosaics']) {
    expect((await readdir(join(at, 'work', kind))).filter(name => name.startsWith('.'))).toEqual([]);
  }
  const registry = await openRegistry(join(at, 'work', 'registry.sqlite'));
  expect(await registry.products.list({ state: 'publishing' })).toEqual([]);
  expect((await registry.groups.list()).map(group => group.state)).toEqual(['imaged', 'imaged']);
  expect((await registry.mosaicGroups.list()).map(group => group.state)).toEqual(['published']);
  await registry.close();
}
