import type { NdArray } from 'ndarray';

import type { SkyDirection } from '../core/sky.js';
import type { Stokes } from '../core/stokes.js';

/** A Gaussian restoring beam. */
export interface Beam {
  /** Full widths at half maximum. */
  readonly majorArcsec: number;
  readonly minorArcsec: number;
  /** From north through east. */
  readonly positionAngleDeg: number;
}

/** Where an image lies on the sky: SIN projection, north up, east left. */
export interface ImageWcs {
  readonly center: SkyDirection;
  readonly cellArcsec: number;
  /** Pixel of `center`, counted from 0. */
  readonly centerX: number;
  readonly centerY: number;
}

/** An image of the sky with all that a FITS header says about it. */
export interface SkyImage {
  /** `(ny, nx)`; NaN where there is no value. */
  readonly pixels: NdArray<Float32Array>;
  readonly wcs: ImageWcs;
  /** FITS BUNIT, e.g. `Jy/beam`. */
  readonly unit: string;
  readonly stokes: Stokes;
  readonly beam?: Beam | undefined;
  /** Center frequency and width, Hz. */
  readonly freqHz: number;
  readonly bandwidthHz: number;
  /** Start of the observation, ISO 8601 UTC. */
  readonly dateObs: string;
  /** Middle of the observation, UTC, MJD seconds. */
  readonly midTimeMjdSec: number;
  readonly exposureSec: number;
  readonly telescopeName: string;
  readonly objectName: string;
  /** Further keywords, at most 8 characters each, upper case. */
  readonly keywords: Readonly<Record<string, string | number>>;
  /** Provenance, one line each. */
  readonly history: readonly string[];
}
