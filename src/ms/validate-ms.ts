import { addon } from '../core/addon.js';
import { checkInteger, checkKnownOptions, checkPositive, checkText } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import { runJob, jobOptions } from '../core/job.js';

/** What a validation lets pass. */
export interface ValidationOptions {
  /** First and last year in which an observation may lie. @default [2020, 2040] */
  readonly yearRange?: readonly [number, number] | undefined;
  /** Largest difference between a stored and a recomputed UVW. @default 0.005 */
  readonly uvwToleranceMeters?: number | undefined;
}

export const validationDefaults = Object.freeze({
  yearRange: Object.freeze([2020, 2040] as const),
  /** Other programs' precession models differ by 0.3": 4 mm on the longest baseline. */
  uvwToleranceMeters: 0.005,
});

/**
 * Checks a MeasurementSet for what has gone wrong in real conversions: channel order, UVW recomputed from the antenna
 * positions, field centers against TIME, REFERENCE_DIR against PHASE_DIR, times, antennas, missing columns and tables.
 *
 * @throws {MeasurementSetError} saying what is wrong, at the first thing found.
 * @throws {FileAccessError} nothing is there.
 */
export async function validateMs(path: string, options: ValidationOptions & JobOptions = {}): Promise<void> {
  checkText('path', path);
  checkKnownOptions(options, ['yearRange', 'uvwToleranceMeters', ...jobOptions]);
  const [firstYear, lastYear] = checkYearRange(options.yearRange);
  const { uvwToleranceMeters = validationDefaults.uvwToleranceMeters } = options;
  checkPositive('uvwToleranceMeters', uvwToleranceMeters);
  await runJob(options, () => addon().validateMs({ path, firstYear, lastYear, uvwToleranceMeters }));
}

/** A range of years with the default filled in. */
export function checkYearRange(
  range: readonly [number, number] = validationDefaults.yearRange,
): readonly [number, number] {
  if (!Array.isArray(range) || range.length !== 2)
    throw new InvalidArgumentError(`Expected yearRange to be [first, last] but received ${String(range)}`);
  const [first, last] = range as unknown as [number, number];
  return [checkInteger('yearRange[0]', first, 1858), checkInteger('yearRange[1]', last, first, 9999)];
}
