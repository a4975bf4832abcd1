import { checkInteger, checkKnownOptions, checkNumber, checkPositive } from '../core/check.js';
import type { MosaicGroupOptions } from './defaults.js';
import { mosaicGroupDefaults } from './defaults.js';

/** A tile that may become part of a mosaic. */
export interface GroupableTile {
  readonly id: string;
  /** Middle of the tile, UTC, MJD seconds. */
  readonly midTimeMjdSec: number;
  /** Pointing declination, degrees. */
  readonly decDeg: number;
}

/** Why a tile is in no group: more tiles may still come; or never, as its neighbors are too far in time or declination. */
export type WaitingReason = 'TOO_FEW_TILES' | 'GAP' | 'SPAN' | 'DECLINATION';

/** Tiles in groups of neighbors, and those in none. */
export interface MosaicPlan<T extends GroupableTile> {
  /** In ascending time, each of `groupSize` tiles, no tile twice. */
  readonly groups: readonly (readonly T[])[];
  /** In ascending time. */
  readonly waiting: readonly { readonly tile: T; readonly reason: WaitingReason }[];
}

/**
 * Splits tiles, in order of time, into consecutive groups that each make one mosaic.
 *
 * In a group, neighbors are at most `maxGapMinutes` apart (middle to middle), the first and the last at most
 * `maxSpanMinutes`, and every declination is within `maxDecSpreadDeg` of the mean. Times are compared in whole
 * microseconds, so that exactly 60 minutes pass. A group that cannot be filled gives up its first tile and is tried
 * again from the second.
 *
 * @throws {InvalidArgumentError} an option or a tile's time is not a number in range.
 */
export function planMosaicGroups<T extends GroupableTile>(
  tiles: readonly T[],
  options: Partial<MosaicGroupOptions> = {},
): MosaicPlan<T> {
  const limits = readLimits(options);
  const queue = tiles
    .map(tile => ({ tile, micros: Math.round(checkNumber('midTimeMjdSec', tile.midTimeMjdSec) * 1e6) }))
    .sort((a, b) => a.micros - b.micros || (a.tile.id < b.tile.id ? -1 : 1));
  const groups: T[][] = [];
  const waiting: { tile: T; reason: WaitingReason }[] = [];
  for (let first = 0; first < queue.length;) {
    const window = queue.slice(first, first + limits.groupSize);
    const reason = obstacle(window, limits);
    if (reason === undefined) {
      groups.push(window.map(({ tile }) => tile));
      first += limits.groupSize;
    } else {
      waiting.push({ tile: queue[first]!.tile, reason });
      first += 1;
    }
  }
  return { groups, waiting };
}

type Limits = ReturnType<typeof readLimits>;

function readLimits(options: Partial<MosaicGroupOptions>) {
  checkKnownOptions(options, Object.keys(mosaicGroupDefaults));
  const { groupSize, maxGapMinutes, maxSpanMinutes, maxDecSpreadDeg } = { ...mosaicGroupDefaults, ...options };
  return {
    groupSize: checkInteger('groupSize', groupSize, 1),
    maxGapMicros: checkPositive('maxGapMinutes', maxGapMinutes) * 60e6,
    maxSpanMicros: checkPositive('maxSpanMinutes', maxSpanMinutes) * 60e6,
    maxDecSpreadDeg: checkPositive('maxDecSpreadDeg', maxDecSpreadDeg),
  };
}

/** What keeps the window from being a group. A window that is short but sound may still be filled by later tiles. */
function obstacle(
  window: readonly { readonly tile: GroupableTile; readonly micros: number }[],
  limits: Limits,
): WaitingReason | undefined {
  const micros = window.map(entry => entry.micros);
  if (micros.some((time, i) => i > 0 && time - micros[i - 1]! > limits.maxGapMicros)) return 'GAP';
  if (micros.at(-1)! - micros[0]! > limits.maxSpanMicros) return 'SPAN';
  const decs = window.map(entry => entry.tile.decDeg);
  const mean = decs.reduce((sum, dec) => sum + dec, 0) / decs.length;
  // 1e-9 deg: the rounding of a mean must not decide.
  if (!decs.every(dec => Math.abs(dec - mean) <= limits.maxDecSpreadDeg + 1e-9)) return 'DECLINATION';
  return window.length < limits.groupSize ? 'TOO_FEW_TILES' : undefined;
}
