import { basename, resolve } from 'node:path';

import { Command } from 'commander';
import { z } from 'zod';

import { checkCalibrationTable, measureCalibration, readCalibrationTable } from '../../calibration/index.js';
import type { CalibrationFault } from '../../calibration/index.js';
import { RegistryError } from '../../core/errors.js';
import { mjdSecToIso } from '../../core/time.js';
import { putInForce } from '../../pipeline/index.js';
import { openRegistry } from '../../registry/index.js';
import type { CalibrationSet, Registry } from '../../registry/index.js';
import { describeSource } from '../../uvh5/index.js';
import type { MakeCommand } from '../command-context.js';
import { exitCodes } from '../exit-codes.js';
import { folderOf, optionName, parseWith } from '../load-config.js';
import { observationOf } from '../visibility-source.js';

const schema = z.object({
  work: z.string().optional(),
  database: z.string().optional(),
  for: z.array(z.string()).optional(),
  reason: z.string().optional(),
  json: z.boolean().optional(),
});

type Options = z.infer<typeof schema>;

/** `contimg caltables`: look after calibration tables, those that are registered and any others. */
export const caltablesCommand: MakeCommand = ({ config, signal }, exitWith) => {
  const command = new Command('caltables').description(
    'List, check and show calibration tables, and retire sets of them.',
  );
  const optionsOf = (subcommand: Command) => parseWith(schema, subcommand.opts(), optionName);

  /** The registry that the options name. */
  const inRegistry = async <T>(options: Options, use: (registry: Registry) => Promise<T>) => {
    const work = resolve(folderOf('work', options.work, config));
    const registry = await openRegistry(options.database ?? config.database ?? `${work}/registry.sqlite`);
    return use(registry).finally(() => registry.close());
  };

  /** Changes a set there, and prints it. */
  const changeSet = async (options: Options, change: (registry: Registry) => Promise<CalibrationSet>) => {
    const set = await inRegistry(options, change);
    console.log(options.json ? JSON.stringify({ set }) : lineOf(set));
  };

  const list: Command = ofRegistry(command.command('list'))
    .description('name the calibration sets that are registered, in the order of their windows')
    .action(async () => {
      const options = optionsOf(list);
      const sets = await inRegistry(options, ({ calibrationSets }) => calibrationSets.list());
      if (options.json) console.log(JSON.stringify({ sets }));
      else for (const set of sets) console.log(lineOf(set));
    });

  const retire: Command = ofRegistry(command.command('retire <id>'))
    .description('take a set out of force: it is applied to nothing any more, and its tables stay')
    .requiredOption('--reason <text>', 'why, for the registry')
    .action(async (id: string) => {
      const options = optionsOf(retire);
      await changeSet(options, async ({ calibrationSets }) => {
        await calibrationSets.setState(id, 'retired', options.reason);
        return (await calibrationSets.get(id))!;
      });
    });

  const restore: Command = ofRegistry(command.command('restore <id>'))
    .description('put a retired set in force again; another one of the same observation is retired for it')
    .action(async (id: string) => {
      await changeSet(optionsOf(restore), async registry => {
        const known = await registry.calibrationSets.get(id);
        if (known?.state === 'retired') return putInForce(known, registry);
        throw new RegistryError(
          `Expected a retired calibration set ${id}, but ${known ? `it is ${known.state}` : 'there is none'}`,
        );
      });
    });

  const check: Command = command
    .command('check <table...>')
    .description('tell everything that is wrong with tables: exit code 1 if one must not be applied')
    .option('--for <path...>', 'observation that they are to be applied to: MeasurementSet, or files of one group')
    .option('--json', 'print one line of JSON')
    .action(async (tables: string[]) => {
      const options = optionsOf(check);
      const source = options.for && (await observationOf(options.for, signal));
      const target = source === undefined ? {} : await describeSource(source, { signal });
      const checked: { table: string; faults: CalibrationFault[] }[] = [];
      for (const table of tables)
        checked.push({ table, faults: await checkCalibrationTable(table, target, { signal }) });
      if (options.json) console.log(JSON.stringify({ checked }));
      else for (const one of checked) for (const line of linesOf(one)) console.log(line);
      if (checked.some(({ faults }) => faults.some(({ severity }) => severity === 'error'))) exitWith(exitCodes.failed);
    });

  const show: Command = command
    .command('show <table>')
    .description('tell what a table holds, and how good it is')
    .option('--json', 'print one line of JSON')
    .action(async (table: string) => {
      const solutions = await readCalibrationTable(table, { signal });
      const { term, refAnt, telescopeName, timeMjdSec, freqHz, polarizations, history } = solutions;
      const quality = measureCalibration(solutions);
      const content = { table, term, refAnt, telescopeName, timeMjdSec, freqHz, polarizations, history, quality };
      if (optionsOf(show).json) {
        console.log(JSON.stringify(content));
        return;
      }
      console.log(`${basename(table)}: ${term} of ${telescopeName}, reference antenna ${refAnt ?? 'unknown'}`);
      console.log(`times: ${timeMjdSec.length}, from ${isoOf(timeMjdSec[0]!)} to ${isoOf(timeMjdSec.at(-1)!)}`);
      const [low, high] = [freqHz[0]!, freqHz.at(-1)!].map(hz => (hz / 1e6).toFixed(3));
      console.log(`bands: ${freqHz.length}, centers from ${low} to ${high} MHz`);
      for (const [name, value] of Object.entries(quality)) console.log(`${name}: ${shown(value)}`);
      for (const line of history) console.log(`history: ${line}`);
    });

  return command;
};

function ofRegistry(command: Command): Command {
  return command
    .option('--work <folder>', 'folder of contimg run (or CONTIMG_WORK)')
    .option('--database <url>', 'registry (or DATABASE_URL; default registry.sqlite in the work folder)')
    .option('--json', 'print one line of JSON');
}

function lineOf({ id, state, reason, tables, validFromMjdSec, validToMjdSec }: CalibrationSet): string {
  const window = `${isoOf(validFromMjdSec)} to ${isoOf(validToMjdSec)}`;
  const terms = tables.map(({ term }) => term).join('+');
  return `${id}: ${state}, ${terms}, ${window}${reason === undefined ? '' : `: ${reason}`}`;
}

function linesOf({ table, faults }: { table: string; faults: readonly CalibrationFault[] }): string[] {
  if (faults.length === 0) return [`${table}: good`];
  return faults.map(({ severity, rule, message }) => `${table}: ${severity}: ${message} [${rule}]`);
}

function shown(value: unknown): string {
  if (value === undefined) return 'not measured';
  if (Array.isArray(value)) return value.join(', ') || 'none';
  return typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(4) : String(value);
}

/** To the second, UTC. */
function isoOf(mjdSec: number): string {
  return `${mjdSecToIso(mjdSec).slice(0, 19)}Z`;
}
