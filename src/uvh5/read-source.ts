import type { RawSource } from '../../bindings/addon.js';
import { addon } from '../core/addon.js';
import { fromRaw } from '../core/array.js';
import type { JobOptions } from '../core/job.js';
import { runJob } from '../core/job.js';
import type { Observation, SourceData } from '../core/observation.js';
import { toObservationRows, toObservationSetup } from '../core/observation.js';
import type { SkyDirection } from '../core/sky.js';
import { toRawDirection } from '../core/sky.js';
import type { SourceOptions, VisibilitySource } from '../core/source.js';
import { toRawSource } from '../core/source.js';

/** How a source of visibilities is read into memory. */
export interface ReadSourceOptions extends SourceOptions {
  /** Move everything there. @default what the source has: for a drift scan, each integration its own */
  readonly phaseCenter?: SkyDirection | undefined;
}

/**
 * Describes the observation in a MeasurementSet or in a group of UVH5 files, without reading its visibilities.
 *
 * @throws {InconsistentGroupError} files of different observations.
 * @throws {IncompleteGroupError} fewer than `minSubbands`, or one of them twice.
 * @throws {Uvh5FormatError} a file cannot be read as a drift scan of DSA-110.
 * @throws {MeasurementSetError} not a MeasurementSet, or one whose fields or windows do not go together.
 */
export async function describeSource(
  source: VisibilitySource,
  options: ReadSourceOptions & JobOptions = {},
): Promise<Observation> {
  const raw = await runJob(options, () => addon().describeSource({ source: toRawRephased(source, options) }));
  return { ...toObservationSetup(raw), ...toObservationRows(raw) };
}

/**
 * Reads every visibility of a MeasurementSet or of a group of UVH5 files into memory, in contimg's signs and orders.
 *
 * A full DSA-110 group takes 2.3 GB; imaging and conversion read block by block instead.
 *
 * @throws as {@link describeSource}.
 */
export async function readSource(
  source: VisibilitySource,
  options: ReadSourceOptions & JobOptions = {},
): Promise<SourceData> {
  const raw = await runJob(options, onProgress =>
    addon().readSource({ source: toRawRephased(source, options) }, onProgress),
  );
  return { visibilities: fromRaw(raw.visibilities), flags: fromRaw(raw.flags), weights: fromRaw(raw.weights) };
}

function toRawRephased(source: VisibilitySource, options: ReadSourceOptions): RawSource {
  const raw = toRawSource(source, options);
  return options.phaseCenter ? { ...raw, phaseCenter: toRawDirection(options.phaseCenter) } : raw;
}
