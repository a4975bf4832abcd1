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
import { checkCalibrationConfig, checkFlaggingConfig } from './calibration-config.js';
import type { CalibrationConfig, CheckedCalibration, FlaggingConfig } from './calibration-config.js';
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
  /** Find interference, dead and shadowed antennas first, and leave them out. @default false */
  readonly flagging?: boolean | FlaggingConfig | undefined;
  /**
   * Calibrate what is imaged: with sets that are solved for from groups in which the model is bright, and with those that
   * are registered. Tiles without a valid set are made uncalibrated, and enter no mosaic.
   * @default none: data are imaged as they are
   */
  readonly calibration?: CalibrationConfig | undefined;
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
  readonly flagging: FlaggingConfig | undefined;
  readonly calibration: CheckedCalibration | undefined;
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
    ...['flagging', 'calibration', 'mosaic', 'threads'],
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
    flagging: checkFlaggingConfig(config.flagging),
    calibration: config.calibration && checkCalibrationConfig(config.calibration),
    imaging: config.imaging ?? {},
    grouping: { ...mosaicGroupDefaults, ...config.grouping },
    mosaic: config.mosaic ?? {},
  };
  checkImagingOptions(options.imaging);
  checkMosaicOptions(options.mosaic);
  const keepMs = checkBoolean('keepMs', config.keepMs ?? false);
  const conversion = config.conversion ?? {};
  const { flagging, calibration } = options;
  const preparing = flagging || calibration ? [{ flagging, calibration: hashable(calibration) }] : [];
  const tileOptionsHash = recipeOf([options.earthOrientation, options.imaging, ...preparing]);
  // No overlap counts as absent: mosaics of versions that knew none keep their names.
  const grouping = { ...options.grouping, overlap: options.grouping.overlap || undefined };
  const all = { ...options, calibration: hashable(calibration), grouping };
  const hashes = { tileOptionsHash, optionsHash: recipeOf(all) };
  return { work, products, registry, ...options, keepMs, conversion, threads: threadCount(config), ...hashes };
}

/** JSON knows no Infinity. */
function hashable(calibration: CheckedCalibration | undefined): unknown {
  return calibration && { ...calibration, solintSec: String(calibration.solintSec) };
}
