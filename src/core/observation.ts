import type { NdArray } from 'ndarray';

import type { RawObservation } from '../../bindings/addon.js';
import { fromRaw } from './array.js';
import type { EarthOrientation, Site, SkyDirection } from './sky.js';
import { fromRawDirection, fromRawSite } from './sky.js';

/** Where an antenna stands and how large it is. */
export interface Antenna {
  readonly name: string;
  /** ITRF, absolute. */
  readonly positionMeters: readonly number[];
  readonly diameterMeters: number;
}

/** What an observation consists of, whatever holds it; signs and frames: docs/conventions.md. */
export interface ObservationSetup {
  readonly telescopeName: string;
  readonly site: Site;
  /** With which uvw is computed. */
  readonly earthOrientation: EarthOrientation;
  /** Every antenna of the telescope. */
  readonly antennas: readonly Antenna[];
  /** Channel centers, ascending over all spectral windows. */
  readonly freqHz: Float64Array;
  /** One per channel, > 0. */
  readonly channelWidthHz: Float64Array;
  /** First channel of each spectral window. */
  readonly spwFirstChannel: readonly number[];
  /** AIPS codes: -5 XX, -6 YY, -7 XY, -8 YX, -1 RR, -2 LL, 1 I. */
  readonly polarizations: readonly number[];
  /** Centers of the integrations, UTC, MJD seconds, ascending. */
  readonly timeMjdSec: Float64Array;
  readonly integrationSec: Float64Array;
  /** Per integration, ICRS. */
  readonly phaseCenters: readonly SkyDirection[];
  /** Per integration, ICRS: where the dishes look. */
  readonly pointings: readonly SkyDirection[];
  /** One line per thing done to the data. */
  readonly history: readonly string[];
}

/** Which integration and baseline each row of visibilities belongs to. */
export interface ObservationRows {
  /** Per row: into `timeMjdSec`, and into `antennas`. */
  readonly timeIndex: Uint32Array;
  readonly antenna1: Uint32Array;
  readonly antenna2: Uint32Array;
  /** `(nRows, 3)`, for the phase center of the row's integration. */
  readonly uvwMeters: NdArray<Float64Array>;
}

/** What is known of an observation before any visibility is read. */
export interface Observation extends ObservationSetup, ObservationRows {}

/** Visibilities in memory, `(nRows, nFreqs, nPols[, 2])`; the channels of all spectral windows lie side by side. */
export interface SourceData {
  /** `V = <E1 conj(E2)>`: docs/conventions.md section 2. */
  readonly visibilities: NdArray<Float32Array>;
  /** 1 = do not use. */
  readonly flags: NdArray<Uint8Array>;
  /** Relative, 0 = do not use. */
  readonly weights: NdArray<Float32Array>;
}

export function toObservationSetup(raw: RawObservation): ObservationSetup {
  return {
    telescopeName: raw.telescopeName,
    site: fromRawSite(raw.site),
    earthOrientation: raw.earthOrientation,
    antennas: raw.antennas,
    freqHz: raw.freqHz.data,
    channelWidthHz: raw.channelWidthHz.data,
    spwFirstChannel: raw.spwFirstChannel,
    polarizations: raw.polarizations,
    timeMjdSec: raw.timeMjdSec.data,
    integrationSec: raw.integrationSec.data,
    phaseCenters: raw.phaseCenters.map(fromRawDirection),
    pointings: raw.pointings.map(fromRawDirection),
    history: raw.history,
  };
}

export function toObservationRows(raw: RawObservation): ObservationRows {
  return {
    timeIndex: raw.timeIndex.data,
    antenna1: raw.antenna1.data,
    antenna2: raw.antenna2.data,
    uvwMeters: fromRaw(raw.uvwMeters),
  };
}
