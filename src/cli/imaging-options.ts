import { Option } from 'commander';
import type { Command } from 'commander';
import { z } from 'zod';

import type { ImagingOptions } from '../imaging/index.js';
import { UsageError } from './exit-codes.js';
import { integerOption, numberOption } from './load-config.js';

/** Options of imaging that `contimg run` and `contimg image` share. */
export const imagingSchema = z.object({
  stokes: z.enum(['I', 'XX', 'YY', 'RR', 'LL']).optional(),
  channelRange: z
    .string()
    .regex(/^\d+:\d+$/, 'expected first:end, such as 0:384')
    .optional(),
  cell: numberOption.positive().optional(),
  npix: integerOption.positive().optional(),
  weighting: z.enum(['natural', 'uniform', 'briggs']).optional(),
  robust: numberOption.min(-2).max(2).optional(),
  weightDensity: z.enum(['image', 'all', 'channel']).optional(),
  minUv: numberOption.min(0).optional(),
  maxUv: numberOption.positive().optional(),
  minBaseline: numberOption.min(0).optional(),
  maxBaseline: numberOption.positive().optional(),
  taper: numberOption.positive().optional(),
  innerTukey: numberOption.positive().optional(),
  outerTukey: numberOption.positive().optional(),
  niter: integerOption.min(0).optional(),
  autoMask: numberOption.min(0).optional(),
  autoThreshold: numberOption.min(0).optional(),
  localRms: z.boolean().optional(),
  multiscale: z.boolean().optional(),
  spectralTerms: integerOption.min(1).max(3).optional(),
  outerSources: z.boolean().optional(),
  pointSources: z.boolean().optional(),
});

/** Declares them; of a joint mosaic those that it has. */
export function addImagingOptions(command: Command, { toJointMosaic = false } = {}): Command {
  if (!toJointMosaic)
    command
      .option('--cell <arcsec>', 'pixel size (default: a fifth of the beam)')
      .option('--npix <n>', 'pixels per side of an image (default: out to 10 % of the primary beam)')
      .option('--multiscale', 'clean with Gaussians of several widths too, for extended sources')
      .option(
        '--spectral-terms <n>',
        'clean spectra too: 2 for slopes, 3 for curvature (default 1: one spectral index)',
      );
  return command
    .option('--no-point-sources', 'make all sources of components on pixels')
    .addOption(new Option('--stokes <name>', 'what to image (default I)').choices(['I', 'XX', 'YY', 'RR', 'LL']))
    .option('--channel-range <first:end>', 'channels to image, from 0, without the last (default all)')
    .addOption(new Option('--weighting <scheme>', 'default briggs').choices(['natural', 'uniform', 'briggs']))
    .option('--robust <number>', 'of briggs, -2 to 2 (default 0.5)')
    .addOption(
      new Option(
        '--weight-density <of>',
        'of what the uv density is that weights are divided by (default image)',
      ).choices(['image', 'all', 'channel']),
    )
    .option('--min-uv <wavelengths>', 'shortest projected baseline')
    .option('--max-uv <wavelengths>', 'longest projected baseline')
    .option('--min-baseline <m>', 'shortest baseline')
    .option('--max-baseline <m>', 'longest baseline')
    .option(
      '--taper <arcsec>',
      'Gaussian that a taper of the weights convolves the image with, full width at half maximum',
    )
    .option('--inner-tukey <wavelengths>', 'width of the rise of the weights at --min-uv')
    .option('--outer-tukey <wavelengths>', 'width of their fall at --max-uv')
    .option('--niter <n>', 'most clean components')
    .option('--auto-mask <sigma>', 'clean what exceeds this (default 3.5) ...')
    .option('--auto-threshold <sigma>', '... down to this (default 2)')
    .option('--local-rms', 'with the sigma of the surroundings, not that of the whole image')
    .option('--no-outer-sources', 'leave sources beyond the image alone');
}

/** The library's options. @throws {UsageError} options that do not go together. */
export function toImagingOptions(options: z.infer<typeof imagingSchema>): ImagingOptions {
  const { weighting, robust, channelRange } = options;
  if (robust !== undefined && weighting !== undefined && weighting !== 'briggs')
    throw new UsageError(`--robust goes with briggs weighting, not with ${weighting}`);
  return {
    stokes: options.stokes,
    channelRange: channelRange?.split(':').map(Number) as [number, number] | undefined,
    cellArcsec: options.cell,
    npix: options.npix,
    weighting:
      weighting === 'natural' || weighting === 'uniform'
        ? { scheme: weighting }
        : robust === undefined
          ? undefined
          : { scheme: 'briggs', robust },
    weightDensity: options.weightDensity,
    minUvWavelengths: options.minUv,
    maxUvWavelengths: options.maxUv,
    minBaselineMeters: options.minBaseline,
    maxBaselineMeters: options.maxBaseline,
    taperArcsec: options.taper,
    innerTukeyWavelengths: options.innerTukey,
    outerTukeyWavelengths: options.outerTukey,
    niter: options.niter,
    autoMaskSigma: options.autoMask,
    autoThresholdSigma: options.autoThreshold,
    localRms: options.localRms,
    multiscale: options.multiscale,
    spectralTerms: options.spectralTerms,
    outerSources: options.outerSources,
    pointSources: options.pointSources,
  };
}
