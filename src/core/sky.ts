import { addon } from './addon.js';
import { callNative } from './job.js';
import { checkNumber, checkObject } from './check.js';

/** A direction on the sky, ICRS, degrees. */
export interface SkyDirection {
  readonly raDeg: number;
  readonly decDeg: number;
}

/** A place on the Earth, WGS84. */
export interface Site {
  readonly longitudeDeg: number;
  readonly latitudeDeg: number;
  readonly heightMeters: number;
}

/** Earth orientation at the time of the observation (IERS Conventions 2010, section 5.4.1). */
export interface EarthOrientation {
  /** UT1-UTC, seconds. */
  readonly ut1MinusUtcSec: number;
  /** Polar motion, arcsec. */
  readonly xPoleArcsec: number;
  readonly yPoleArcsec: number;
}

/**
 * All zero: what the correlator's fringe stopping assumes is unknown, and Debian ships no IERS tables. Positions then
 * are off by 15" of right ascension per second of UT1-UTC (under 0.9 s by definition of UTC; 0.1 s or less since 2020).
 */
export const defaultEarthOrientation: EarthOrientation = Object.freeze({
  ut1MinusUtcSec: 0,
  xPoleArcsec: 0,
  yPoleArcsec: 0,
});

const degree = Math.PI / 180;

/** Earth orientation with defaults filled in, checked: |UT1-UTC| up to 1 s, polar motion up to 1". */
export function checkEarthOrientation(value: Partial<EarthOrientation> | undefined): EarthOrientation {
  const { ut1MinusUtcSec, xPoleArcsec, yPoleArcsec } = { ...defaultEarthOrientation, ...value };
  checkNumber('earthOrientation.ut1MinusUtcSec', ut1MinusUtcSec, -1, 1);
  checkNumber('earthOrientation.xPoleArcsec', xPoleArcsec, -1, 1);
  checkNumber('earthOrientation.yPoleArcsec', yPoleArcsec, -1, 1);
  return { ut1MinusUtcSec, xPoleArcsec, yPoleArcsec };
}

/** A direction for the addon. */
export function toRawDirection(direction: SkyDirection): { raRad: number; decRad: number } {
  checkObject('a direction', direction);
  checkNumber('raDeg', direction.raDeg, -360, 720);
  checkNumber('decDeg', direction.decDeg, -90, 90);
  return { raRad: direction.raDeg * degree, decRad: direction.decDeg * degree };
}

/** A direction from the addon; right ascension from 0 to 360. */
export function fromRawDirection(raw: { raRad: number; decRad: number }): SkyDirection {
  const raDeg = raw.raRad / degree;
  return { raDeg: ((raDeg % 360) + 360) % 360, decDeg: raw.decRad / degree };
}

/** A site for the addon. */
export function toRawSite(site: Site): { longitudeRad: number; latitudeRad: number; heightMeters: number } {
  return {
    longitudeRad: site.longitudeDeg * degree,
    latitudeRad: site.latitudeDeg * degree,
    heightMeters: site.heightMeters,
  };
}

/** A site from the addon. */
export function fromRawSite(raw: { longitudeRad: number; latitudeRad: number; heightMeters: number }): Site {
  return {
    longitudeDeg: raw.longitudeRad / degree,
    latitudeDeg: raw.latitudeRad / degree,
    heightMeters: raw.heightMeters,
  };
}

/**
 * The ICRS position where a transit array that is fringe-stopped to HA = 0, Dec = `apparentDecDeg` looks.
 *
 * @param timeMjdSec - UTC, MJD seconds.
 */
export function meridianIcrs(
  apparentDecDeg: number,
  timeMjdSec: number,
  site: Site,
  earthOrientation?: Partial<EarthOrientation>,
): SkyDirection {
  const options = {
    apparentDecRad: checkNumber('apparentDecDeg', apparentDecDeg, -90, 90) * degree,
    timeMjdSec: checkNumber('timeMjdSec', timeMjdSec),
    site: toRawSite(site),
    earthOrientation: checkEarthOrientation(earthOrientation),
  };
  return fromRawDirection(callNative(() => addon().meridianIcrs(options)));
}
