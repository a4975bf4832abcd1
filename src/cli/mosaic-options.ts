import { Option } from 'commander';
import type { Command } from 'commander';
import { z } from 'zod';

import { mosaicTiers } from '../mosaic/index.js';
import type { MosaicFilesOptions } from '../mosaic/index.js';
import { numberOption } from './load-config.js';

const kernels = ['bilinear', 'bicubic', 'lanczos3', 'optimal', 'adaptive'] as const;

/** Options of mosaics of images that those of visibilities do not have. */
export const imageMosaicSchema = z.object({
  noiseMaps: z.boolean().optional(),
  corrections: z.string().optional(),
  kernel: z.enum(kernels).optional(),
  projection: z.enum(['SIN', 'TAN', 'ZEA']).optional(),
  commonBeam: z.boolean().optional(),
  compare: z.boolean().optional(),
  reject: numberOption.min(0).optional(),
  maxBeamDifference: numberOption.positive().optional(),
  maxFreqDifference: numberOption.positive().optional(),
  maxNoiseRatio: numberOption.min(1).optional(),
  minDynamicRange: numberOption.min(0).optional(),
  maxFluxDifference: numberOption.positive().optional(),
  maxOffset: numberOption.positive().optional(),
  disagreeingTiles: z.enum(['keep', 'leave-out']).optional(),
});

/** Options of all mosaics. */
export const mosaicSchema = z.object({
  tier: z.enum(['quicklook', 'science', 'deep']).optional(),
  dish: numberOption.positive().optional(),
  cutoff: numberOption.min(1e-3).max(1).optional(),
  cell: numberOption.positive().optional(),
  maxPixels: numberOption.positive().optional(),
  badTiles: z.enum(['fail', 'leave-out']).optional(),
  overwrite: z.boolean().optional(),
});

type Options = z.infer<typeof imageMosaicSchema> & z.infer<typeof mosaicSchema>;

/** Declares them. */
export function addMosaicOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--tier <name>', 'a set of options; with --joint bad tiles are left out').choices(
        Object.keys(mosaicTiers),
      ),
    )
    .option('--dish <m>', 'take the Airy pattern of a dish of this diameter for the primary beam, not the files')
    .option('--cutoff <fraction>', 'a tile counts where its primary beam is at least this (default 0.1)')
    .option('--cell <arcsec>', 'pixel size (default: the smallest of the tiles; with --joint a fifth of the beam)')
    .option('--max-pixels <n>', 'refuse a larger mosaic (default 1e8)')
    .addOption(
      new Option('--bad-tiles <what>', 'what refusing a tile means (default fail)').choices(['fail', 'leave-out']),
    )
    .optionsGroup('Of images:')
    .addOption(new Option('--kernel <name>', 'interpolation (default optimal)').choices([...kernels]))
    .addOption(new Option('--projection <name>', 'default SIN, or what all tiles have').choices(['SIN', 'TAN', 'ZEA']))
    .option('--noise-maps', 'take the noise of every pixel from NAME-noise.fits, not one number for a tile')
    .option(
      '--corrections <csv>',
      'of tiles, by the names of their files: columns tile, flux_scale, east_arcsec, north_arcsec, rms_jy_beam',
    )
    .option('--common-beam', 'convolve all tiles to the smallest beam that holds theirs')
    .option('--reject <sigma>', 'leave out pixels that the median of three tiles or more contradicts')
    .option('--max-beam-difference <fraction>', 'refuse a tile whose beam is further from the median (default 0.2)')
    .option('--max-freq-difference <MHz>', 'refuse a tile whose frequency is further from the median (default 50)')
    .option('--max-noise-ratio <factor>', 'refuse a tile with more than this times the median noise (default: none)')
    .option('--min-dynamic-range <factor>', 'refuse a tile whose peak is below this times its noise (default 0)')
    .option('--compare', 'compare tiles where they overlap, and make <name>-chi2.fits')
    .option('--max-flux-difference <fraction>', "a tile disagrees whose fluxes differ by more from the others' (0.2)")
    .option('--max-offset <arcsec>', 'a tile disagrees whose sources are further from where the others have them (2)')
    .addOption(
      new Option('--disagreeing-tiles <what>', 'tell of them with --compare, or leave them out (default keep)').choices(
        ['keep', 'leave-out'],
      ),
    )
    .optionsGroup('Options:');
}

export function badTilesOf({ badTiles, tier }: Pick<Options, 'badTiles' | 'tier'>): MosaicFilesOptions['badTiles'] {
  return badTiles === 'leave-out' ? 'leaveOut' : (badTiles ?? (tier && mosaicTiers[tier].badTiles));
}

/** Those that were given, over those of the tier. */
export function toMosaicOptions(options: Options): MosaicFilesOptions {
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
    maxFluxDifference: options.maxFluxDifference,
    maxOffsetArcsec: options.maxOffset,
    disagreeingTiles: options.disagreeingTiles === 'leave-out' ? 'leaveOut' : options.disagreeingTiles,
    badTiles: badTilesOf(options),
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...(options.tier ? mosaicTiers[options.tier] : {}), ...set, overwrite: options.overwrite };
}
