import { Command } from 'commander';
import { z } from 'zod';

import { flagVisibilities } from '../../calibration/index.js';
import type { ImagingOptions } from '../../imaging/index.js';
import { checkSelfCalibrationAbsent, selfCalibrate, writeSelfCalibration } from '../../pipeline/index.js';
import type { SelfCalibration, SelfCalibrationFigures } from '../../pipeline/index.js';
import { describeSource } from '../../uvh5/index.js';
import { addBaselineOptions, baselineSchema, toBaselineRange } from '../calibration-options.js';
import { tablesFor } from '../calibration-tables.js';
import type { MakeCommand } from '../command-context.js';
import { exitCodes, UsageError } from '../exit-codes.js';
import { addImagingOptions } from '../imaging-options.js';
import { tileSchema, toImagingOptions } from '../imaging-schema.js';
import { integerOption, numberOption, optionName, parseWith } from '../load-config.js';
import { progressDisplay } from '../progress-display.js';
import { observationOf } from '../visibility-source.js';

const schema = tileSchema.extend(baselineSchema.shape).extend({
  name: z.string(),
  table: z.array(z.string()).optional(),
  flag: z.boolean().optional(),
  phaseRounds: integerOption.min(0).max(100).optional(),
  amplitudeRounds: integerOption.min(0).max(100).optional(),
  phaseSolint: numberOption.positive().optional(),
  amplitudeSolint: numberOption.positive().optional(),
  refAnt: z.string().optional(),
  minSnr: numberOption.min(0).optional(),
  minSubbands: integerOption.min(1).max(16).optional(),
  threads: integerOption.min(0).max(1024).optional(),
  json: z.boolean().optional(),
});

/** `contimg selfcal`: the image of one observation, calibrated on itself. */
export const selfcalCommand: MakeCommand = ({ config, signal }, exitWith) =>
  addImagingOptions(
    addBaselineOptions(new Command('selfcal'))
      .description('Image one observation, calibrate it on its own image and image it again, as long as that helps.')
      .argument('<path...>', 'MeasurementSet; or files, or folders of files, of one group')
      .requiredOption(
        '--name <name>',
        'the images are <name>-image.fits ..., the solutions <name>-phase.g and <name>-amplitude.g',
      )
      .option('--table <path...>', 'calibration tables to apply first')
      .option('--flag', 'look for interference and dead antennas first')
      .option('--phase-rounds <n>', 'most rounds that solve for phases (default 3)')
      .option('--amplitude-rounds <n>', 'most rounds that solve for amplitudes too, after those (default 1)')
      .option('--phase-solint <sec>', 'solution interval of phases (default 60)')
      .option('--amplitude-solint <sec>', 'solution interval of amplitudes (default: the whole observation)')
      .option('--ref-ant <name>', 'reference antenna (default: the healthiest)')
      .option('--min-snr <n>', 'lowest signal to noise of a solution (default 3)')
      .option('--min-subbands <n>', 'subbands that a group must have at least (default 14)')
      .option('--threads <n>', 'threads, 0 for all cores (default 0, or CONTIMG_THREADS)')
      .option('--json', 'print one line of JSON: the files, and the figures of every round'),
  ).action(async (paths: string[], raw: unknown) => {
    const options = parseWith(schema, raw, optionName);
    if (options.stokes !== undefined || options.channelRange !== undefined)
      throw new UsageError('--stokes and --channel-range do not go with selfcal: the model is of all data');
    await checkSelfCalibrationAbsent(options.name);
    const source = await observationOf(paths, signal);
    const reading = { ...(typeof source !== 'string' && { minSubbands: options.minSubbands }) };
    const describe = () => describeSource(source, { ...reading, signal });
    const { solutions: calibration } = await tablesFor(options.table, describe, signal);
    if (calibration === undefined) {
      exitWith(exitCodes.failed);
      return;
    }
    const display = progressDisplay();
    const job = { signal, threads: options.threads ?? config.threads };
    try {
      const imaging = withoutSelection(toImagingOptions(options));
      const flags = options.flag ? await flagVisibilities(source, { ...reading, ...job }) : undefined;
      const done = await selfCalibrate(source, {
        ...{ calibration, flags, source: reading, imaging },
        ...{ phaseRounds: options.phaseRounds, amplitudeRounds: options.amplitudeRounds },
        ...{ phaseSolintSec: options.phaseSolint, amplitudeSolintSec: options.amplitudeSolint },
        ...{ refAnt: options.refAnt, minSnr: options.minSnr, ...toBaselineRange(options), ...job },
        onProgress: fraction => display.show({ name: options.name, fraction }),
      });
      const files = await writeSelfCalibration(options.name, done);
      display.stop();
      const { before, after, rounds } = done;
      if (options.json) console.log(JSON.stringify({ ...files, before, after, rounds }));
      else print(done, [...files.tables, ...files.images]);
    } finally {
      display.stop();
    }
  });

/** Imaging options but for those that are refused above. */
function withoutSelection(options: ImagingOptions): ImagingOptions {
  const selecting = ['stokes', 'channelRange'];
  return Object.fromEntries(Object.entries(options).filter(([name]) => !selecting.includes(name)));
}

function print({ tile, before, rounds }: SelfCalibration, files: readonly string[]): void {
  console.log(lineOf('without', before));
  for (const { phaseOnly, solintSec, nComponents, medianSnr, figures, reason } of rounds) {
    const interval = solintSec === Infinity ? 'whole observation' : `${solintSec} s`;
    const how = `${phaseOnly ? 'phases' : 'amplitudes'}, ${interval}, ${nComponents} components`;
    const snr = medianSnr === undefined ? '' : `, signal to noise ${medianSnr.toFixed(1)}`;
    console.log(figures ? lineOf(`${how}${snr}`, figures) : how);
    if (reason !== undefined) console.log(`  not accepted: ${reason}`);
  }
  console.log(String(tile));
  for (const file of files) console.log(file);
}

function lineOf(what: string, { rmsJyBeam, dynamicRange, compactFluxJy }: SelfCalibrationFigures): string {
  const rms = `${(1e3 * rmsJyBeam).toPrecision(3)} mJy/beam`;
  return `${what}: rms ${rms}, dynamic range ${dynamicRange.toFixed(0)}, compact sources ${compactFluxJy.toFixed(3)} Jy`;
}
