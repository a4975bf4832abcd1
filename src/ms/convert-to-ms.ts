import type { RawDirection } from '../../bindings/addon.js';
import { addon } from '../core/addon.js';
import { checkInteger, checkKnownOptions, checkOneOf, checkText } from '../core/check.js';
import { dsa110 } from '../core/dsa110.js';
import { IncompleteGroupError, InvalidArgumentError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import { runJob } from '../core/job.js';
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
  /** Fewest subbands of the group that will do. @default 16, all */
  readonly minSubbands?: number | undefined;
  /** @default all zero */
  readonly earthOrientation?: Partial<EarthOrientation> | undefined;
  /** First and last year that the validation accepts. @default [2020, 2040] */
  readonly yearRange?: readonly [number, number] | undefined;
}

export const conversionDefaults = Object.freeze({
  fields: 'meridian' as const,
  autocorrelations: false,
  minSubbands: dsa110.nSubbands,
  yearRange: validationDefaults.yearRange,
});

/**
 * Writes a group of UVH5 subband files, in any order, as one MeasurementSet with a spectral window per subband.
 *
 * It is written under a temporary dot name, validated (see {@link validateMs}), synced to disk and then renamed; a
 * failure or an abort leaves nothing behind.
 *
 * @throws {IncompleteGroupError} fewer than `minSubbands`, or one of them twice.
 * @throws {InconsistentGroupError} files of different observations.
 * @throws {Uvh5FormatError} a file cannot be read as a drift scan of DSA-110.
 * @throws {OutputExistsError} something is at `path`; nothing was changed.
 * @throws {DiskFullError} there is no room for it.
 * @throws {FileAccessError} the folder of `path` is missing or cannot be written.
 * @throws {MeasurementSetError} the result failed its validation and was set aside; the message names where.
 * @example
 * const ms = await convertToMs(group, { path: 'obs.ms', fields: 'single' });
 * ms.fields[0].center; // { raDeg: 337.3, decDeg: 16.0 }
 */
export async function convertToMs(
  group: Pick<SubbandGroup, 'id' | 'files' | 'missingSubbands'>,
  options: ConversionOptions & JobOptions,
): Promise<MeasurementSet> {
  checkKnownOptions(options, [
    ...['path', 'fields', 'phaseCenter', 'telescopeName', 'autocorrelations', 'minSubbands', 'earthOrientation'],
    ...['yearRange', 'signal', 'onProgress', 'threads'],
  ]);
  const path = checkText('path', options.path);
  const fields = checkOneOf('fields', options.fields ?? conversionDefaults.fields, ['meridian', 'single']);
  const [firstYear, lastYear] = checkYearRange(options.yearRange);
  const phaseCenter = checkPhaseCenter(fields, options.phaseCenter);
  const telescopeName = options.telescopeName === undefined ? '' : checkText('telescopeName', options.telescopeName);
  const minSubbands = checkMinSubbands(group, options.minSubbands);
  const paths = group.files.map(file => file.path);
  const earthOrientation = checkEarthOrientation(options.earthOrientation);
  const request = {
    source: { kind: 'uvh5' as const, paths, minSubbands, earthOrientation },
    path,
    fields,
    phaseCenter,
    telescopeName,
    autocorrelations: options.autocorrelations ?? conversionDefaults.autocorrelations,
    firstYear,
    lastYear,
  };
  await runJob(options, onProgress => addon().convertToMs(request, onProgress));
  return describeMs(path);
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
