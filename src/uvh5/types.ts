import type { NdArray } from 'ndarray';

import type { Site } from '../core/sky.js';

/** Element type of a file's visibilities. */
export type VisibilityType = 'complex64' | 'complex128' | 'int32';

/** What a UVH5 file says about itself, read without touching its data. */
export interface Uvh5Header {
  readonly path: string;
  readonly fileSizeBytes: number;
  readonly nBlts: number;
  readonly nFreqs: number;
  readonly nPols: number;
  readonly nSpws: number;
  readonly nTimes: number;
  readonly nAntsData: number;
  readonly nAntsTelescope: number;
  /** Whether the data arrays carry a spectral-window axis of length 1: `(nBlts, 1, nFreqs, nPols)`. */
  readonly hasSpwAxis: boolean;
  readonly visibilityType: VisibilityType;
  readonly telescopeName: string;
  readonly instrument: string;
  readonly objectName: string;
  readonly site: Site;
  readonly antennaNumbers: readonly number[];
  /** As in the file; for DSA-110 the 1-based pad numbers. */
  readonly antennaNames: readonly string[];
  /** `(nAntsTelescope, 3)`, metres, relative to the site, on ITRF axes. */
  readonly antennaPositionsMeters: NdArray<Float64Array>;
  /** One per antenna of the telescope; undefined where the file does not say. */
  readonly antennaDiametersMeters: Float64Array | undefined;
  /** Channel centers in the order of the file, Hz. */
  readonly freqHz: Float64Array;
  /** One per channel, > 0, Hz. */
  readonly channelWidthHz: Float64Array;
  /** AIPS codes: -5 XX, -6 YY, -7 XY, -8 YX. */
  readonly polarizations: readonly number[];
  /** First and last integration center, JD UTC. */
  readonly firstTimeJd: number;
  readonly lastTimeJd: number;
  /** Of the first row, seconds. */
  readonly integrationSec: number;
  /** `drift`, `phased`, or undefined where the file has a phase-center catalogue instead. */
  readonly phaseType: string | undefined;
  readonly hasPhaseCenterCatalog: boolean;
  /** Apparent pointing declination, degrees, from `extra_keywords/phase_center_dec` alone; undefined where absent. */
  readonly pointingDecDeg: number | undefined;
  /** The scalars among `extra_keywords`. */
  readonly extraKeywords: Readonly<Record<string, string | number | boolean>>;
}

/** A file that is not used, and why. */
export interface UnusableFile {
  readonly code: 'INCOMPLETE_NAME' | 'DOT_FILE' | 'EMPTY_FILE' | 'UNREADABLE_FILE' | 'CHANGING_FILE';
  readonly message: string;
  readonly path: string;
}

/** The headers of a number of files, and the files that have none. */
export interface HeaderIndex {
  /** In the order of their names. */
  readonly headers: readonly Uvh5Header[];
  /** In the order of their names. */
  readonly leftOut: readonly UnusableFile[];
  /** How many files were opened; the others are as they were. */
  readonly nOpened: number;
}
