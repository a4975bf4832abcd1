import { addon } from '../core/addon.js';
import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { checkKnownOptions, checkText } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import { runJob, jobOptions } from '../core/job.js';
import { toRawSource } from '../core/source.js';
import { packageVersion } from '../core/version.js';
import type { VisibilityFlags } from '../core/visibility-flags.js';

export interface ApplyOptions extends JobOptions {
  /** Flags in addition to those in the data. @default none */
  readonly flags?: VisibilityFlags | undefined;
  /** Lines for HISTORY: from where the solutions are. @default none */
  readonly provenance?: readonly string[] | undefined;
}

/** What was written. */
export interface CorrectedData {
  readonly nVisibilities: number;
  /** Flagged before, or without a solution. */
  readonly nFlagged: number;
}

/**
 * Applies solutions to a MeasurementSet: writes CORRECTED_DATA, and FLAG, WEIGHT and WEIGHT_SPECTRUM to go with it.
 *
 * DATA is not changed, and its flags and weights are kept: imaging DATA, or applying other solutions, is as if nothing
 * had been applied. Whenever the process ends, the MeasurementSet is whole: as before, or with all of the new columns.
 * There must be room for them, one and a half times DATA; memory is bounded.
 *
 * @param ms - its path, or what `convertToMs` and `readMs` give: one observation.
 * @param calibration - solutions of any terms; their product is applied.
 * @throws {MeasurementSetError} it cannot be read, or holds several observations.
 * @throws {InvalidArgumentError} solutions that do not go with it.
 * @throws {DiskFullError} there is no room; nothing was changed.
 * @throws {FileAccessError} its folder cannot be written.
 * @example
 * await applyCalibration('obs.ms', [await readCalibrationTable('obs.b')]);
 * const tile = await imageMs('obs.ms', { dataColumn: 'CORRECTED_DATA' });
 * @see docs/calibration.md#applying
 */
export async function applyCalibration(
  ms: string | { readonly path: string },
  calibration: readonly CalibrationSolutions[],
  options: ApplyOptions = {},
): Promise<CorrectedData> {
  const path = checkText('ms', typeof ms === 'string' ? ms : (ms as Partial<typeof ms> | undefined)?.path);
  checkKnownOptions(options, ['flags', 'provenance', ...jobOptions]);
  const { flags, provenance = [] } = options;
  const source = toRawSource(path, { flags, calibration, threads: options.threads });
  if (calibration.length === 0)
    throw new InvalidArgumentError('Expected calibration to be solutions but received none');
  const terms = calibration.map(({ term }) => term).join(', ');
  const line = `contimg ${packageVersion()}: CORRECTED_DATA is DATA with solutions applied: ${terms}`;
  const history = [line, ...provenance.map(text => checkText('provenance', text))];
  return runJob(options, onProgress => addon().writeCalibratedMs({ source, history }, onProgress));
}
