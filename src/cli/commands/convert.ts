import { join } from 'node:path';

import { Command, Option } from 'commander';
import { z } from 'zod';

import { isPipelineError } from '../../core/errors.js';
import { fromFileSystem } from '../../core/file-errors.js';
import { makeFolder } from '../../core/make-folder.js';
import type { JobOptions } from '../../core/job.js';
import { groupSubbands } from '../../grouping/index.js';
import type { SubbandGroup } from '../../grouping/index.js';
import { convertToMs } from '../../ms/index.js';
import type { ConversionOptions } from '../../ms/index.js';
import type { MakeCommand } from '../command-context.js';
import { exitCodes } from '../exit-codes.js';
import { integerOption, numberOption, optionName, parseWith } from '../load-config.js';
import { progressDisplay } from '../progress-display.js';
import { indexPaths } from '../subband-files.js';

const schema = z.object({
  out: z.string(),
  fields: z.enum(['meridian', 'single']).optional(),
  telescope: z.string().optional(),
  autocorrelations: z.boolean().optional(),
  spectralWindows: z.enum(['subbands', 'one']).optional(),
  modelData: z.boolean().optional(),
  correctedData: z.boolean().optional(),
  weightSpectrum: z.enum(['when-needed', 'always']).optional(),
  maxSmearing: numberOption.gt(0).lt(1).optional(),
  fieldRadius: numberOption.positive().optional(),
  maxInterval: numberOption.positive().optional(),
  validation: z.enum(['fatal', 'warn']).optional(),
  minSubbands: integerOption.min(1).max(16).optional(),
  ut1Utc: numberOption.min(-1).max(1).optional(),
  threads: integerOption.min(0).max(1024).optional(),
  json: z.boolean().optional(),
});

/** What became of one group. */
interface Converted {
  readonly group: string;
  readonly path: string;
  readonly outcome: 'made' | 'present' | 'failed';
  /** What failed in its validation, where it is kept all the same. */
  readonly warning?: string;
  readonly code?: string;
  readonly reason?: string;
}

/** `contimg convert`: MeasurementSets of subband groups. */
export const convertCommand: MakeCommand = ({ config, signal }, exitWith) =>
  new Command('convert')
    .description('Make one MeasurementSet of each group of UVH5 files.')
    .argument('<path...>', 'files, or folders of files')
    .requiredOption('--out <folder>', 'where the MeasurementSets go, as <group>.ms; those that exist are left')
    .addOption(
      new Option(
        '--fields <layout>',
        'one field per integration, no visibility changed, or a single one (default meridian)',
      ).choices(['meridian', 'single']),
    )
    .option('--telescope <name>', 'telescope name to write (default: that of the files)')
    .option('--autocorrelations', 'keep the autocorrelations')
    .addOption(
      new Option('--spectral-windows <how>', 'one for each subband, or one of all channels (default subbands)').choices(
        ['subbands', 'one'],
      ),
    )
    .option('--model-data', 'make the column MODEL_DATA, of 1 Jy at the phase center')
    .option('--corrected-data', 'make the column CORRECTED_DATA, a copy of DATA')
    .addOption(
      new Option('--weight-spectrum <when>', 'make the column (default when-needed)').choices([
        'when-needed',
        'always',
      ]),
    )
    .option(
      '--max-smearing <fraction>',
      'average in time as far as costs a source no more than this; with --fields single',
    )
    .option('--field-radius <deg>', 'where that source is, from the phase center (default 2.3)')
    .option('--max-interval <sec>', 'longest interval that averaging makes (default 60)')
    .addOption(
      new Option(
        '--validation <how>',
        'what fails its validation is set aside, or kept with a warning (default fatal)',
      ).choices(['fatal', 'warn']),
    )
    .option('--min-subbands <n>', 'subbands that a group must have at least (default 14)')
    .option('--ut1-utc <sec>', 'UT1-UTC at the time of the observations (default 0)')
    .option('--threads <n>', 'threads, 0 for all cores (default 0, or CONTIMG_THREADS)')
    .option('--json', 'print one line of JSON: what became of every group')
    .action(async (paths: string[], raw: unknown) => {
      const options = parseWith(schema, raw, optionName);
      await makeOutput(options.out);
      const { groups, leftOut } = groupSubbands(await indexPaths(paths, { signal }));
      for (const { message } of leftOut) console.error(`Left out: ${message}`);
      const conversion = { ...toConversion(options), threads: options.threads ?? config.threads, signal };
      const converted: Converted[] = [];
      for (const group of groups) converted.push(await convert(group, join(options.out, `${group.id}.ms`), conversion));
      if (options.json) console.log(JSON.stringify({ converted, leftOut }));
      for (const { group, outcome, code, reason, warning } of converted) {
        if (outcome === 'failed') console.error(`Failed: ${group}: ${reason} [${code}]`);
        if (warning !== undefined) console.error(`Warning: ${group}: ${warning}`);
      }
      if (converted.some(({ outcome }) => outcome === 'failed')) exitWith(exitCodes.failed);
    });

type Conversion = Omit<ConversionOptions, 'path'> & JobOptions;

function toConversion(options: z.infer<typeof schema>): Conversion {
  return {
    fields: options.fields,
    telescopeName: options.telescope,
    autocorrelations: options.autocorrelations,
    spectralWindows: options.spectralWindows,
    columns: [
      ...(options.modelData ? (['MODEL_DATA'] as const) : []),
      ...(options.correctedData ? (['CORRECTED_DATA'] as const) : []),
    ],
    weightSpectrum: options.weightSpectrum,
    maxSmearing: options.maxSmearing,
    fieldRadiusDeg: options.fieldRadius,
    maxIntervalSec: options.maxInterval,
    validation: options.validation,
    minSubbands: options.minSubbands,
    earthOrientation: options.ut1Utc === undefined ? undefined : { ut1MinusUtcSec: options.ut1Utc },
  };
}

/** A failure is a result like any other; an abort, and options that no group can be converted with, are thrown on. */
async function convert(group: SubbandGroup, path: string, options: Conversion): Promise<Converted> {
  const display = progressDisplay();
  const show = (fraction: number, outcome?: string) =>
    display.show({ name: group.id, fraction, ...(outcome !== undefined && { outcome }) });
  try {
    const ms = await convertToMs(group, { ...options, path, onProgress: fraction => show(fraction) });
    show(1, path);
    const warning = ms.validationWarning;
    return { group: group.id, path, outcome: 'made', ...(warning !== undefined && { warning }) };
  } catch (error) {
    if (options.signal?.aborted) throw error;
    if (!isPipelineError(error) || error.code === 'INVALID_ARGUMENT') throw error;
    if (error.code === 'OUTPUT_EXISTS') {
      show(1, `${path} is there already`);
      return { group: group.id, path, outcome: 'present' };
    }
    show(1, 'failed');
    return { group: group.id, path, outcome: 'failed', code: error.code, reason: error.message };
  } finally {
    display.stop();
  }
}

async function makeOutput(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw fromFileSystem(folder, error);
  }
}
