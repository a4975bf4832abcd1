import type { NdArray } from 'ndarray';

import { addon } from '../core/addon.js';
import { fromRaw } from '../core/array.js';
import type { JobOptions } from '../core/job.js';
import { runJob } from '../core/job.js';
import type { Site, SkyDirection } from '../core/sky.js';
import { fromRawDirection } from '../core/sky.js';
import type { SourceOptions, VisibilitySource } from '../core/source.js';
import { toRawSource } from '../core/source.js';

/** What is known of an observation before any visibility is read; signs and frames: docs/conventions.md. */
export interface Observation {
  readonly telescopeName: string;
  readonly site: Site;
  /** Every antenna of the telescope; `positionMeters` is ITRF, absolute. */
  readonly antennas: readonly {
    readonly name: string;
    readonly positionMeters: readonly number[];
    readonly diameterMeters: number;
  }[];
  /** Channel centers, ascending over all spectral windows. */
  readonly freqHz: Float64Array;
  /** One per channel, > 0. */
  readonly channelWidthHz: Float64Array;
  /** First channel of each spectral window. */
  readonly spwFirstChannel: readonly number[];
  /** AIPS codes: -5 XX, -6 YY, -7 XY, -8 YX. */
  readonly polarizations: readonly number[];
  /** Centers of the integrations, UTC, MJD seconds. */
  readonly timeMjdSec: Float64Array;
  readonly integrationSec: Float64Array;
  /** Per integration, ICRS. */
  readonly phaseCenters: readonly SkyDirection[];
  readonly pointings: readonly SkyDirection[];
  /** Per row: the integration, and the antennas of the baseline. */
  readonly timeIndex: Uint32Array;
  readonly antenna1: Uint32Array;
  readonly antenna2: Uint32Array;
  /** `(nRows, 3)`, for the phase center of the row's integration. */
  readonly uvwMeters: NdArray<Float64Array>;
  readonly history: readonly string[];
}

/** All visibilities of an observation: `(nRows, nChannels, nPols[, 2])`. */
export interface SourceData {
  /** `V = <E1 conj(E2)>`: docs/conventions.md section 2. */
  readonly visibilities: NdArray<Float32Array>;
  /** 1 = do not use. */
  readonly flags: NdArray<Uint8Array>;
  /** Relative, 0 = do not use. */
  readonly weights: NdArray<Float32Array>;
}

const degree = Math.PI / 180;

/**
 * Describes the observation in a MeasurementSet or in a group of UVH5 files, without reading its visibilities.
 *
 * @throws {InconsistentGroupError} files of different observations.
 * @throws {IncompleteGroupError} fewer than `minSubbands`, or one of them twice.
 * @throws {Uvh5FormatError} a file cannot be read as a drift scan of DSA-110.
 */
export async function describeSource(
  source: VisibilitySource,
  options: SourceOptions & JobOptions = {},
): Promise<Observation> {
  const raw = await runJob(options, () => addon().describeSource({ source: toRawSource(source, options) }));
  return {
    telescopeName: raw.telescopeName,
    site: {
      longitudeDeg: raw.site.longitudeRad / degree,
      latitudeDeg: raw.site.latitudeRad / degree,
      heightMeters: raw.site.heightMeters,
    },
    antennas: raw.antennas,
    freqHz: raw.freqHz.data,
    channelWidthHz: raw.channelWidthHz.data,
    spwFirstChannel: raw.spwFirstChannel,
    polarizations: raw.polarizations,
    timeMjdSec: raw.timeMjdSec.data,
    integrationSec: raw.integrationSec.data,
    phaseCenters: raw.phaseCenters.map(fromRawDirection),
    pointings: raw.pointings.map(fromRawDirection),
    timeIndex: raw.timeIndex.data,
    antenna1: raw.antenna1.data,
    antenna2: raw.antenna2.data,
    uvwMeters: fromRaw(raw.uvwMeters),
    history: raw.history,
  };
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
  options: SourceOptions & JobOptions = {},
): Promise<SourceData> {
  const raw = await runJob(options, onProgress =>
    addon().readSource({ source: toRawSource(source, options) }, onProgress),
  );
  return { visibilities: fromRaw(raw.visibilities), flags: fromRaw(raw.flags), weights: fromRaw(raw.weights) };
}
