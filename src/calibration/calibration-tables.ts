import { addon } from '../core/addon.js';
import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { fromRawSolutions, toRawCalibration } from '../core/calibration-solutions.js';
import { checkKnownOptions, checkText } from '../core/check.js';
import type { JobOptions } from '../core/job.js';
import { runJob, jobOptions } from '../core/job.js';
import { packageVersion } from '../core/version.js';

export interface WriteTableOptions extends JobOptions {
  /** Name of the observation, for the keyword MSName of the table. @default none */
  readonly msName?: string | undefined;
}

/**
 * Writes solutions as a CASA calibration table, whole or not at all.
 *
 * Gains are rounded to single precision; why a solution is flagged is not kept.
 *
 * @param provenance - lines for its HISTORY, beside that of the data.
 * @throws {OutputExistsError} something is there.
 * @throws {FileAccessError} it cannot be written.
 * @example
 * await writeCalibrationTable('2026-01-25.b', bandpass, ['solved on 3C286']);
 */
export async function writeCalibrationTable(
  path: string,
  solutions: CalibrationSolutions,
  provenance: readonly string[] = [],
  options: WriteTableOptions = {},
): Promise<void> {
  checkText('path', path);
  checkKnownOptions(options, [...jobOptions, 'msName']);
  const msName = options.msName === undefined ? '' : checkText('msName', options.msName);
  const { term, refAnt } = solutions;
  const line = `contimg ${packageVersion()}: ${term} solutions, reference antenna ${refAnt ?? 'unknown'}`;
  const history = [...solutions.history, line, ...provenance.map(text => checkText('provenance', text))];
  const [raw] = toRawCalibration([{ ...solutions, history }]);
  await runJob(options, () => addon().writeCalibrationTable({ path, msName, solutions: raw! }));
}

/**
 * Reads a CASA calibration table of G, T, B or K Jones, contimg's or CASA's, once nothing is found wrong with it.
 *
 * @throws {FileAccessError} nothing is there.
 * @throws {CalibrationTableError} it is not such a table, or damaged; the message tells what is wrong.
 * @example
 * const calibration = await Promise.all(['2026-01-25.b', '2026-01-25.g'].map(path => readCalibrationTable(path)));
 */
export async function readCalibrationTable(path: string, options: JobOptions = {}): Promise<CalibrationSolutions> {
  checkText('path', path);
  checkKnownOptions(options, jobOptions);
  return fromRawSolutions(await runJob(options, () => addon().readCalibrationTable({ path })));
}
