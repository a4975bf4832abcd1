import type { MosaicGroupOptions } from './defaults.js';
import { microsOf, readLimits, timingViolations } from './mosaic-group-rules.js';
import type { GroupableTile, Limits, TimingRule } from './mosaic-group-rules.js';

/** Why a tile is in no group: more tiles may still come; or never, as its neighbors are too far in time or declination. */
export type WaitingReason = TimingRule;

/** Tiles in groups of neighbors, and those in none. */
export interface MosaicPlan<T extends GroupableTile> {
  /** In ascending time, each of `groupSize` tiles; neighbors have at most `overlap` tiles in common. */
  readonly groups: readonly (readonly T[])[];
  /** In ascending time. */
  readonly waiting: readonly { readonly tile: T; readonly reason: WaitingReason }[];
}

/**
 * Splits tiles, in order of time, into windows of neighbors that each make one mosaic and that keep the rules of time and
 * declination of `checkMosaicGroup`. A window that cannot be filled gives up its first tile and is tried again from the
 * second, so that one bad tile blocks none of those after it.
 *
 * @param used - ids of the tiles that are in a group already: a new one has at most `overlap` of them.
 * @throws {InvalidArgumentError} an option or a tile's time is not a number in range.
 */
export function planMosaicGroups<T extends GroupableTile>(
  tiles: readonly T[],
  options: Partial<MosaicGroupOptions> = {},
  used: ReadonlySet<string> = new Set(),
): MosaicPlan<T> {
  const limits = readLimits(options);
  const taken = new Set(used);
  const queue = tiles
    .filter(tile => limits.overlap > 0 || !taken.has(tile.id))
    .map(tile => ({ tile, micros: microsOf(tile) }))
    .sort((a, b) => a.micros - b.micros || (a.tile.id < b.tile.id ? -1 : 1))
    .map(({ tile }) => tile);
  const groups: T[][] = [];
  const waiting: { tile: T; reason: WaitingReason }[] = [];
  for (let first = 0; first < queue.length;) {
    const window = queue.slice(first, first + limits.groupSize);
    const reason = obstacle(window, limits, taken);
    if (reason === undefined) {
      groups.push(window);
      window.forEach(tile => taken.add(tile.id));
      first += limits.groupSize - limits.overlap;
    } else {
      waiting.push({ tile: queue[first]!, reason });
      first += 1;
    }
  }
  return { groups, waiting: waiting.filter(({ tile }) => !taken.has(tile.id)) };
}

/** What keeps the window from being a group. A window that is short but sound may still be filled by later tiles. */
function obstacle(
  window: readonly GroupableTile[],
  limits: Limits,
  taken: ReadonlySet<string>,
): WaitingReason | undefined {
  const [violation] = timingViolations(window, limits);
  if (violation) return violation.rule;
  if (window.filter(tile => taken.has(tile.id)).length > limits.overlap) return 'TOO_FEW_TILES'; // of new ones
  return window.length < limits.groupSize ? 'TOO_FEW_TILES' : undefined;
}
