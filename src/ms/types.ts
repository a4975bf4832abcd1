import type { NdArray } from 'ndarray';

import type { Site, SkyDirection } from '../core/sky.js';

/** Where the phase center of some integrations is. */
export interface MsField {
  readonly name: string;
  readonly center: SkyDirection;
}

/** What a MeasurementSet says about itself; signs and frames: docs/conventions.md. */
export interface MeasurementSet {
  readonly path: string;
  /** Rows of the main table: baselines x integrations x spectral windows. */
  readonly nRows: number;
  readonly nTimes: number;
  readonly nSpws: number;
  /** Channels of all spectral windows. */
  readonly nFreqs: number;
  readonly nPols: number;
  readonly telescopeName: string;
  readonly site: Site;
  /** Every antenna of the ANTENNA table; `positionMeters` is ITRF, absolute. */
  readonly antennas: readonly {
    readonly name: string;
    readonly positionMeters: readonly number[];
    readonly diameterMeters: number;
  }[];
  readonly fields: readonly MsField[];
  /** Per integration, into `fields`. */
  readonly fieldOfTime: readonly number[];
  /** Centers of the integrations, UTC, MJD seconds. */
  readonly timeMjdSec: Float64Array;
  readonly integrationSec: Float64Array;
  /** Per integration: where the dishes look. */
  readonly pointings: readonly SkyDirection[];
  /** Channel centers, ascending over all spectral windows. */
  readonly freqHz: Float64Array;
  /** One per channel, > 0. */
  readonly channelWidthHz: Float64Array;
  /** First channel of each spectral window. */
  readonly spwFirstChannel: readonly number[];
  /** AIPS codes: -5 XX, -6 YY, -7 XY, -8 YX. */
  readonly polarizations: readonly number[];
  readonly history: readonly string[];
}

/** Visibilities of a MeasurementSet in memory. `nBlts` is integrations x baselines; the windows' channels lie side by side. */
export interface MsData extends MeasurementSet {
  /** `(nBlts, nFreqs, nPols, 2)`: `V = <E1 conj(E2)>`, the conjugate of the column: docs/conventions.md section 2. */
  readonly visibilities: NdArray<Float32Array>;
  /** `(nBlts, nFreqs, nPols)`, 1 = do not use: FLAG or FLAG_ROW. */
  readonly flags: NdArray<Uint8Array>;
  /** `(nBlts, nFreqs, nPols)`: WEIGHT_SPECTRUM, or WEIGHT where there is none. */
  readonly weights: NdArray<Float32Array>;
  /** `(nBlts, 3)`, for the field of the row's integration. */
  readonly uvwMeters: NdArray<Float64Array>;
  /** Per row: into `timeMjdSec`, and into `antennas`. */
  readonly timeIndex: Uint32Array;
  readonly antenna1: Uint32Array;
  readonly antenna2: Uint32Array;
}
