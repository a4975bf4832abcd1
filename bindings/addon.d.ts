/**
 * The raw addon: the contract between C++ and TypeScript. Arguments are checked on the TypeScript side; every array is
 * in C order; angles are radians, times UTC MJD seconds. Jobs take the progress callback as their last argument.
 */
import type { RawArray } from '../src/core/array.js';
import type { NativeJob } from '../src/core/job.js';

export type { NativeJob, RawArray };

export interface RawDirection {
  raRad: number;
  decRad: number;
}

export interface RawSite {
  longitudeRad: number;
  latitudeRad: number;
  heightMeters: number;
}

export interface RawEarthOrientation {
  ut1MinusUtcSec: number;
  xPoleArcsec: number;
  yPoleArcsec: number;
}

export type Progress = ((fraction: number) => void) | undefined;

/** coordinates.cpp */
export interface CoordinatesAddon {
  meridianIcrs(options: {
    apparentDecRad: number;
    timeMjdSec: number;
    site: RawSite;
    earthOrientation: RawEarthOrientation;
  }): RawDirection;
  /** Unit vector [x, y, z] on ITRF axes. */
  apparentItrf(options: {
    direction: RawDirection;
    timeMjdSec: number;
    site: RawSite;
    earthOrientation: RawEarthOrientation;
  }): number[];
}

/** Where visibilities come from (source.cpp). */
export type RawSource =
  | { kind: 'uvh5'; paths: readonly string[]; minSubbands: number; earthOrientation: RawEarthOrientation }
  | { kind: 'ms'; path: string; earthOrientation: RawEarthOrientation };

/** uvh5.cpp */
export interface Uvh5Addon {}

/** ms.cpp */
export interface MsAddon {}

/** imaging.cpp */
export interface ImagingAddon {}

/** mosaic.cpp */
export interface MosaicAddon {}

/** fits.cpp */
export interface FitsAddon {}

/** simulation.cpp */
export interface SimulationAddon {}

export interface Addon
  extends CoordinatesAddon, Uvh5Addon, MsAddon, ImagingAddon, MosaicAddon, FitsAddon, SimulationAddon {}
