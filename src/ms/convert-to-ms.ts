import type { RawDirection } from '../../bindings/addon.js';
import { addon } from '../core/addon.js';
import {
  checkGroup,
  checkInteger,
  checkKnownOptions,
  checkNumber,
  checkOneOf,
  checkPositive,
  checkText,
} from '../core/check.js';
import { dsa110 } from '../core/dsa110.js';
import { IncompleteGroupError, InvalidArgumentError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import { runJob, jobOptions } from '../core/job.js';
import type { EarthOrientation, SkyDirection } from '../core/sky.js';
import { checkEarthOrientation, toRawDirection } from '../core/sky.js';
import type { SubbandGroup } from '../grouping/types.js';
import { describeMs } from './read-ms.js';
import type { MeasurementSet } from './types.js';
import { checkYearRange, validationDefaults } from './validate-ms.js';

/** How a group of subband files becomes a MeasurementSet. */
export interface ConversionOptions {
  /** Where the MeasurementSet goes; nothing may be there. */
  readonly path: string;
  /**
   * `meridian`: one field per integration, at the ICRS position of the meridian at its time; no visibility changes.
   * `single`: one field; every visibility is moved to it, exactly. @default 'meridian'
   */
  readonly fields?: 'meridian' | 'single' | undefined;
  /** Center of the single field. @default the tile's: the meridian position in the middle of the observation */
  readonly phaseCenter?: SkyDirection | undefined;
  /** TELESCOPE_NAME; WSClean takes its beam model by it. @default the files' own */
  readonly telescopeName?: string | undefined;
  /** Keep the autocorrelations; imaging does not use them. @default false */
  readonly autocorrelations?: boolean | undefined;
  /** A spectral window for each subband, or all channels in one. @default 'subbands' */
  readonly spectralWindows?: 'subbands' | 'one' | undefined;
  /** Further columns: a model of 1 Jy at the phase center, a copy of DATA. Each doubles the size. @default [] */
  readonly columns?: readonly ('MODEL_DATA' | 'CORRECTED_DATA')[] | undefined;
  /**
   * WEIGHT_SPECTRUM: only where channels of a row differ in weight, so that WEIGHT does not say all; or always, half as
   * large as DATA. @default 'when-needed'
   */
  readonly weightSpectrum?: 'when-needed' | 'always' | undefined;
  /**
   * Average each baseline over as many integrations as cost a point source `fieldRadiusDeg` from the phase center no more
   * than this part of its amplitude, 0 to 1, at the top of the band: short baselines bear many. Needs
   * `fields: 'single'`. @default no averaging
   */
  readonly maxSmearing?: number | undefined;
  /** Where the edge of the field is for `maxSmearing`. @default 2.3, where the primary beam falls to a tenth */
  readonly fieldRadiusDeg?: number | undefined;
  /** Longest interval that averaging makes: the sky drifts through the primary beam. @default 60 */
  readonly maxIntervalSec?: number | undefined;
  /** Fewest subbands of the group that will do. @default 14; those that are missing are flagged */
  readonly minSubbands?: number | undefined;
  /** @default all zero */
  readonly earthOrientation?: Partial<EarthOrientation> | undefined;
  /** First and last year that the validation accepts. @default [2020, 2040] */
  readonly yearRange?: readonly [number, number] | undefined;
  /**
   * What becomes of a MeasurementSet that fails its validation: it is set aside and an error names it, or it gets its
   * name and the result says what is wrong. @default 'fatal'
   */
  readonly validation?: 'fatal' | 'warn' | undefined;
}

/** A new MeasurementSet. */
export interface ConvertedMs extends MeasurementSet {
  /** Why it failed its validation, with `validation: 'warn'`. */
  readonly validationWarning: string | undefined;
}

export const conversionDefaults = Object.freeze({
  fields: 'meridian' as const,
  autocorrelations: false,
  spectralWindows: 'subbands' as const,
  weightSpectrum: 'when-needed' as const,
  fieldRadiusDeg: 2.3,
  maxIntervalSec: 60,
  validation: 'fatal' as const,
  minSubbands: dsa110.minSubbands,
  yearRange: validationDefaults.yearRange,
});

/**
 * Writes a group of UVH5 subband files, in any order, as one MeasurementSet, in one pass and bounded memory.
 *
 * It is written under a temporary dot name, validated (see {@link validateMs}), synced to disk and then renamed; a
 * failure or an abort leaves nothing behind.
 *
 * @throws {InvalidArgumentError} no group of `groupSubbands`, or an option out of range.
 * @throws {IncompleteGroupError} fewer than `minSubbands`, or one of them twice.
 * @throws {InconsistentGroupError} files of different observations.
 * @throws {Uvh5FormatError} a file cannot be read as a drift scan of DSA-110.
 * @throws {OutputExistsError} something is at `path`; nothing was changed.
 * @throws {DiskFullError} there is no room for it, with `neededBytes` and `freeBytes` when nothing was begun.
 * @throws {FileAccessError} the folder of `path` is missing or cannot be written.
 * @throws {MeasurementSetError} the result failed its validation and was set aside; `path` and the message name where.
 * @example
 * const ms = await convertToMs(group, { path: 'obs.ms', fields: 'single' });
 * ms.fields[0].center; // { raDeg: 337.3, decDeg: 16.0 }
 */
export async function convertToMs(
  group: Pick<SubbandGroup, 'id' | 'files' | 'missingSubbands'>,
  options: ConversionOptions & JobOptions,
): Promise<ConvertedMs> {
  checkKnownOptions(options, [
    ...['path', 'fields', 'phaseCenter', 'telescopeName', 'autocorrelations', 'spectralWindows', 'columns'],
    ...['weightSpectrum', 'maxSmearing', 'fieldRadiusDeg', 'maxIntervalSec', 'minSubbands', 'earthOrientation'],
    ...['yearRange', 'validation', ...jobOptions],
  ]);
  const request = { ...checkConversion(options), source: checkSource(checkGroup(group), options) };
  const failure = await runJob(options, onProgress => addon().convertToMs(request, onProgress));
  return { ...(await describeMs(request.path)), validationWarning: failure === '' ? undefined : failure };
}

function checkConversion(options: ConversionOptions) {
  const path = checkText('path', options.path);
  const fields = checkOneOf('fields', options.fields ?? conversionDefaults.fields, ['meridian', 'single']);
  const [firstYear, lastYear] = checkYearRange(options.yearRange);
  const {
    autocorrelations = conversionDefaults.autocorrelations,
    spectralWindows = conversionDefaults.spectralWindows,
    weightSpectrum = conversionDefaults.weightSpectrum,
    validation = conversionDefaults.validation,
  } = options;
  const columns = checkColumns(options.columns);
  return {
    path,
    fields,
    phaseCenter: checkPhaseCenter(fields, options.phaseCenter),
    telescopeName: options.telescopeName === undefined ? '' : checkText('telescopeName', options.telescopeName),
    autocorrelations,
    spectralWindows: checkOneOf('spectralWindows', spectralWindows, ['subbands', 'one']),
    modelData: columns.includes('MODEL_DATA'),
    correctedData: columns.includes('CORRECTED_DATA'),
    alwaysWeightSpectrum: checkOneOf('weightSpectrum', weightSpectrum, ['when-needed', 'always']) === 'always',
    averaging: checkAveraging(fields, options),
    validationIsFatal: checkOneOf('validation', validation, ['fatal', 'warn']) === 'fatal',
    firstYear,
    lastYear,
  };
}

function checkColumns(columns: ConversionOptions['columns'] = []) {
  return columns.map((column, k) => checkOneOf(`columns[${k}]`, column, ['MODEL_DATA', 'CORRECTED_DATA']));
}

function checkAveraging(fields: 'meridian' | 'single', options: ConversionOptions) {
  const { maxSmearing, fieldRadiusDeg, maxIntervalSec } = options;
  if (maxSmearing === undefined) {
    if (fieldRadiusDeg !== undefined || maxIntervalSec !== undefined)
      throw new InvalidArgumentError(
        'Expected maxSmearing with fieldRadiusDeg or maxIntervalSec: it asks for averaging',
      );
    return undefined;
  }
  if (fields !== 'single')
    throw new InvalidArgumentError("Expected fields: 'single' with maxSmearing: meridian fields are not tracked");
  return {
    maxSmearing: checkNumber('maxSmearing', maxSmearing, 0, 1),
    fieldRadiusRad:
      (checkNumber('fieldRadiusDeg', fieldRadiusDeg ?? conversionDefaults.fieldRadiusDeg, 0, 90) * Math.PI) / 180,
    maxIntervalSec: checkPositive('maxIntervalSec', maxIntervalSec ?? conversionDefaults.maxIntervalSec),
  };
}

function checkSource(group: Pick<SubbandGroup, 'id' | 'files' | 'missingSubbands'>, options: ConversionOptions) {
  return {
    kind: 'uvh5' as const,
    paths: group.files.map(file => file.path),
    minSubbands: checkMinSubbands(group, options.minSubbands),
    earthOrientation: checkEarthOrientation(options.earthOrientation),
  };
}

function checkMinSubbands(
  group: Pick<SubbandGroup, 'id' | 'files' | 'missingSubbands'>,
  minSubbands: number = conversionDefaults.minSubbands,
): number {
  checkInteger('minSubbands', minSubbands, 1, dsa110.nSubbands);
  const { length } = group.files;
  if (length >= minSubbands) return minSubbands;
  const lacking = group.missingSubbands.length > 0 ? `: it lacks ${group.missingSubbands.join(', ')}` : '';
  throw new IncompleteGroupError(
    `Expected at least ${minSubbands} subbands but group ${group.id} has ${length}${lacking}. ` +
      `Wait for the others, or pass { minSubbands: ${Math.max(1, length)} }`,
  );
}

function checkPhaseCenter(fields: 'meridian' | 'single', center: SkyDirection | undefined): RawDirection | undefined {
  if (center === undefined) return undefined;
  if (fields !== 'single')
    throw new InvalidArgumentError("Expected fields: 'single' with a phaseCenter: meridian fields have their own");
  return toRawDirection(center);
}
