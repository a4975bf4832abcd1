import { addon } from '../core/addon.js';
import { checkNumber } from '../core/check.js';
import { dsa110 } from '../core/dsa110.js';
import { InvalidArgumentError } from '../core/errors.js';
import { callNative } from '../core/job.js';
import { checkEarthOrientation, toRawDirection, toRawSite } from '../core/sky.js';
import type { EarthOrientation, Site, SkyDirection } from '../core/sky.js';

const turn = 2 * Math.PI;
/** Of the Earth against the stars, radians per second. */
const siderealRate = turn / 86164.0905;

/** When a source crosses the meridian, above the pole. */
export interface Transit {
  /** UTC, MJD seconds. */
  readonly timeMjdSec: number;
  /** Of date: that to which the dishes are pointed. */
  readonly apparentDecDeg: number;
}

export interface TransitOptions {
  /** UTC, MJD seconds: the first included, the second not. */
  readonly fromMjdSec: number;
  readonly toMjdSec: number;
  /** @default DSA-110's */
  readonly site?: Site | undefined;
  /** @default all zero; 1 second of UT1-UTC moves transits by as much */
  readonly earthOrientation?: Partial<EarthOrientation> | undefined;
}

/**
 * Predicts the transits of a source: when its apparent hour angle is 0, with precession, nutation and aberration, without
 * refraction.
 *
 * @throws {InvalidArgumentError} a time or direction out of range, or more than 366 days.
 * @example
 * const [next] = predictTransits(fluxStandard('3C286'), { fromMjdSec: now, toMjdSec: now + 86400 });
 */
export function predictTransits(source: SkyDirection, options: TransitOptions): Transit[] {
  const from = checkNumber('fromMjdSec', options.fromMjdSec);
  const to = checkNumber('toMjdSec', options.toMjdSec, from);
  if (to - from > 366 * 86400)
    throw new InvalidArgumentError(`Expected at most 366 days but received ${((to - from) / 86400).toFixed(0)}`);
  const site = toRawSite(options.site ?? dsa110.site);
  const [direction, earthOrientation] = [toRawDirection(source), checkEarthOrientation(options.earthOrientation)];
  const apparentAt = (timeMjdSec: number) => {
    const [x, y, z] = callNative(() => addon().apparentItrf({ direction, timeMjdSec, site, earthOrientation }));
    return { hourAngleRad: site.longitudeRad - Math.atan2(y!, x!), decRad: Math.asin(z!) };
  };
  const transits: Transit[] = [];
  const untilTransit = (hourAngleRad: number) => (turn - (((hourAngleRad % turn) + turn) % turn)) / siderealRate;
  for (let guess = from + untilTransit(apparentAt(from).hourAngleRad) - turn / siderealRate; ;) {
    const transit = refine(guess, apparentAt);
    if (transit.timeMjdSec >= to) return transits;
    if (transit.timeMjdSec >= from) transits.push(transit);
    guess = transit.timeMjdSec + turn / siderealRate;
  }
}

/** From a time within hours of it; what nutation and aberration add is gone after two steps. */
function refine(guess: number, apparentAt: (timeMjdSec: number) => { hourAngleRad: number; decRad: number }): Transit {
  let time = guess;
  for (let step = 0; step < 4; step++) {
    const { hourAngleRad } = apparentAt(time);
    time -= Math.atan2(Math.sin(hourAngleRad), Math.cos(hourAngleRad)) / siderealRate;
  }
  return { timeMjdSec: time, apparentDecDeg: (apparentAt(time).decRad * 180) / Math.PI };
}
