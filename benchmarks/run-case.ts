import { join } from 'node:path';

import { packageRoot } from '../src/core/addon.js';
import { median } from '../src/core/median.js';
import type { Case, Contender, Measurement, Prepared } from './case.js';
import { ContenderProcess } from './contender-process.js';
import type { DataFolder } from './data/data-folder.js';
import type { Machine } from './machine.js';
import { debianPython } from './peers.js';
import type { Peers } from './peers.js';

/** A contender on its way through a case; `problem` once it has dropped out. */
interface Runner {
  readonly contender: Contender;
  process?: ContenderProcess;
  readonly seconds: number[];
  peakMb: number;
  problem?: string;
}

/**
 * Runs a case: a process per contender, one warm-up, then rounds in which every contender runs once, so that what else
 * the machine does hits all of them alike. One that fails or is absent drops out and is named.
 */
export async function runCase(
  case_: Case,
  { data, peers, machine, ...options }: { data: DataFolder; peers: Peers; machine: Machine; rounds: number },
): Promise<Measurement[]> {
  const prepared = await case_.prepare(data, peers);
  const rounds = case_.runsOnce ? 1 : Math.min(options.rounds, case_.maxRounds ?? Infinity);
  const runners = case_.contenders.map((contender): Runner => ({ contender, seconds: [], peakMb: NaN }));
  try {
    await each(runners, async runner => {
      runner.process = await ContenderProcess.start(await commandOf(runner.contender, prepared, peers));
    });
    for (let round = case_.runsOnce ? 1 : 0; round <= rounds; round++) {
      await each(runners, async runner => {
        const { seconds, peakMb } = await runner.process!.run();
        if (round > 0) runner.seconds.push(seconds);
        runner.peakMb = peakMb;
      });
    }
    const qualities = await judge(runners, prepared, data);
    return describe(case_, prepared, runners, qualities, machine);
  } finally {
    await Promise.all(runners.map(runner => runner.process?.end()));
  }
}

/** Does something with every contender still in the case, one after the other. */
async function each(runners: readonly Runner[], act: (runner: Runner) => Promise<void>): Promise<void> {
  for (const runner of runners) {
    if (runner.problem !== undefined) continue;
    try {
      await act(runner);
    } catch (error) {
      runner.problem = reasonOf(error);
    }
  }
}

/** The last line of what a failed process wrote, or the message. */
function reasonOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n').at(-1)!;
}

/** @throws {Error} the peer is absent. */
async function commandOf({ name, task, peer, input }: Contender, prepared: Prepared, peers: Peers): Promise<string[]> {
  const root = packageRoot();
  const argument = JSON.stringify({ ...prepared.input, ...input, ...prepared.inputOf?.[name] });
  if ('node' in task)
    return [
      process.execPath,
      '--expose-gc',
      join(root, 'build/benchmarks/bin/node-contender.mjs'),
      task.node,
      argument,
    ];
  const found = peer ? await peers.find(peer) : { python: debianPython };
  if ('absent' in found) throw new Error(found.absent);
  return [found.python, join(root, 'benchmarks/python/contender.py'), task.python, argument];
}

/** How good the result of a contender is. */
interface Quality {
  readonly error: number | undefined;
  readonly figures: Readonly<Record<string, number>>;
}

async function judge(runners: readonly Runner[], { errorOf, figuresOf }: Prepared, data: DataFolder) {
  const saved = new Map<string, string>();
  const qualities = new Map<string, Quality>();
  const parent = data.scratch('results');
  await each(runners, async ({ contender, process }) => {
    const folder = join(parent, contender.name.replace(/\W+/g, '-'));
    await process!.save(folder);
    saved.set(contender.name, folder);
  });
  for (const [name, folder] of saved)
    qualities.set(name, {
      error: await errorOf(folder, saved),
      figures: (await figuresOf?.(folder, saved)) ?? {},
    });
  data.scratch('results');
  return qualities;
}

function describe(
  case_: Case,
  { work }: Prepared,
  runners: readonly Runner[],
  qualities: ReadonlyMap<string, Quality>,
  machine: Machine,
): Measurement[] {
  const throughputs = new Map(runners.map(({ contender, seconds }) => [contender.name, work / median(seconds)]));
  const limit = case_.limit && machine.limitOf(case_.limit, case_.threads, throughputs);
  return runners.map(({ contender, process, seconds, peakMb, problem }) => {
    const ran = problem === undefined;
    const throughput = throughputs.get(contender.name)!;
    return {
      case: case_.name,
      contender: contender.name,
      version: process?.version ?? '',
      params: case_.params,
      threads: case_.threads,
      rounds: seconds.length,
      median_s: ran ? median(seconds) : null,
      min_s: ran ? Math.min(...seconds) : null,
      max_s: ran ? Math.max(...seconds) : null,
      throughput: ran ? throughput : null,
      unit: case_.unit,
      error: qualities.get(contender.name)?.error ?? null,
      error_means: case_.errorMeans,
      figures: qualities.get(contender.name)?.figures ?? {},
      peak_mb: ran ? peakMb : null,
      limit: limit?.name ?? null,
      limit_fraction: ran && limit ? throughput / limit.throughput : null,
      ...(ran ? {} : { absent: problem }),
    };
  });
}
