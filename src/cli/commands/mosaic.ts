import { unlink } from 'node:fs/promises';

import { Command } from 'commander';
import { z } from 'zod';

import { readSkyModel } from '../../calibration/index.js';
import { mosaicFiles, mosaicPlanes } from '../../mosaic/index.js';
import type { MosaicFiles, MosaicFilesOptions } from '../../mosaic/index.js';
import { checkMosaicSummaryAbsent, writeMosaicSummary } from '../../pipeline/index.js';
import type { MosaicSummary } from '../../pipeline/index.js';
import type { MakeCommand } from '../command-context.js';
import { UsageError } from '../exit-codes.js';
import { addImagingOptions } from '../imaging-options.js';
import { jointSchema, makeJointMosaic } from '../joint-mosaic.js';
import { integerOption, optionName, parseWith } from '../load-config.js';
import { addMosaicOptions, badTilesOf, imageMosaicSchema, mosaicSchema, toMosaicOptions } from '../mosaic-options.js';
import { tilesByPlane } from '../mosaic-tiles.js';
import { printJointMosaic, printMosaic } from '../print-mosaic.js';
import { progressDisplay } from '../progress-display.js';

const maps = ['weight', 'rms', 'coverage'] as const;

const schema = z.object({
  output: z.string(),
  catalogue: z.string().optional(),
  maps: z
    .string()
    .transform(text => (text === 'none' ? [] : text.split(',')))
    .pipe(z.array(z.enum(maps)))
    .optional(),
  threads: integerOption.min(0).max(1024).optional(),
  json: z.boolean().optional(),
  joint: z.boolean().optional(),
  ...mosaicSchema.shape,
  ...imageMosaicSchema.shape,
  ...jointSchema.shape,
});
type Options = z.infer<typeof schema>;

/** Options that go with images alone, and with visibilities alone. */
const ofImages = ['maps', ...Object.keys(imageMosaicSchema.shape)] as (keyof Options)[];
const ofVisibilities = Object.keys(jointSchema.shape) as (keyof Options)[];

/** `contimg mosaic`: images of overlapping fields to one. */
export const mosaicCommand: MakeCommand = ({ config, signal }) =>
  addImagingOptions(
    addMosaicOptions(
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
        .option(
          '--joint',
          'of visibilities, gridded to one mosaic and cleaned as a whole; options of imaging go with it',
        )
        .option('--catalogue <csv>', 'compare fluxes and positions with a catalogue: columns ra_deg, dec_deg, flux_jy')
        .option('--maps <name,...>', 'which of weight, rms and coverage to keep, or none (default: all)')
        .option('--overwrite', 'replace files that exist')
        .option('--threads <n>', 'threads, 0 for all cores (default 0, or CONTIMG_THREADS)')
        .option('--json', 'print one line of JSON for each mosaic: the files, the tiles, and every check'),
    ),
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
        printJointMosaic(joint, made, options.json ?? false);
        return;
      }
      const made = await makeMosaics(paths, options, { ...toMosaicOptions(options), ...job });
      const summaries: MosaicSummary[] = [];
      for (const [name, mosaic] of made) summaries.push(await writeMosaicSummary(name, mosaic, catalogue));
      const kept: MosaicFiles[] = [];
      for (const [name, mosaic] of made) kept.push(await keepMaps(name, mosaic, options.maps ?? maps));
      display.stop();
      kept.forEach((mosaic, i) => printMosaic(mosaic, summaries[i]!, options.json ?? false));
    } finally {
      display.stop();
    }
  });

/** @throws {UsageError} options that do not go with what a mosaic is made of. */
function refuseOthers(options: Options): void {
  const others = options.joint ? ofImages : ofVisibilities;
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
  const planes = [...(await tilesByPlane(paths, options))].map(([name, tiles]) => ({ name, tiles }));
  const names = planes.map(({ name }) => (planes.length === 1 ? options.output : `${options.output}-${name}`));
  if (!options.overwrite) for (const name of names) await checkMosaicSummaryAbsent(name);
  const made =
    planes.length === 1
      ? [await mosaicFiles(options.output, planes[0]!.tiles, how)]
      : await mosaicPlanes(options.output, planes, how);
  return new Map(made.map((mosaic, i) => [names[i]!, mosaic]));
}

/** Removes the maps that only the figures and the picture needed. */
async function keepMaps(name: string, made: MosaicFiles, kept: readonly (typeof maps)[number][]): Promise<MosaicFiles> {
  const others = maps.filter(map => !kept.includes(map)).map(map => `${name}-${map}.fits`);
  for (const path of others) await unlink(path);
  return { ...made, files: made.files.filter(path => !others.includes(path)), toString: () => made.toString() };
}
