import { basename, resolve } from 'node:path';

import { Command } from 'commander';
import { z } from 'zod';

import type { SkySource } from '../../calibration/index.js';
import { OutputExistsError } from '../../core/errors.js';
import { makeFolder } from '../../core/make-folder.js';
import type { Observation } from '../../core/observation.js';
import type { SourceOptions } from '../../core/source.js';
import type { SubbandGroup } from '../../grouping/index.js';
import {
  calibrationDefaults,
  checkCalibrationConfig,
  earlierSetOf,
  makeCalibrationSet,
  putInForce,
  registerCalibrationSet,
  tablePathsOf,
} from '../../pipeline/index.js';
import type { CalibrationSetOptions, MadeCalibrationSet } from '../../pipeline/index.js';
import { openRegistry } from '../../registry/index.js';
import type { Registry } from '../../registry/index.js';
import { describeSource } from '../../uvh5/index.js';
import {
  addCalibrationOptions,
  calibrationSchema,
  idleByTerms,
  refuseIdleOptions,
  skyModelOf,
  toCalibrationConfig,
} from '../calibration-options.js';
import type { CommandContext, MakeCommand } from '../command-context.js';
import { exitCodes, UsageError } from '../exit-codes.js';
import { integerOption, numberOption, optionName, parseWith } from '../load-config.js';
import { progressDisplay } from '../progress-display.js';
import { observationOf } from '../visibility-source.js';

const schema = calibrationSchema.extend({
  name: z.string(),
  flag: z.boolean().optional(),
  work: z.string().optional(),
  database: z.string().optional(),
  minSubbands: integerOption.min(1).max(16).optional(),
  ut1Utc: numberOption.min(-1).max(1).optional(),
  threads: integerOption.min(0).max(1024).optional(),
  json: z.boolean().optional(),
});
type Options = z.infer<typeof schema>;

/** `contimg calibrate`: the calibration tables of one observation. */
export const calibrateCommand: MakeCommand = (context, exitWith) =>
  addCalibrationOptions(new Command('calibrate'))
    .description('Flag one observation and solve it for calibration tables against a model of its sky.')
    .argument('<path...>', 'MeasurementSet; or files, or folders of files, of one group')
    .requiredOption(
      '--name <name>',
      'the tables are <name>.k, <name>.b, <name>.p and <name>.g; those that exist are not replaced; pictures <name>-*.png',
    )
    .option('--no-flag', 'do not look for interference and dead antennas first')
    .option(
      '--work <folder>',
      'register the tables there, under the last part of <name>, for contimg run, in place of earlier ones of the observation',
    )
    .option('--database <url>', 'registry (or DATABASE_URL; default registry.sqlite in the work folder)')
    .option('--min-subbands <n>', 'subbands that a group must have at least (default 14)')
    .option('--ut1-utc <sec>', 'UT1-UTC at the time of the observation (default 0)')
    .option('--threads <n>', 'threads, 0 for all cores (default 0, or CONTIMG_THREADS)')
    .option('--json', 'print one line of JSON: the tables, their quality, what is wrong with them')
    .action(async (paths: string[], raw: unknown) => {
      const options = parseWith(schema, raw, optionName);
      refuseIdleOptions(options, {
        'goes with --work': options.work === undefined ? ['validHours', 'maxAmplitudeChange', 'database'] : [],
        ...idleByTerms(options),
        'does not go with --no-flag': options.flag === false ? ['edgeChannels'] : [],
      });
      const model = await skyModelOf(options);
      if (model === undefined) throw new UsageError('Expected --sky FILE or --calibrator NAME to solve against');
      const solver = solverOf(model, options);
      const source = await observationOf(paths, context.signal);
      const shop = await openWorkshop(options, context);
      const display = progressDisplay();
      try {
        const groupId = typeof source === 'string' ? undefined : source.id;
        if (shop) await requireNewName(basename(options.name), shop);
        const reading = readingOf(source, options);
        const observation = shop && (await describeSource(source, { ...reading, signal: context.signal }));
        const earlier = shop && (await earlierSetOf(shop, { midTimeMjdSec: observation!.timeMjdSec[0]!, groupId }));
        const solving = { ...solver, source: reading, observation, earlier };
        const made = await makeCalibrationSet(resolve(options.name), source, solving, {
          ...{ signal: context.signal, threads: options.threads ?? context.config.threads },
          onProgress: fraction => display.show({ name: options.name, fraction }),
        });
        if (shop) await register(made, { groupId, decDeg: decOf(source, observation!) }, options, shop);
        display.stop();
        print(made, options.json ?? false);
        if (made.problems.length > 0) exitWith(exitCodes.failed);
      } finally {
        display.stop();
        await shop?.registry.close();
      }
    });

interface Workshop {
  readonly work: string;
  readonly registry: Registry;
}

async function openWorkshop(options: Options, { config }: CommandContext): Promise<Workshop | undefined> {
  if (options.work === undefined) return undefined;
  const work = resolve(options.work);
  await makeFolder(work);
  return { work, registry: await openRegistry(options.database ?? config.database ?? `${work}/registry.sqlite`) };
}

/** @throws {OutputExistsError} a set of this name is registered; said before anything is solved. */
async function requireNewName(id: string, { work, registry }: Workshop): Promise<void> {
  const known = await registry.calibrationSets.get(id);
  if (known === undefined) return;
  const message = `Expected a new name for --name but a set ${id} is registered in ${work} already, of other tables`;
  throw new OutputExistsError(tablePathsOf(known, work)[0] ?? work, message);
}

function readingOf(source: string | SubbandGroup, { minSubbands, ut1Utc }: Options): SourceOptions {
  return {
    ...(typeof source !== 'string' && { minSubbands }),
    ...(ut1Utc !== undefined && { earthOrientation: { ut1MinusUtcSec: ut1Utc } }),
  };
}

function solverOf(model: readonly SkySource[], options: Options): CalibrationSetOptions {
  const flagging = options.flag === false ? undefined : { edgeChannels: options.edgeChannels };
  return { ...checkCalibrationConfig({ ...toCalibrationConfig(options), model }), flagging };
}

/** Apparent, where it is known. */
function decOf(source: string | SubbandGroup, { pointings }: Observation): number {
  return (typeof source === 'string' ? undefined : source.pointingDecDeg) ?? pointings[0]!.decDeg;
}

async function register(
  made: MadeCalibrationSet,
  observed: { readonly groupId: string | undefined; readonly decDeg: number },
  options: Options,
  { work, registry }: Workshop,
): Promise<void> {
  const validHours = options.validHours ?? calibrationDefaults.validHours;
  const set = await registerCalibrationSet(registry, made, {
    ...observed,
    id: basename(options.name),
    work,
    validHours,
  });
  if (set.state === 'active') await putInForce(set, registry);
}

function print({ tables, pictures, refAnt, problems, findings, flags }: MadeCalibrationSet, json: boolean): void {
  if (json) {
    const { counts = {}, deadAntennas = [] } = flags ?? {};
    console.log(JSON.stringify({ tables, pictures, refAnt, problems, findings, flagged: counts, deadAntennas }));
    return;
  }
  for (const { message } of findings) console.log(message);
  for (const { path, term, quality } of tables) {
    const { nSolvedAntennas, nAntennas, flaggedFraction, medianSnr, deadAntennas } = quality;
    console.log(
      `${path}: ${term}, ${nSolvedAntennas} of ${nAntennas} antennas, ${(100 * flaggedFraction).toFixed(1)} % flagged, ` +
        `signal to noise ${medianSnr.toFixed(1)}, reference ${refAnt}` +
        (deadAntennas.length > 0 ? `, without solutions: ${deadAntennas.join(', ')}` : ''),
    );
  }
  for (const picture of pictures) console.log(picture);
  for (const problem of problems) console.error(`Not fit to be applied elsewhere: ${problem}`);
}
