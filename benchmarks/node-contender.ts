// The process of one of our own contenders: node node-contender.mjs TASK INPUT. See contender-process.ts.
import { mkdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { packageVersion } from '../src/core/version.js';
import { tasks } from './tasks/index.js';
import type { Result, Task } from './tasks/index.js';

process.on('uncaughtException', ({ message }: Error) => {
  console.error(message);
  process.exit(1);
});

const [name, input] = process.argv.slice(2) as [string, string];
const makeTask = tasks[name];
if (!makeTask) throw new Error(`Expected one of the tasks ${Object.keys(tasks).join(', ')} but received ${name}`);
const task: Task = await makeTask(JSON.parse(input) as never);
let result: Result | undefined;
answer({ version: packageVersion() });

for await (const line of createInterface({ input: process.stdin })) {
  const [order, folder] = line.split(/ (.*)/);
  if (order === 'run') await run();
  else await save(folder!);
}

async function run(): Promise<void> {
  result = undefined;
  globalThis.gc?.(); // what the last run made is gone before the next one
  await task.before?.();
  const start = performance.now();
  result = await task.run();
  const seconds = (performance.now() - start) / 1e3;
  answer({ seconds, peakMb: peakMb() });
}

async function save(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await result?.(folder);
  answer({});
}

function answer(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function peakMb(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1e3;
}
