import type { NdArray } from 'ndarray';

import { addon } from '../core/addon.js';
import { fromRaw } from '../core/array.js';
import { checkInteger, checkKnownOptions, checkText } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import { runJob } from '../core/job.js';

/** Which part of a UVH5 file to read; all of it where nothing is given. */
export interface Uvh5Selection {
  /** First baseline-time row. @default 0 */
  readonly firstRow?: number | undefined;
  /** Number of rows. @default to the end */
  readonly nRows?: number | undefined;
  /** First channel, in the order of the file. @default 0 */
  readonly firstChannel?: number | undefined;
  /** Number of channels. @default to the end */
  readonly nChannels?: number | undefined;
  /** Indices into the header's `polarizations`, in the order wanted. @default all */
  readonly polarizations?: readonly number[] | undefined;
}

/** The data arrays of a UVH5 file, value for value as they are. */
export interface Uvh5Data {
  /** `(nRows, nChannels, nPols, 2)`: real and imaginary parts, of the type of the file. Not conjugated, not reordered. */
  readonly visibilities: NdArray<Float32Array | Float64Array | Int32Array>;
  /** `(nRows, nChannels, nPols)`: 1 = flagged. */
  readonly flags: NdArray<Uint8Array>;
  /** `(nRows, nChannels, nPols)`: fraction or number of raw samples behind each visibility. */
  readonly nsamples: NdArray<Float32Array>;
}

/**
 * Reads visibilities, flags and nsamples of one UVH5 file, as they stand there: no sign or order is changed.
 *
 * @param options - the part to read, and {@link JobOptions}.
 * @throws {InvalidArgumentError} the part is not within the file.
 * @throws {Uvh5FormatError} not HDF5, truncated; a dataset missing or of a wrong shape or type; an unknown filter.
 * @throws {FileAccessError} missing or forbidden.
 * @example
 * const { visibilities } = await readUvh5('2026-01-25T22:00:05_sb00.hdf5', { nRows: 4656 });
 * visibilities.shape;  // [4656, 48, 2, 2]
 */
export async function readUvh5(path: string, options: Uvh5Selection & JobOptions = {}): Promise<Uvh5Data> {
  checkText('path', path);
  checkKnownOptions(options, [...selectionKeys, 'signal', 'onProgress', 'threads']);
  const { firstRow, nRows, firstChannel, nChannels, polarizations } = options;
  if (firstRow !== undefined) checkInteger('firstRow', firstRow, 0);
  if (nRows !== undefined) checkInteger('nRows', nRows, 1);
  if (firstChannel !== undefined) checkInteger('firstChannel', firstChannel, 0);
  if (nChannels !== undefined) checkInteger('nChannels', nChannels, 1);
  if (polarizations?.length === 0) throw new InvalidArgumentError('Expected polarizations to name at least one index');
  for (const index of polarizations ?? []) checkInteger('a polarization index', index, 0, 3);

  const selection = { path, firstRow, nRows, firstChannel, nChannels, polarizations };
  const data = await runJob(options, onProgress => addon().readUvh5(selection, onProgress));
  return {
    visibilities: fromRaw(data.visibilities),
    flags: fromRaw(data.flags),
    nsamples: fromRaw(data.nsamples),
  };
}

const selectionKeys = ['firstRow', 'nRows', 'firstChannel', 'nChannels', 'polarizations'];
