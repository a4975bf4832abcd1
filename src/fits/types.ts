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

/** Orthographic, gnomonic, zenithal equal area, plate carree: Calabretta & Greisen 2002, A&A 395, 1077. */
export type Projection = 'SIN' | 'TAN' | 'ZEA' | 'CAR';

/** Where an image lies on the sky: SIN projection, north up, east left, unless the optional fields say otherwise. */
export interface ImageWcs {
  /** Reference point of the projection. */
  readonly center: SkyDirection;
  /** Side of a pixel; of the square of the same area where pixels are not square. */
  readonly cellArcsec: number;
  /** Pixel of `center`, counted from 0. */
  readonly centerX: number;
  readonly centerY: number;
  /** @default 'SIN' */
  readonly projection?: Projection | undefined;
  /**
   * Intermediate coordinates, degrees to the east and to the north, per pixel: of the first per x and per y, of the
   * second per x and per y. @default x to the west, y to the north, square
   */
  readonly matrixDeg?: readonly [number, number, number, number] | undefined;
  /** Of a SIN image whose plane is not that of the center: FITS PV2_1 and PV2_2. @default none */
  readonly slant?: readonly [number, number] | undefined;
  /** FITS LONPOLE. @default 180, and for CAR in the north 0 */
  readonly lonPoleDeg?: number | undefined;
  /** FITS LATPOLE, which means something for CAR alone. @default 90 */
  readonly latPoleDeg?: number | undefined;
}

/** What a file says of an image, without its pixels. */
export type SkyImageHeader = Omit<SkyImage, 'pixels'> & {
  readonly shape: readonly [ny: number, nx: number];
};

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
