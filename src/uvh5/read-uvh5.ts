import type { NdArray } from 'ndarray';

import { addon } from '../core/addon.js';
import { fromRaw } from '../core/array.js';
import { checkInteger, checkKnownOptions, checkText } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import { runJob, threadCount, jobOptions } from '../core/job.js';

/** Which part of a UVH5 file to read: rows that meet every condition; all of the file where nothing is given. */
export interface Uvh5Selection {
  /** First baseline-time row. @default 0 */
  readonly firstRow?: number | undefined;
  /** Number of rows. @default to the end */
  readonly nRows?: number | undefined;
  /** First integration; integrations are the distinct times of the file, ascending. @default 0 */
  readonly firstTime?: number | undefined;
  /** Number of integrations. @default to the end */
  readonly nTimes?: number | undefined;
  /** Antenna numbers; a baseline is read if both of its antennas are among them. @default all */
  readonly antennas?: readonly number[] | undefined;
  /** Pairs of antenna numbers, in either order. @default all */
  readonly baselines?: readonly (readonly [number, number])[] | undefined;
  /** Whether baselines of an antenna with itself are read. @default true */
  readonly autocorrelations?: boolean | undefined;
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
  /** Number of each row in the file, ascending. */
  readonly rows: Uint32Array;
}

/**
 * Reads visibilities, flags and nsamples of one UVH5 file, as they stand there: no sign or order is changed.
 *
 * Takes the memory of what comes back, and per thread 256 kB or one compressed chunk and its contents.
 *
 * @param options - the part to read, and {@link JobOptions}.
 * @throws {InvalidArgumentError} the part is not within the file, or empty.
 * @throws {Uvh5FormatError} not HDF5, truncated; a dataset missing or of a wrong shape or type; an unknown filter; a
 * chunk that is damaged; the file changed while it was read.
 * @throws {FileAccessError} missing or forbidden.
 * @example
 * const { visibilities } = await readUvh5('2026-01-25T22:00:05_sb00.hdf5', { nTimes: 1, autocorrelations: false });
 * visibilities.shape;  // [4560, 48, 2, 2]
 */
export async function readUvh5(path: string, options: Uvh5Selection & JobOptions = {}): Promise<Uvh5Data> {
  checkText('path', path);
  checkKnownOptions(options, [...selectionKeys, ...jobOptions]);
  const selection = { path, ...checkSelection(options), threads: threadCount(options) };
  const data = await runJob(options, onProgress => addon().readUvh5(selection, onProgress));
  return {
    visibilities: fromRaw(data.visibilities),
    flags: fromRaw(data.flags),
    nsamples: fromRaw(data.nsamples),
    rows: data.rows.data,
  };
}

const selectionKeys = [
  ...['firstRow', 'nRows', 'firstTime', 'nTimes', 'antennas', 'baselines', 'autocorrelations'],
  ...['firstChannel', 'nChannels', 'polarizations'],
];

function checkSelection(options: Uvh5Selection) {
  const { antennas, baselines, polarizations, autocorrelations = true } = options;
  for (const key of ['firstRow', 'firstTime', 'firstChannel'] as const)
    if (options[key] !== undefined) checkInteger(key, options[key], 0);
  for (const key of ['nRows', 'nTimes', 'nChannels'] as const)
    if (options[key] !== undefined) checkInteger(key, options[key], 1);
  if (typeof autocorrelations !== 'boolean')
    throw new InvalidArgumentError(`Expected autocorrelations to be a boolean but received ${autocorrelations}`);
  if (polarizations?.length === 0) throw new InvalidArgumentError('Expected polarizations to name at least one index');
  for (const index of polarizations ?? []) checkInteger('a polarization index', index, 0, 3);
  if (baselines?.some(pair => !Array.isArray(pair) || pair.length !== 2))
    throw new InvalidArgumentError('Expected baselines to be pairs of antenna numbers');
  for (const number of [...(antennas ?? []), ...(baselines ?? []).flat()]) checkInteger('an antenna number', number, 0);
  const { firstRow, nRows, firstTime, nTimes, firstChannel, nChannels } = options;
  const rows = { firstRow, nRows, firstTime, nTimes, antennas, baselines: baselines?.flat(), autocorrelations };
  return { ...rows, firstChannel, nChannels, polarizations };
}
