import type { JobOptions } from '../core/job.js';
import type { EarthOrientation } from '../core/sky.js';

/** An unpolarized point source, ICRS. */
export interface PointSource {
  readonly raDeg: number;
  readonly decDeg: number;
  /** Stokes I at 1405 MHz, before the primary beam. */
  readonly fluxJy: number;
  /** S(nu) = flux (nu / 1405 MHz)^index. @default 0 */
  readonly spectralIndex?: number | undefined;
}

export interface SimulationOptions extends JobOptions {
  /** Where the files go; made if it is missing. One simulation per folder. */
  readonly folder: string;
  /** Consecutive observations. @default 1 */
  readonly nTiles?: number | undefined;
  /** Dishes in use, 2 to 96, spread over core and outriggers. @default 96 */
  readonly nAntennas?: number | undefined;
  /** Channels per subband; fewer than 48 are proportionally wider. @default 48 */
  readonly nChannels?: number | undefined;
  /** Integrations of 12.9 s per tile. @default 24 */
  readonly nIntegrations?: number | undefined;
  /** Where the dishes look on the meridian: apparent declination, degrees. @default 16.15 */
  readonly pointingDecDeg?: number | undefined;
  /** Start of the first integration, ISO 8601 UTC. @default 2026-01-25T22:00:05 */
  readonly startTime?: string | undefined;
  /** The same seed gives the same files. @default 1 */
  readonly seed?: number | undefined;
  /** Thermal noise in units of the real array's; 0 for none. @default 1 */
  readonly noise?: number | undefined;
  /** The sky. Without it, random sources along the strip that drifts by. */
  readonly sources?: readonly PointSource[] | undefined;
  /** How many random sources. @default 12 */
  readonly nSources?: number | undefined;
  /**
   * Antenna gain errors: relative amplitude scatter; with it come uniform phases, delays up to 5 ns, and subband
   * edges that fall by a quarter. 0 for perfect antennas. @default 0
   */
  readonly gainError?: number | undefined;
  /** Airy pattern of the 4.65 m dishes. @default true */
  readonly primaryBeam?: boolean | undefined;
  /** Seconds by which the stamps in file names scatter within a tile. @default 0 */
  readonly nameJitterSec?: number | undefined;
  /** @default all zero */
  readonly earthOrientation?: Partial<EarthOrientation> | undefined;
}

/** What was put into the simulated files: the content of `truth.json`. */
export interface SimulationTruth {
  /** Apparent. */
  readonly pointing_dec_deg: number;
  readonly reference_hz: number;
  readonly sources: readonly {
    readonly ra_deg: number;
    readonly dec_deg: number;
    /** At the reference frequency, before the primary beam. */
    readonly flux_jy: number;
    readonly spectral_index: number;
  }[];
  /** Whether the primary beam was applied. */
  readonly beam: boolean;
  /** Per real and imaginary part of a visibility. */
  readonly noise_sigma_jy: number;
  /** Correlator units per Jy. */
  readonly raw_scale: number;
  /** Pad numbers, 1-based. */
  readonly antennas: readonly number[];
  readonly dead_pads: readonly number[];
  readonly swapped_pads: readonly number[];
  readonly integration_s: number;
  /** Of all subbands, in the order of the files: descending. */
  readonly freq_hz: readonly number[];
  readonly earth_orientation: EarthOrientation;
  readonly seed: number;
  readonly tiles: readonly {
    readonly missing_subbands: readonly number[];
    /** (integration, channel) with interference. */
    readonly rfi_cells: readonly (readonly [number, number])[];
    readonly stamp: string;
    readonly time_array_0_jd: number;
    /** (ra, dec) of the pointing, per integration. */
    readonly meridian_icrs_deg: readonly (readonly [number, number])[];
  }[];
  /** A raw visibility is V conj(g_first) g_second; arrays of shape (antennas, channels, pols), flattened. */
  readonly gains: {
    readonly antenna_pads: readonly number[];
    readonly shape: readonly [number, number, number];
    readonly real: readonly number[];
    readonly imag: readonly number[];
  } | null;
}

/** What simulateObservation wrote. */
export interface Simulation {
  /** Subband files, tile by tile, highest subband first. */
  readonly files: readonly string[];
  readonly truth: SimulationTruth;
  readonly truthPath: string;
}
