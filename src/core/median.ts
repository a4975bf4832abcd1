/** NaN of an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The middle value, of an even number the lower of the two: one of them in any case. NaN of an empty list. */
export function lowerMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1] ?? NaN;
}

/**
 * The upper median of the values at the places where `where` is finite, exactly, in memory that does not depend on their
 * number: the bits of floats that are not negative are in the floats' order, so it is found by its upper half, then by its
 * lower.
 *
 * @param values - none negative.
 * @param where - as long as `values`.
 * @returns NaN where there is none.
 */
export function medianWhere(values: Float32Array, where: Float32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const uppers = new Uint32Array(1 << 16);
  let n = 0;
  for (let i = 0; i < bits.length; i++) {
    if (!Number.isFinite(where[i]!)) continue;
    uppers[bits[i]! >>> 16]!++;
    n++;
  }
  if (n === 0) return NaN;
  const upper = placeOf(uppers, n >> 1);
  const lowers = new Uint32Array(1 << 16);
  for (let i = 0; i < bits.length; i++)
    if (bits[i]! >>> 16 === upper.index && Number.isFinite(where[i]!)) lowers[bits[i]! & 0xffff]!++;
  const found = new Uint32Array([(upper.index << 16) | placeOf(lowers, upper.rank).index]);
  return new Float32Array(found.buffer)[0]!;
}

/** The bin of a histogram that holds the item of a rank, and its rank among those of the bin. */
function placeOf(counts: Uint32Array, rank: number): { index: number; rank: number } {
  let index = 0;
  for (; rank >= counts[index]!; index++) rank -= counts[index]!;
  return { index, rank };
}
