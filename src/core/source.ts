import type { RawMsChoice, RawSource } from '../../bindings/addon.js';
import type { CalibrationSolutions } from './calibration-solutions.js';
import { toRawCalibration } from './calibration-solutions.js';
import { checkInteger, checkOneOf } from './check.js';
import { dsa110 } from './dsa110.js';
import { InvalidArgumentError } from './errors.js';
import type { JobOptions } from './job.js';
import { threadCount } from './job.js';
import type { EarthOrientation } from './sky.js';
import { checkEarthOrientation } from './sky.js';
import type { VisibilityFlags } from './visibility-flags.js';
import { toRawFlags } from './visibility-flags.js';

/**
 * Where visibilities come from: the path of a MeasurementSet, or the subband files of one observation, as a group that
 * grouping made or as a list of paths in any order.
 */
export type VisibilitySource = string | readonly string[] | { readonly files: readonly { readonly path: string }[] };

/** What of a MeasurementSet is read. UVH5 files have no such choice. */
export interface MsChoice {
  /** @default 'DATA' */
  readonly dataColumn?: 'DATA' | 'CORRECTED_DATA' | 'MODEL_DATA' | undefined;
  /** Fields, by their number in FIELD or by name. @default all, where they are one direction or one drift scan */
  readonly field?: number | string | readonly (number | string)[] | undefined;
  /**
   * Data descriptions, by their number in DATA_DESCRIPTION: which spectral windows, in which polarizations.
   * @default all, where they agree in polarizations and do not overlap in frequency
   */
  readonly dataDescriptions?: readonly number[] | undefined;
}

/** Names of the options of MsChoice. */
export const msChoiceOptions = ['dataColumn', 'field', 'dataDescriptions'] as const;

/** How a source of visibilities is read. */
export interface SourceOptions extends MsChoice {
  /** Fewest subbands of a UVH5 group that will do. @default 14 */
  readonly minSubbands?: number | undefined;
  /** @default all zero */
  readonly earthOrientation?: Partial<EarthOrientation> | undefined;
  /** Flags in addition to those in the data. @default none */
  readonly flags?: VisibilityFlags | undefined;
  /** Applied to the visibilities as they are read. @default none */
  readonly calibration?: readonly CalibrationSolutions[] | undefined;
}

/** A source for the addon, with defaults filled in. */
export function toRawSource(
  source: VisibilitySource,
  options: SourceOptions & Pick<JobOptions, 'threads'> = {},
): RawSource {
  const earthOrientation = checkEarthOrientation(options.earthOrientation);
  const flags = options.flags && toRawFlags(options.flags);
  const calibration = toRawCalibration(options.calibration ?? []);
  const shared = { earthOrientation, flags, calibration, threads: threadCount(options) };
  if (typeof source === 'string') {
    if (source === '') throw new InvalidArgumentError('Expected the path of a MeasurementSet but received ""');
    return { kind: 'ms', path: source, ...shared, ...toRawMsChoice(options) };
  }
  for (const name of msChoiceOptions)
    if (options[name] !== undefined)
      throw new InvalidArgumentError(`Expected ${name} for a MeasurementSet only, but the source is UVH5 files`);
  const { files = source } = (source ?? {}) as { files?: unknown };
  const paths: unknown = Array.isArray(files)
    ? files.map(file => (file as { path?: string } | null)?.path ?? file)
    : files;
  if (!Array.isArray(paths) || paths.length === 0 || paths.some(path => typeof path !== 'string' || path === ''))
    throw new InvalidArgumentError('Expected a MeasurementSet path, or at least one UVH5 path, as source');
  const minSubbands = checkInteger('minSubbands', options.minSubbands ?? dsa110.minSubbands, 1, dsa110.nSubbands);
  return { kind: 'uvh5', paths, minSubbands, ...shared };
}

/** The choice for the addon, with defaults filled in. */
export function toRawMsChoice({ dataColumn = 'DATA', field = [], dataDescriptions = [] }: MsChoice): RawMsChoice {
  const fields = typeof field === 'object' ? field : [field];
  return {
    dataColumn: checkOneOf('dataColumn', dataColumn, ['DATA', 'CORRECTED_DATA', 'MODEL_DATA']),
    fieldIds: fields.filter(one => typeof one !== 'string').map(id => checkInteger('field', id, 0)),
    fieldNames: fields.filter((one): one is string => typeof one === 'string'),
    dataDescriptions: dataDescriptions.map(id => checkInteger('dataDescriptions', id, 0)),
  };
}
