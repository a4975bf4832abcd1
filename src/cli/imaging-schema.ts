import { z } from 'zod';

import { isPipelineError } from '../core/errors.js';
import { checkImagingOptions } from '../imaging/index.js';
import type { ImagingOptions } from '../imaging/index.js';
import { UsageError } from './exit-codes.js';
import { numberOption, numbersOption, optionName } from './load-config.js';

/** Options of imaging that every command that images has. The library checks their ranges. */
export const imagingSchema = z.object({
  stokes: z.enum(['I', 'XX', 'YY', 'RR', 'LL']).optional(),
  channelRange: z
    .string()
    .regex(/^\d+:\d+$/, 'expected first:end, such as 0:384')
    .transform(text => text.split(':').map(Number) as unknown as readonly [number, number])
    .optional(),
  epsilon: numberOption.optional(),
  weighting: z.enum(['natural', 'uniform', 'briggs']).optional(),
  robust: numberOption.optional(),
  weightDensity: z.enum(['image', 'all', 'channel']).optional(),
  minUv: numberOption.optional(),
  maxUv: numberOption.optional(),
  minBaseline: numberOption.optional(),
  maxBaseline: numberOption.optional(),
  taper: numberOption.optional(),
  innerTukey: numberOption.optional(),
  outerTukey: numberOption.optional(),
  niter: numberOption.optional(),
  nmiter: numberOption.optional(),
  gain: numberOption.optional(),
  mgain: numberOption.optional(),
  threshold: numberOption.optional(),
  autoMask: numberOption.optional(),
  autoThreshold: numberOption.optional(),
  localRms: z.boolean().optional(),
  localRmsWindow: numberOption.optional(),
  spectralIndex: numberOption.optional(),
  outerSources: z.boolean().optional(),
  pointSources: z.boolean().optional(),
});

/** And those that images of single observations have too. */
export const tileSchema = imagingSchema.extend({
  cell: numberOption.optional(),
  npix: numberOption.optional(),
  nx: numberOption.optional(),
  ny: numberOption.optional(),
  fieldBeamLevel: numberOption.optional(),
  primaryBeamLimit: numberOption.optional(),
  multiscale: z.boolean().optional(),
  multiscaleScales: numbersOption.optional(),
  multiscaleScaleBias: numberOption.optional(),
  spectralTerms: numberOption.optional(),
});

type TileOptions = z.infer<typeof tileSchema>;

/** What the library calls them; `robust` is part of its `weighting`. */
const libraryNames = {
  stokes: 'stokes',
  channelRange: 'channelRange',
  epsilon: 'epsilon',
  weightDensity: 'weightDensity',
  minUv: 'minUvWavelengths',
  maxUv: 'maxUvWavelengths',
  minBaseline: 'minBaselineMeters',
  maxBaseline: 'maxBaselineMeters',
  taper: 'taperArcsec',
  innerTukey: 'innerTukeyWavelengths',
  outerTukey: 'outerTukeyWavelengths',
  niter: 'niter',
  nmiter: 'maxMajorCycles',
  gain: 'gain',
  mgain: 'mgain',
  threshold: 'thresholdJyBeam',
  autoMask: 'autoMaskSigma',
  autoThreshold: 'autoThresholdSigma',
  localRms: 'localRms',
  localRmsWindow: 'localRmsWindow',
  spectralIndex: 'spectralIndex',
  outerSources: 'outerSources',
  pointSources: 'pointSources',
  cell: 'cellArcsec',
  npix: 'npix',
  nx: 'nx',
  ny: 'ny',
  fieldBeamLevel: 'fieldBeamLevel',
  primaryBeamLimit: 'primaryBeamCutoff',
  multiscale: 'multiscale',
  multiscaleScales: 'scalesArcsec',
  multiscaleScaleBias: 'multiscaleScaleBias',
  spectralTerms: 'spectralTerms',
} as const satisfies Record<Exclude<keyof TileOptions, 'weighting' | 'robust'>, keyof ImagingOptions>;

/** The library's options. @throws {UsageError} one out of range, or options that do not go together. */
export function toImagingOptions(options: TileOptions): ImagingOptions {
  const { weighting, robust } = options;
  if (robust !== undefined && weighting !== undefined && weighting !== 'briggs')
    throw new UsageError(`--robust goes with briggs weighting, not with ${weighting}`);
  for (const name of ['multiscaleScales', 'multiscaleScaleBias'] as const)
    if (options[name] !== undefined && !options.multiscale)
      throw new UsageError(`${optionName(name)} goes with --multiscale`);
  if (options.localRmsWindow !== undefined && !options.localRms)
    throw new UsageError('--local-rms-window goes with --local-rms');
  const entries = Object.entries(libraryNames) as [keyof typeof libraryNames, keyof ImagingOptions][];
  const imaging: ImagingOptions = {
    ...Object.fromEntries(entries.map(([name, library]) => [library, options[name]])),
    weighting:
      weighting === 'natural' || weighting === 'uniform'
        ? { scheme: weighting }
        : robust === undefined
          ? undefined
          : { scheme: 'briggs', robust },
  };
  checkAsUsage(imaging);
  return imaging;
}

/** Has the library check its options. @throws {UsageError} names what is wrong as the command line does. */
export function checkAsUsage(imaging: ImagingOptions): void {
  try {
    checkImagingOptions(imaging);
  } catch (error) {
    if (!isPipelineError(error, 'INVALID_ARGUMENT')) throw error;
    throw new UsageError(error.message.replaceAll(/weighting\.robust|\b[a-z]\w+\b/g, word => flags.get(word) ?? word));
  }
}

/** Options of the command line by their names in the library. */
const flags = new Map<string, string>([
  ['weighting.robust', '--robust'],
  ['raDeg', '--phase-center: right ascension'],
  ['decDeg', '--phase-center: declination'],
  ['channelsOut', '--channels-out'],
  ['startModel', '--start-model'],
  ...Object.entries(libraryNames).map(([name, library]) => [library, optionName(name)] as const),
]);
