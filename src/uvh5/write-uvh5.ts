import { addon } from '../core/addon.js';
import { toRaw } from '../core/array.js';
import { checkInteger, checkKnownOptions, checkOneOf, checkText } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import { runJob } from '../core/job.js';
import type { Observation, SourceData } from '../core/observation.js';
import type { EarthOrientation } from '../core/sky.js';
import { checkEarthOrientation, toRawDirection, toRawSite } from '../core/sky.js';
import { packageVersion } from '../core/version.js';

export interface Uvh5WriteOptions extends Pick<JobOptions, 'signal' | 'onProgress'> {
  /**
   * `uvh5-1.2`: the UVH5 memo, as pyuvdata 3.2 writes and reads it. `dsa110`: as the correlator of DSA-110 writes, for
   * observations that are fringe-stopped to the meridian at one declination. @default 'uvh5-1.2'
   */
  readonly layout?: 'uvh5-1.2' | 'dsa110' | undefined;
  /** The one spectral window to write; DSA-110's own files hold one each. @default all of them */
  readonly spw?: number | undefined;
  /** `gzip` deflates visibilities, flags and weights. @default 'none' */
  readonly compression?: 'none' | 'gzip' | undefined;
  /** @default the name of the telescope */
  readonly instrument?: string | undefined;
  /** What was observed. @default 'field' */
  readonly objectName?: string | undefined;
  /**
   * With which the source was described. Where it is given, the file holds sidereal times; otherwise its readers compute
   * them. @default not known
   */
  readonly earthOrientation?: Partial<EarthOrientation> | undefined;
}

/** An observation with its visibilities, in contimg's signs and orders. */
export type Uvh5Content = Omit<Observation, 'pointings' | 'earthOrientation'> & SourceData;

/**
 * Writes an observation as one UVH5 file, for pyuvdata and whatever else reads UVH5: of a group of subbands, of a
 * MeasurementSet, or of arrays that were changed on the way.
 *
 * The file appears under `path` when it is complete and on the disk. Signs and orders are those of the format: see
 * docs/conventions.md. Weights become `nsample_array`. It is put together in memory, which takes as much as the file.
 *
 * @throws {InvalidArgumentError} arrays that do not agree; in the layout `dsa110`, several channel widths, or phase centers
 *   off the meridian.
 * @throws {OutputExistsError} something stands at `path`.
 * @throws {DiskFullError} @throws {FileAccessError} it cannot be written.
 * @example
 * const observation = await contimg.describeSource('calibrated.ms');
 * await contimg.writeUvh5('calibrated.uvh5', { ...observation, ...(await contimg.readSource('calibrated.ms')) });
 */
export async function writeUvh5(path: string, content: Uvh5Content, options: Uvh5WriteOptions = {}): Promise<void> {
  checkText('path', path);
  checkKnownOptions(options, [
    ...['layout', 'spw', 'compression', 'instrument', 'objectName', 'earthOrientation', 'signal', 'onProgress'],
  ]);
  checkShapes(content);
  const { earthOrientation, instrument = content.telescopeName, objectName = 'field' } = options;
  const raw = {
    path,
    layout: checkOneOf('layout', options.layout ?? 'uvh5-1.2', ['uvh5-1.2', 'dsa110']),
    ...(options.spw !== undefined && { spw: checkInteger('spw', options.spw, 0) }),
    gzip: checkOneOf('compression', options.compression ?? 'none', ['none', 'gzip']) === 'gzip',
    instrument: checkText('instrument', instrument),
    objectName: checkText('objectName', objectName),
    observation: toRawObservation(content),
    ...(earthOrientation && { earthOrientation: checkEarthOrientation(earthOrientation) }),
    visibilities: toRaw(content.visibilities),
    flags: toRaw(content.flags),
    weights: toRaw(content.weights),
  };
  await runJob(options, onProgress => addon().writeUvh5(raw, onProgress));
}

function toRawObservation(content: Uvh5Content) {
  const line = <D extends Float64Array | Uint32Array>(data: D) => ({ data, shape: [data.length] });
  return {
    telescopeName: content.telescopeName,
    site: toRawSite(content.site),
    antennas: content.antennas.map(antenna => ({ ...antenna, positionMeters: [...antenna.positionMeters] })),
    freqHz: line(content.freqHz),
    channelWidthHz: line(content.channelWidthHz),
    spwFirstChannel: [...content.spwFirstChannel],
    polarizations: [...content.polarizations],
    timeMjdSec: line(content.timeMjdSec),
    integrationSec: line(content.integrationSec),
    phaseCenters: content.phaseCenters.map(toRawDirection),
    timeIndex: line(content.timeIndex),
    antenna1: line(content.antenna1),
    antenna2: line(content.antenna2),
    uvwMeters: toRaw(content.uvwMeters),
    history: [...content.history, `Written by contimg ${packageVersion()}`],
  };
}

function checkShapes({ timeIndex, freqHz, polarizations, visibilities, flags, weights }: Uvh5Content): void {
  const expected = [timeIndex.length, freqHz.length, polarizations.length];
  for (const [name, shape] of Object.entries({
    visibilities: visibilities.shape.slice(0, 3),
    flags: flags.shape,
    weights: weights.shape,
  })) {
    if (String(shape) !== String(expected))
      throw new InvalidArgumentError(`Expected ${name} to have the shape (${expected}) but it is (${shape})`);
  }
}
