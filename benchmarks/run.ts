import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Command, InvalidArgumentError } from 'commander';

import { packageRoot } from '../src/core/addon.js';
import type { Measurement } from './case.js';
import { allCases } from './cases/index.js';
import { DataFolder } from './data/data-folder.js';
import { Machine } from './machine.js';
import { Peers } from './peers.js';
import { plotScaling } from './plot-scaling.js';
import { runCase } from './run-case.js';
import { caseTable, summaryTable } from './table.js';

interface Options {
  readonly quick?: true;
  readonly json?: string;
  readonly plot?: string;
  readonly rounds: number;
  readonly data: string;
  readonly install: boolean;
  readonly list?: true;
}

await new Command('bench')
  .description('Measures contimg beside its peers: speed, error, memory. See docs/benchmarks.md.')
  .argument('[word...]', 'run the cases whose name holds one of these words', [])
  .option('--quick', 'small data, to see that everything works: the figures mean little')
  .option('--json <file>', 'write the measurements there, one object each')
  .option('--plot <file>', 'draw the scaling cases as cost against size, PNG')
  .option('--rounds <n>', 'timed runs per contender', parseRounds, 5)
  .option('--data <folder>', 'where data are kept once made', join(packageRoot(), 'build', 'benchmarks', 'data'))
  .option('--no-install', 'compare only with peers that Debian installed')
  .option('--list', 'name the cases and stop')
  .action(bench)
  .parseAsync();

async function bench(words: readonly string[], options: Options): Promise<void> {
  const all = allCases(options.quick ? 'quick' : 'full');
  const cases = all.filter(({ name }) => words.length === 0 || words.some(word => name.includes(word)));
  if (options.list) return void cases.forEach(({ name }) => console.log(name));
  if (cases.length === 0) throw new Error(`No case holds ${words.join(' or ')}: see --list`);

  const machine = Machine.measure();
  console.log(`${machine}\n${options.quick ? 'quick: small data\n' : ''}`);
  const measurements: Measurement[] = machine.measurements();
  const data = new DataFolder(resolve(options.data));
  const peers = new Peers(options.install);
  for (const case_ of cases) {
    try {
      const measured = await runCase(case_, { data, peers, machine, rounds: options.rounds });
      console.log(`${caseTable(measured)}\n`);
      measurements.push(...measured);
    } catch (error) {
      console.log(`${case_.name}: not run: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
    if (options.json) writeFileSync(options.json, `${JSON.stringify(measurements, null, 1)}\n`);
  }
  if (cases.length > 1) console.log(summaryTable(measurements));
  if (options.plot) await plotScaling(options.plot, measurements, peers);
}

function parseRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1) throw new InvalidArgumentError('Expected an integer from 1.');
  return rounds;
}
