import { dsa110 } from '../core/dsa110.js';
import { InvalidArgumentError } from '../core/errors.js';
import { meridianIcrs } from '../core/sky.js';
import type { SkyDirection } from '../core/sky.js';
import type { CheckedOptions } from './simulation-options.js';

/** When one tile is observed, and where the array looks then. */
export interface TileSchedule {
  /** Start of the first integration, to the second: `2026-01-25T22:00:05`. */
  readonly stamp: string;
  /** Integration centers, JD UTC and MJD seconds. */
  readonly timesJd: readonly number[];
  readonly timesMjdSec: readonly number[];
  /** The pointing at each integration. */
  readonly meridian: readonly SkyDirection[];
}

const secondsPerDay = 86400;
const mjdOfUnixEpoch = 40587;
const jdOfMjdEpoch = 2400000.5;

/** Consecutive tiles without gaps. */
export function observingSchedule(options: CheckedOptions): TileSchedule[] {
  const { midnightMjd, second } = parseStart(options.startTime);
  const tileSec = options.nIntegrations * dsa110.integrationSec;
  return Array.from({ length: options.nTiles }, (_, tile) => {
    const start = second + tile * tileSec;
    const centers = Array.from({ length: options.nIntegrations }, (_, i) => start + (i + 0.5) * dsa110.integrationSec);
    const timesMjdSec = centers.map(center => midnightMjd * secondsPerDay + center);
    return {
      stamp: fileStamp(midnightMjd, start),
      // The whole days are added last: a JD resolves 40 us, and this way it is the nearest one.
      timesJd: centers.map(center => jdOfMjdEpoch + midnightMjd + center / secondsPerDay),
      timesMjdSec,
      meridian: timesMjdSec.map(time =>
        meridianIcrs(options.pointingDecDeg, time, dsa110.site, options.earthOrientation),
      ),
    };
  });
}

/** Adds whole seconds to the stamp of a file name. */
export function laterStamp(stamp: string, seconds: number): string {
  return new Date(Date.parse(`${stamp}Z`) + seconds * 1000).toISOString().slice(0, 19);
}

function fileStamp(midnightMjd: number, second: number): string {
  const unixSec = (midnightMjd - mjdOfUnixEpoch) * secondsPerDay + Math.floor(second);
  return new Date(unixSec * 1000).toISOString().slice(0, 19);
}

function parseStart(text: string): { midnightMjd: number; second: number } {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d{1,6})?)Z?$/.exec(text);
  const [, day, hour, minute, second] = match ?? [];
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const valid = match && new Date(midnight || 0).toISOString().startsWith(day!);
  if (!valid || Number(hour) > 23 || Number(minute) > 59 || Number(second) >= 60) {
    throw new InvalidArgumentError(
      `Expected startTime to be a UTC time such as 2026-01-25T22:00:05 but received ${JSON.stringify(text)}`,
    );
  }
  return {
    midnightMjd: midnight / (secondsPerDay * 1000) + mjdOfUnixEpoch,
    second: Number(hour) * 3600 + Number(minute) * 60 + Number(second),
  };
}
