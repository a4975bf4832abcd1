/** How files and tiles are put together. Sources of the figures: docs/dsa110.md. */
export const groupingDefaults = Object.freeze({
  /** Stamps of names this near belong together, where headers tell no time. Real groups scatter by 1 s to 82 s. */
  nameToleranceSec: 60,
});

/** How tiles are put together to mosaics. */
export interface MosaicGroupOptions {
  /** Tiles per mosaic. @default 10 */
  readonly groupSize: number;
  /** Tiles that a mosaic has in common with the one before: a window of `groupSize` moves on by the rest. @default 0 */
  readonly overlap: number;
  /** Longest time between the middles of two neighbors. @default 6 */
  readonly maxGapMinutes: number;
  /** Longest time between the middles of the first and the last. @default 60 */
  readonly maxSpanMinutes: number;
  /** Largest difference of a tile's declination from the mean of its group. @default 0.1 */
  readonly maxDecSpreadDeg: number;
}

export const mosaicGroupDefaults: MosaicGroupOptions = Object.freeze({
  groupSize: 10,
  overlap: 0,
  maxGapMinutes: 6,
  maxSpanMinutes: 60,
  maxDecSpreadDeg: 0.1,
});
