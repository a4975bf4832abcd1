import type { ObservationRows, ObservationSetup, SourceData } from '../core/observation.js';
import type { SkyDirection } from '../core/sky.js';

/** A row of FIELD. */
export interface MsField {
  readonly name: string;
  /** Its phase center, ICRS, at its reference time. */
  readonly center: SkyDirection;
}

/** What a MeasurementSet says about itself; signs and frames: docs/conventions.md. */
export interface MeasurementSet extends ObservationSetup {
  readonly path: string;
  /** Rows of the main table: baselines x integrations x spectral windows. */
  readonly nRows: number;
  readonly nTimes: number;
  readonly nSpws: number;
  /** Channels of all spectral windows. */
  readonly nFreqs: number;
  readonly nPols: number;
  readonly fields: readonly MsField[];
  /** Per integration, into `fields`. */
  readonly fieldOfTime: readonly number[];
}

/**
 * Visibilities of a MeasurementSet in memory, in the order of time whatever the order of its rows. Flags are FLAG or
 * FLAG_ROW, and set where a spectral window lacks a row; weights are WEIGHT_SPECTRUM, WEIGHT where there is none, or 1.
 */
export interface MsData extends MeasurementSet, ObservationRows, SourceData {}
