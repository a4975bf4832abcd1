import { Command, Option } from 'commander';
import { z } from 'zod';

import { readSkyModel } from '../../calibration/index.js';
import { mosaicFiles, mosaicPlanes, mosaicTiers } from '../../mosaic/index.js';
import type { MosaicFiles, MosaicFilesOptions } from '../../mosaic/index.js';
import type { JointMosaic } from '../../imaging/index.js';
import { checkMosaicSummaryAbsent, writeMosaicSummary } from '../../pipeline/index.js';
import type { JointMosaicFiles, MosaicSummary } from '../../pipeline/index.js';
import type { MakeCommand } from '../command-context.js';
import { UsageError } from '../exit-codes.js';
import { addImagingOptions } from '../imaging-options.js';
import { jointSchema, makeJointMosaic } from '../joint-mosaic.js';
import { integerOption, numberOption, optionName, parseWith } from '../load-config.js';
import { tilesByPlane } from '../mosaic-tiles.js';
import { progressDisplay } from '../progress-display.js';

const kernels = ['bilinear', 'bicubic', 'lanczos3', 'optimal', 'adaptive'] as const;

const schema = z.object({
  output: z.string(),
  tier: z.enum(['quicklook', 'science', 'deep']).optional(),
  dish: numberOption.positive().optional(),
  cutoff: numberOption.min(1e-3).max(1).optional(),
  kernel: z.enum(kernels).optional(),
  cell: numberOption.positive().optional(),
  projection: z.enum(['SIN', 'TAN', 'ZEA']).optional(),
  commonBeam: z.boolean().optional(),
  compare: z.boolean().optional(),
  reject: numberOption.min(0).optional(),
  catalogue: z.string().optional(),
  maxPixels: numberOption.positive().optional(),
  maxBeamDifference: numberOption.positive().optional(),
  maxFreqDifference: numberOption.positive().optional(),
  maxNoiseRatio: numberOption.min(1).optional(),
  minDynamicRange: numberOption.min(0).optional(),
  badTiles: z.enum(['fail', 'leave-out']).optional(),
  overwrite: z.boolean().optional(),
  threads: integerOption.min(0).max(1024).optional(),
  json: z.boolean().optional(),
  joint: z.boolean().optional(),
  ...jointSchema.shape,
});
type Options = z.infer<typeof schema>;

/** Options that go with images alone, and with visibilities alone. */
const ofImages = [
  'kernel',
  'projection',
  'commonBeam',
  'compare',
  'reject',
  'maxBeamDifference',
  'maxFreqDifference',
  'maxNoiseRatio',
  'minDynamicRange',
] as const;
const ofVisibilities = Object.keys(jointSchema.shape) as (keyof typeof jointSchema.shape)[];

/** `contimg mosaic`: images of overlapping fields to one. */
export const mosaicCommand: MakeCommand = ({ config, signal }) =>
  addImagingOptions(
    new Command('mosaic')
      .description('Combine overlapping images into one, each pixel weighted by its primary beam and noise.')
      .argument(
        '<tile...>',
        'FITS images in Jy/beam, not divided by the primary beam, which stands beside NAME-image.fits as NAME-pb.fits; ' +
          'with --joint MeasurementSets, UVH5 files, or folders of these',
      )
      .requiredOption(
        '-o, --output <name>',
        'what is made is <name>.fits, -weight.fits, -rms.fits, -coverage.fits, .png and .json; of parts of the band, ' +
          '<name>-0000.fits and so on, all on the same pixels',
      )
      .option('--joint', 'of visibilities, gridded to one mosaic and cleaned as a whole; options of imaging go with it')
      .addOption(
        new Option('--tier <name>', 'a set of options; with --joint bad tiles are left out').choices(
          Object.keys(mosaicTiers),
        ),
      )
      .option('--dish <m>', 'take the Airy pattern of a dish of this diameter for the primary beam, not the files')
      .option('--cutoff <fraction>', 'a tile counts where its primary beam is at least this (default 0.1)')
      .addOption(new Option('--kernel <name>', 'interpolation (default optimal)').choices([...kernels]))
      .option('--cell <arcsec>', 'pixel size (default: the smallest of the tiles; with --joint a fifth of the beam)')
      .addOption(
        new Option('--projection <name>', 'default SIN, or what all tiles have').choices(['SIN', 'TAN', 'ZEA']),
      )
      .option('--common-beam', 'convolve all tiles to the smallest beam that holds theirs')
      .option('--compare', 'compare tiles where they overlap, and make <name>-chi2.fits')
      .option('--reject <sigma>', 'leave out pixels that the median of three tiles or more contradicts')
      .option('--catalogue <csv>', 'compare fluxes and positions with a catalogue: columns ra_deg, dec_deg, flux_jy')
      .option('--max-pixels <n>', 'refuse a larger mosaic (default 1e8)')
      .option('--max-beam-difference <fraction>', 'refuse a tile whose beam is further from the median (default 0.2)')
      .option('--max-freq-difference <MHz>', 'refuse a tile whose frequency is further from the median (default 50)')
      .option('--max-noise-ratio <factor>', 'refuse a tile with more than this times the median noise (default: none)')
      .option('--min-dynamic-range <factor>', 'refuse a tile whose peak is below this times its noise (default 0)')
      .addOption(
        new Option('--bad-tiles <what>', 'what refusing a tile means (default fail)').choices(['fail', 'leave-out']),
      )
      .option('--overwrite', 'replace files that exist')
      .option('--threads <n>', 'threads, 0 for all cores (default 0, or CONTIMG_THREADS)')
      .option('--json', 'print one line of JSON for each mosaic: the files, the tiles, and every check'),
    { toJointMosaic: true },
  ).action(async (paths: string[], raw: unknown) => {
    const options = parseWith(schema, raw, optionName);
    refuseOthers(options);
    const catalogue = options.catalogue === undefined ? undefined : await readSkyModel(options.catalogue);
    const display = progressDisplay();
    const onProgress = (fraction: number) => display.show({ name: options.output, fraction });
    const job = { signal, threads: options.threads ?? config.threads, onProgress };
    try {
      if (options.joint) {
        const how = { ...job, cellArcsec: options.cell, badTiles: badTilesOf(options) };
        const { joint, made } = await makeJointMosaic(paths, options, how, catalogue);
        display.stop();
        printJoint(joint, made, options.json ?? false);
        return;
      }
      const made = await makeMosaics(paths, options, { ...toMosaicOptions(options), ...job });
      const summaries: MosaicSummary[] = [];
      for (const [name, mosaic] of made) summaries.push(await writeMosaicSummary(name, mosaic, catalogue));
      display.stop();
      [...made.values()].forEach((mosaic, i) => print(mosaic, summaries[i]!, options.json ?? false));
    } finally {
      display.stop();
    }
  });

/** @throws {UsageError} options that do not go with what a mosaic is made of. */
function refuseOthers(options: Options): void {
  const others: readonly (keyof Options)[] = options.joint ? ofImages : ofVisibilities;
  // What --no-NAME turns off is on without it.
  const isDefault = (name: keyof Options) => /^(outer|point)Sources$/.test(name) && options[name] === true;
  const given = others.find(name => options[name] !== undefined && !isDefault(name));
  if (given === undefined) return;
  const flag = optionName(given);
  throw new UsageError(options.joint ? `${flag} goes with images, not with --joint` : `${flag} goes with --joint`);
}

/** Mosaics by their names: one, or one for each part of the band. */
async function makeMosaics(
  paths: readonly string[],
  options: Options,
  how: MosaicFilesOptions,
): Promise<Map<string, MosaicFiles>> {
  const planes = [...(await tilesByPlane(paths, options.dish))].map(([name, tiles]) => ({ name, tiles }));
  const names = planes.map(({ name }) => (planes.length === 1 ? options.output : `${options.output}-${name}`));
  if (!options.overwrite) for (const name of names) await checkMosaicSummaryAbsent(name);
  const made =
    planes.length === 1
      ? [await mosaicFiles(options.output, planes[0]!.tiles, how)]
      : await mosaicPlanes(options.output, planes, how);
  return new Map(made.map((mosaic, i) => [names[i]!, mosaic]));
}

function badTilesOf({ badTiles, tier }: Options): MosaicFilesOptions['badTiles'] {
  return badTiles === 'leave-out' ? 'leaveOut' : (badTiles ?? (tier && mosaicTiers[tier].badTiles));
}

function toMosaicOptions(options: Options): MosaicFilesOptions {
  const given: MosaicFilesOptions = {
    primaryBeamCutoff: options.cutoff,
    kernel: options.kernel,
    cellArcsec: options.cell,
    projection: options.projection,
    commonBeam: options.commonBeam,
    compareTiles: options.compare,
    rejectSigma: options.reject,
    maxPixels: options.maxPixels,
    maxBeamDifference: options.maxBeamDifference,
    maxFreqDifferenceHz: options.maxFreqDifference && options.maxFreqDifference * 1e6,
    maxNoiseRatio: options.maxNoiseRatio,
    minDynamicRange: options.minDynamicRange,
    badTiles: badTilesOf(options),
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...(options.tier ? mosaicTiers[options.tier] : {}), ...set, overwrite: options.overwrite };
}

function printJoint(joint: JointMosaic, made: JointMosaicFiles, json: boolean): void {
  const { beam, cycles, stop, tiles, leftOut } = joint;
  const files = [...made.images, ...made.files];
  if (json) {
    console.log(JSON.stringify({ files, beam, cycles, stop, tiles, leftOut, catalogue: made.catalogue }));
    return;
  }
  console.log(String(joint));
  printLeftOut(leftOut);
  console.log(`clean: ${cycles.length} major cycles, stopped by ${stop}`);
  printCatalogue(made);
  for (const file of files) console.log(file);
}

function printLeftOut(leftOut: MosaicFiles['leftOut']): void {
  for (const { id, reason } of leftOut) console.log(`left out ${id}: ${reason}`);
}

function printCatalogue({ catalogue }: MosaicSummary): void {
  if (!catalogue) return;
  const { nFound, nExpected, fluxRatio, fluxScatter, eastArcsec, northArcsec } = catalogue;
  console.log(
    `catalogue: ${nFound} of ${nExpected} sources found, flux ratio ${fluxRatio.toFixed(3)} (scatter ` +
      `${fluxScatter.toFixed(3)}), ${eastArcsec.toFixed(2)}" east and ${northArcsec.toFixed(2)}" north`,
  );
}

function print(made: MosaicFiles, summary: MosaicSummary, json: boolean): void {
  const { tiles, leftOut, checks } = made;
  const { catalogue } = summary;
  const files = [...made.files, ...summary.files];
  if (json) {
    console.log(JSON.stringify({ files, tiles, leftOut, checks, catalogue }));
    return;
  }
  console.log(String(made));
  printLeftOut(leftOut);
  for (const { tile, check, value, limit, passed } of checks)
    if (!passed) console.log(`${tile}: ${check} is ${value.toPrecision(3)}, the limit ${limit}`);
  printCatalogue(summary);
  for (const file of files) console.log(file);
}
