import { join, resolve } from 'node:path';

import { checkBoolean, checkInteger, checkKnownOptions, checkText } from '../core/check.js';
import { dsa110 } from '../core/dsa110.js';
import { InvalidArgumentError } from '../core/errors.js';
import { threadCount } from '../core/job.js';
import type { JobOptions } from '../core/job.js';
import { checkEarthOrientation } from '../core/sky.js';
import type { EarthOrientation } from '../core/sky.js';
import { mosaicGroupDefaults } from '../grouping/index.js';
import type { MosaicGroupOptions } from '../grouping/index.js';
import type { ConversionOptions } from '../ms/index.js';
import { checkImagingOptions } from '../imaging/index.js';
import type { ImagingOptions } from '../imaging/index.js';
import { checkMosaicOptions } from '../mosaic/index.js';
import type { MosaicOptions } from '../mosaic/index.js';
import { recipeOf } from './recipe.js';

type WithoutJob<T> = Omit<T, keyof JobOptions>;

/** How a pipeline is set up. Every stage's options are its own; see there for their defaults. */
export interface PipelineConfig {
  /** Folder for all that is made on the way, and for the registry. One run at a time. */
  readonly work: string;
  /** Folder that finished mosaics are published into, as `mosaics/<id>.fits` and so on. */
  readonly products: string;
  /** The registry: see openRegistry. @default `registry.sqlite` in the work folder */
  readonly registry?: string | undefined;
  /** Fewest subbands of a group that is processed. @default 14; those that are missing are flagged */
  readonly minSubbands?: number | undefined;
  /** @default all zero */
  readonly earthOrientation?: Partial<EarthOrientation> | undefined;
  /** Make a MeasurementSet of every group too, and keep it. Tiles are imaged straight from the files. @default false */
  readonly keepMs?: boolean | undefined;
  /** Of the MeasurementSets, where they are kept. */
  readonly conversion?: Omit<WithoutJob<ConversionOptions>, 'path' | 'minSubbands' | 'earthOrientation'> | undefined;
  /** Tiles are images of all channels: of no more than one part. */
  readonly imaging?: Omit<WithoutJob<ImagingOptions>, 'minSubbands' | 'earthOrientation' | 'channelsOut'> | undefined;
  /** @default ten tiles */
  readonly grouping?: Partial<MosaicGroupOptions> | undefined;
  readonly mosaic?: WithoutJob<MosaicOptions> | undefined;
  /** Threads for the native work. @default 0: all cores */
  readonly threads?: number | undefined;
}

/** A config with defaults filled in and folders absolute. */
export interface CheckedConfig {
  readonly work: string;
  readonly products: string;
  readonly registry: string;
  readonly earthOrientation: EarthOrientation;
  readonly grouping: MosaicGroupOptions;
  readonly conversion: NonNullable<PipelineConfig['conversion']>;
  readonly imaging: NonNullable<PipelineConfig['imaging']>;
  readonly mosaic: NonNullable<PipelineConfig['mosaic']>;
  readonly minSubbands: number;
  readonly keepMs: boolean;
  readonly threads: number;
  /** Hash of all options that decide what a tile looks like. */
  readonly tileOptionsHash: string;
  /** Hash of all options that decide what a mosaic looks like. */
  readonly optionsHash: string;
}

/** @throws {InvalidArgumentError} an option is wrong. */
export function checkConfig(config: PipelineConfig): CheckedConfig {
  checkKnownOptions(config, [
    ...[
      'work',
      'products',
      'registry',
      'minSubbands',
      'earthOrientation',
      'keepMs',
      'conversion',
      'imaging',
      'grouping',
    ],
    ...['mosaic', 'threads'],
  ]);
  const work = resolve(checkText('work', config.work));
  const products = resolve(checkText('products', config.products));
  if (work === products) {
    throw new InvalidArgumentError(`Expected work and products to be two folders but both are ${work}`);
  }
  const registry = checkText('registry', config.registry ?? join(work, 'registry.sqlite'));
  const options = {
    minSubbands: checkInteger('minSubbands', config.minSubbands ?? dsa110.minSubbands, 1, dsa110.nSubbands),
    earthOrientation: checkEarthOrientation(config.earthOrientation),
    imaging: config.imaging ?? {},
    grouping: { ...mosaicGroupDefaults, ...config.grouping },
    mosaic: config.mosaic ?? {},
  };
  checkImagingOptions(options.imaging);
  checkMosaicOptions(options.mosaic);
  const keepMs = checkBoolean('keepMs', config.keepMs ?? false);
  const conversion = config.conversion ?? {};
  const tileOptionsHash = recipeOf([options.earthOrientation, options.imaging]);
  // No overlap counts as absent: mosaics of versions that knew none keep their names.
  const grouping = { ...options.grouping, overlap: options.grouping.overlap || undefined };
  const hashes = { tileOptionsHash, optionsHash: recipeOf({ ...options, grouping }) };
  return { work, products, registry, ...options, keepMs, conversion, threads: threadCount(config), ...hashes };
}
