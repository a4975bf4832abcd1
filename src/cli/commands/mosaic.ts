import { access } from 'node:fs/promises';

import { Command, Option } from 'commander';
import { z } from 'zod';

import { mosaicFiles, mosaicTiers } from '../../mosaic/index.js';
import type { MosaicFiles, MosaicOptions, MosaicTile } from '../../mosaic/index.js';
import { writeMosaicSummary } from '../../pipeline/index.js';
import type { MakeCommand } from '../command-context.js';
import { UsageError } from '../exit-codes.js';
import { integerOption, numberOption, optionName, parseWith } from '../load-config.js';
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
  maxPixels: numberOption.positive().optional(),
  overwrite: z.boolean().optional(),
  threads: integerOption.min(0).max(1024).optional(),
  json: z.boolean().optional(),
});
type Options = z.infer<typeof schema>;

/** `contimg mosaic`: images of overlapping fields to one. */
export const mosaicCommand: MakeCommand = ({ config, signal }) =>
  new Command('mosaic')
    .description('Combine overlapping images into one, each pixel weighted by its primary beam and noise.')
    .argument(
      '<tile...>',
      'FITS images in Jy/beam, not divided by the primary beam, which stands beside NAME-image.fits as NAME-pb.fits',
    )
    .requiredOption(
      '-o, --output <name>',
      'what is made is <name>.fits, -weight.fits, -rms.fits, -coverage.fits, .png and .json',
    )
    .addOption(new Option('--tier <name>', 'a set of options').choices(Object.keys(mosaicTiers)))
    .option('--dish <m>', 'take the Airy pattern of a dish of this diameter for the primary beam, not the files')
    .option('--cutoff <fraction>', 'a tile counts where its primary beam is at least this (default 0.1)')
    .addOption(new Option('--kernel <name>', 'interpolation (default optimal)').choices([...kernels]))
    .option('--cell <arcsec>', 'pixel size (default: the smallest of the tiles)')
    .addOption(new Option('--projection <name>', 'default SIN, or what all tiles have').choices(['SIN', 'TAN', 'ZEA']))
    .option('--common-beam', 'convolve all tiles to the smallest beam that holds theirs')
    .option('--compare', 'compare tiles where they overlap, and make <name>-chi2.fits')
    .option('--reject <sigma>', 'leave out pixels that the median of three tiles or more contradicts')
    .option('--max-pixels <n>', 'refuse a larger mosaic (default 1e8)')
    .option('--overwrite', 'replace files that exist')
    .option('--threads <n>', 'threads, 0 for all cores (default 0, or CONTIMG_THREADS)')
    .option('--json', 'print one line of JSON: the files, the tiles, and every check')
    .action(async (paths: string[], raw: unknown) => {
      const options = parseWith(schema, raw, optionName);
      const tiles = await Promise.all(paths.map(path => tileOf(path, options.dish)));
      const display = progressDisplay();
      const onProgress = (fraction: number) => display.show({ name: options.output, fraction });
      const job = { signal, threads: options.threads ?? config.threads, onProgress };
      try {
        const made = await mosaicFiles(options.output, tiles, { ...toMosaicOptions(options), ...job });
        const summary = await writeMosaicSummary(options.output, made);
        display.stop();
        print(made, [...made.files, ...summary], options.json ?? false);
      } finally {
        display.stop();
      }
    });

/** @throws {UsageError} a tile without a primary beam. */
async function tileOf(path: string, dishDiameterMeters: number | undefined): Promise<MosaicTile> {
  if (dishDiameterMeters !== undefined) return { image: path, primaryBeam: { dishDiameterMeters } };
  const primaryBeam = path.replace(/-image\.fits$/, '-pb.fits');
  const exists = await access(primaryBeam).then(
    () => primaryBeam !== path,
    () => false,
  );
  if (!exists) throw new UsageError(`Expected the primary beam of ${path} beside it as NAME-pb.fits, or --dish`);
  return { image: path, primaryBeam };
}

function toMosaicOptions(options: Options): MosaicOptions & { overwrite?: boolean | undefined } {
  const given: MosaicOptions = {
    primaryBeamCutoff: options.cutoff,
    kernel: options.kernel,
    cellArcsec: options.cell,
    projection: options.projection,
    commonBeam: options.commonBeam,
    compareTiles: options.compare,
    rejectSigma: options.reject,
    maxPixels: options.maxPixels,
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...(options.tier ? mosaicTiers[options.tier] : {}), ...set, overwrite: options.overwrite };
}

function print(made: MosaicFiles, files: readonly string[], json: boolean): void {
  const { tiles, leftOut, checks } = made;
  if (json) {
    console.log(JSON.stringify({ files, tiles, leftOut, checks }));
    return;
  }
  console.log(String(made));
  for (const { id, reason } of leftOut) console.log(`left out ${id}: ${reason}`);
  for (const { tile, check, value, limit, passed } of checks)
    if (!passed) console.log(`${tile}: ${check} is ${value.toPrecision(3)}, the limit ${limit}`);
  for (const file of files) console.log(file);
}
