import { Command, Option } from 'commander';
import { z } from 'zod';

import { readFits } from '../../fits/index.js';
import { imageGroup, imageMs } from '../../imaging/index.js';
import type { ImagingOptions, TileImages } from '../../imaging/index.js';
import { checkTileImagesAbsent, writeTileImages } from '../../pipeline/index.js';
import { describeSource } from '../../uvh5/index.js';
import { tablesFor } from '../calibration-tables.js';
import type { MakeCommand } from '../command-context.js';
import { exitCodes, UsageError } from '../exit-codes.js';
import { addImagingOptions } from '../imaging-options.js';
import { checkAsUsage, tileSchema, toImagingOptions } from '../imaging-schema.js';
import { integerOption, numberOption, numbersOption, optionName, parseWith } from '../load-config.js';
import { progressDisplay } from '../progress-display.js';
import { readStartModel } from '../start-model.js';
import { isMeasurementSet, observationOf } from '../visibility-source.js';

const schema = tileSchema.extend({
  name: z.string(),
  channelsOut: integerOption.min(1).optional(),
  dish: numberOption.positive().optional(),
  phaseCenter: numbersOption.refine(center => center.length === 2, 'expected ra,dec in degrees').optional(),
  startModel: z.string().optional(),
  mask: z.string().optional(),
  dataColumn: z.enum(['DATA', 'CORRECTED_DATA', 'MODEL_DATA']).optional(),
  field: z.string().optional(),
  dataDescriptions: numbersOption.optional(),
  table: z.array(z.string()).optional(),
  minSubbands: integerOption.min(1).max(16).optional(),
  ut1Utc: numberOption.min(-1).max(1).optional(),
  overwrite: z.boolean().optional(),
  threads: integerOption.min(0).max(1024).optional(),
  json: z.boolean().optional(),
});
type Options = z.infer<typeof schema>;

/** `contimg image`: the images of one observation. */
export const imageCommand: MakeCommand = ({ config, signal }, exitWith) =>
  addTileOptions(
    new Command('image')
      .description('Image one observation: a MeasurementSet, or the UVH5 files of one group.')
      .argument('<path...>', 'MeasurementSet; or files, or folders of files')
      .requiredOption(
        '--name <name>',
        'the images are <name>-image.fits, -image-pb, -residual, -model, -dirty, -psf, -pb and -weight',
      )
      .option('--overwrite', 'replace images that exist')
      .option('--threads <n>', 'threads, 0 for all cores (default 0, or CONTIMG_THREADS)')
      .option('--json', 'print one line of JSON: the files, and what the images say of themselves')
      .optionsGroup('Data:')
      .addOption(
        new Option('--data-column <name>', 'of the MeasurementSet (default DATA)').choices([
          'DATA',
          'CORRECTED_DATA',
          'MODEL_DATA',
        ]),
      )
      .option('--field <id or name>', 'of the MeasurementSet (default: all, where they go together)')
      .option('--data-descriptions <id,...>', 'of the MeasurementSet (default: all, where they go together)')
      .option('--table <path...>', 'calibration tables to apply')
      .option('--min-subbands <n>', 'subbands that a group must have at least (default 14)')
      .option('--ut1-utc <sec>', 'UT1-UTC at the time of the observation (default 0)'),
  ).action(async (paths: string[], raw: unknown) => {
    const options = parseWith(schema, raw, optionName);
    if (!options.overwrite) await checkTileImagesAbsent(options.name, options.channelsOut);
    const display = progressDisplay();
    const job = { signal, threads: options.threads ?? config.threads };
    const onProgress = (fraction: number) => display.show({ name: options.name, fraction });
    try {
      const tile = await imagePaths(paths, options, { ...job, onProgress });
      if (tile === undefined) {
        exitWith(exitCodes.failed);
        return;
      }
      const files = await writeTileImages(options.name, tile, { overwrite: options.overwrite });
      display.stop();
      if (tile.dishDiameterMeters === undefined)
        console.error('No primary beam, and no -image-pb: the antennas have no dish diameter, and --dish gives none');
      if (options.json) console.log(JSON.stringify({ files, images: [tile, ...tile.channelImages].map(summaryOf) }));
      else print(tile, files);
    } finally {
      display.stop();
    }
  });

/** Those of imaging, beside those that every command has. */
function addTileOptions(command: Command): Command {
  return addImagingOptions(command)
    .optionsGroup('Image:')
    .option('--dish <m>', 'diameter of the dishes, whose primary beam it is (default: what the data say)')
    .option('--phase-center <ra,dec>', 'its center, degrees, ICRS (default: on the meridian at the middle)')
    .option(
      '--channels-out <n>',
      'also image n parts of the channels: <name>-0000-image.fits ..., and all as <name>-MFS-',
    )
    .optionsGroup('Clean:')
    .option('--mask <file>', 'FITS image of the pixels to clean: those that are not 0; its grid is that of the images')
    .option(
      '--start-model <file>',
      'point sources to take off first: CSV with ra_deg, dec_deg, flux_jy, before the primary beam',
    )
    .optionsGroup('Options:');
}

/** @returns undefined where a calibration table must not be applied. */
async function imagePaths(
  paths: readonly string[],
  options: Options,
  job: ImagingOptions,
): Promise<TileImages | undefined> {
  const imaging: ImagingOptions = {
    ...toImagingOptions(options),
    channelsOut: options.channelsOut,
    dishDiameterMeters: options.dish,
    phaseCenter: options.phaseCenter && { raDeg: options.phaseCenter[0]!, decDeg: options.phaseCenter[1]! },
    mask: options.mask === undefined ? undefined : await readFits(options.mask),
    minSubbands: options.minSubbands,
    earthOrientation: options.ut1Utc === undefined ? undefined : { ut1MinusUtcSec: options.ut1Utc },
    ...job,
  };
  checkAsUsage(imaging);
  const { dataColumn, field, dataDescriptions } = options;
  const ofMs = dataColumn !== undefined || field !== undefined || dataDescriptions !== undefined;
  if (ofMs && !(await isMeasurementSet(paths)))
    throw new UsageError('--data-column, --field and --data-descriptions go with a MeasurementSet');
  const source = await observationOf(paths, job.signal!);
  const choice = { dataColumn, field: field && /^\d+$/.test(field) ? Number(field) : field, dataDescriptions };
  const reading = typeof source === 'string' ? choice : { minSubbands: options.minSubbands };
  let described: ReturnType<typeof describeSource> | undefined;
  const describe = () => (described ??= describeSource(source, { ...reading, signal: job.signal }));
  const { solutions: calibration } = await tablesFor(options.table, describe, job.signal!);
  if (calibration === undefined) return undefined;
  const startModel =
    options.startModel === undefined
      ? undefined
      : await readStartModel(options.startModel, (await describe()).freqHz, imaging.spectralIndex);
  const whole = { ...imaging, calibration, startModel };
  return typeof source === 'string' ? imageMs(source, { ...whole, ...choice }) : imageGroup(source, whole);
}

function summaryOf({ channelIndex, channelRange, restored, beam, rmsJyBeam, nVisibilities, stop, cycles }: TileImages) {
  const { freqHz, bandwidthHz, stokes, wcs } = restored;
  return { channelIndex, channelRange, stokes, freqHz, bandwidthHz, wcs, beam, rmsJyBeam, nVisibilities, stop, cycles };
}

function printCycles({ cycles, stop }: TileImages): void {
  const row = (...cells: (string | number)[]) => cells.map(cell => String(cell).padStart(12)).join('');
  console.log(row('cycle', 'components', 'flux Jy', 'peak mJy', 'rms mJy', 'seconds'));
  for (const [i, { nComponents, modelFluxJy, peakJyBeam, rmsJyBeam, seconds }] of cycles.entries()) {
    const [peak, rms] = [peakJyBeam, rmsJyBeam].map(jy => (jy * 1e3).toFixed(3)) as [string, string];
    console.log(row(i + 1, nComponents, modelFluxJy.toFixed(4), peak, rms, seconds.toFixed(1)));
  }
  console.log(`clean stopped by: ${stop}`);
}

function print(tile: TileImages, files: readonly string[]): void {
  for (const image of [...tile.channelImages, tile])
    console.log(`${(image.restored.freqHz / 1e6).toFixed(3)} MHz: ${String(image)}`);
  printCycles(tile);
  for (const file of files) console.log(file);
}
