import { Command } from 'commander';
import { z } from 'zod';

import { createPipeline } from '../../pipeline/index.js';
import type { PipelineConfig, PipelineProgress, RunReport } from '../../pipeline/index.js';
import {
  addCalibrationOptions,
  calibrationSchema,
  idleByTerms,
  refuseIdleOptions,
  skyModelOf,
  solvingOptions,
  toCalibrationConfig,
} from '../calibration-options.js';
import type { CommandContext, MakeCommand } from '../command-context.js';
import { exitCodes } from '../exit-codes.js';
import { addImagingOptions } from '../imaging-options.js';
import { tileSchema, toImagingOptions } from '../imaging-schema.js';
import { folderOf, integerOption, numberOption, optionName, parseWith } from '../load-config.js';
import { progressDisplay } from '../progress-display.js';

const schema = tileSchema.extend({
  ...calibrationSchema.shape,
  flag: z.boolean().optional(),
  calibrate: z.boolean().optional(),
  work: z.string().optional(),
  products: z.string().optional(),
  database: z.string().optional(),
  groupSize: integerOption.min(1).optional(),
  overlap: integerOption.min(0).optional(),
  minSubbands: integerOption.min(1).max(16).optional(),
  ms: z.boolean().optional(),
  ut1Utc: numberOption.min(-1).max(1).optional(),
  threads: integerOption.min(0).max(1024).optional(),
  json: z.boolean().optional(),
});

/** `contimg run`: the whole flow. */
export const runCommand: MakeCommand = (context, exitWith) =>
  addCalibrationOptions(
    addImagingOptions(
      new Command('run')
        .description(
          'Make everything that can be made of the files in a folder: tiles, and mosaics, which are published. What is there already is not made again.',
        )
        .argument('<incoming>', 'folder of subband files; it is not changed')
        .option('--work <folder>', 'folder for all that is made on the way (or CONTIMG_WORK)')
        .option('--products <folder>', 'folder that mosaics are published into (or CONTIMG_PRODUCTS)')
        .option(
          '--database <url>',
          'registry, postgres://... (or DATABASE_URL; default registry.sqlite in the work folder)',
        )
        .option('--group-size <n>', 'tiles per mosaic (default 10)')
        .option('--overlap <n>', 'tiles that a mosaic has in common with the one before (default 0)')
        .option('--min-subbands <n>', 'subbands that a group must have at least (default 14)')
        .option('--ms', 'make a MeasurementSet of every group too, and keep it')
        .option('--flag', 'find interference, dead and shadowed antennas, and leave them out')
        .option(
          '--calibrate',
          'apply calibration sets that are registered; with --sky or --calibrator, solve for sets too',
        )
        .option('--ut1-utc <sec>', 'UT1-UTC at the time of the observations (default 0)')
        .option('--threads <n>', 'threads, 0 for all cores (default 0, or CONTIMG_THREADS)')
        .option('--json', 'end with one line of JSON that names every product, and all that was left out or failed'),
    ).optionsGroup('Calibration:'),
  ).action(async (incoming: string, raw: unknown) => {
    const options = parseWith(schema, raw, optionName);
    const report = await runWithDisplay(incoming, await toPipelineConfig(options, context), context.signal);
    if (options.json) console.log(JSON.stringify(report));
    else printReport(report);
    for (const { stage, subject, code, reason } of report.failed) {
      console.error(`Failed: ${stage} ${subject}: ${reason} [${code}]`);
    }
    if (report.failed.length > 0) exitWith(exitCodes.failed);
  });

async function toPipelineConfig(options: z.infer<typeof schema>, { config }: CommandContext): Promise<PipelineConfig> {
  const solving = options.sky !== undefined || options.calibrator !== undefined;
  refuseIdleOptions(options, {
    'goes with --flag': options.flag ? [] : ['edgeChannels'],
    'goes with --sky or --calibrator': solving ? [] : solvingOptions,
    ...(solving && idleByTerms(options)),
  });
  const model = await skyModelOf(options);
  const calibrating = options.calibrate || model !== undefined;
  return {
    work: folderOf('work', options.work, config),
    products: folderOf('products', options.products, config),
    registry: options.database ?? config.database,
    minSubbands: options.minSubbands,
    threads: options.threads ?? config.threads,
    earthOrientation: options.ut1Utc === undefined ? undefined : { ut1MinusUtcSec: options.ut1Utc },
    keepMs: options.ms,
    grouping: {
      ...(options.groupSize !== undefined && { groupSize: options.groupSize }),
      ...(options.overlap !== undefined && { overlap: options.overlap }),
    },
    flagging: options.flag && { edgeChannels: options.edgeChannels },
    calibration: calibrating ? { ...toCalibrationConfig(options), model } : undefined,
    imaging: toImagingOptions(options),
  };
}

async function runWithDisplay(incoming: string, config: PipelineConfig, signal: AbortSignal): Promise<RunReport> {
  const display = progressDisplay();
  const onProgress = ({ stage, subject, status, fraction }: PipelineProgress) => {
    const name = `${subject} ${stage}`;
    display.show(status === 'running' ? { name, fraction } : { name, fraction, outcome: outcomes[status] });
  };
  try {
    return await createPipeline(config).run(incoming, { signal, onProgress });
  } finally {
    display.stop();
  }
}

const outcomes = { made: 'done', present: 'there already', failed: 'failed' };

function printReport({ products, leftOut, failed, findings }: RunReport): void {
  for (const { subject, message } of findings) console.log(`${subject}: ${message}`);
  for (const { subject, code, reason } of leftOut) console.log(`Left out: ${subject}: ${reason} [${code}]`);
  for (const { published } of products) for (const path of published) console.log(`Published: ${path}`);
  const made = products.filter(product => product.made).length;
  console.log(`${products.length} products, ${made} of them new; ${leftOut.length} left out; ${failed.length} failed`);
}
