/** An image made small: values (ny, nx), NaN where no pixel has a value. */
export interface SmallImage {
  readonly values: Float32Array;
  readonly nx: number;
  readonly ny: number;
  /** Pixels of the image along each side of one of these. */
  readonly block: number;
}

/** Averages square blocks of pixels, as few as bring both sides down to `maxSize`; NaN pixels do not count. */
export function meanOfBlocks(pixels: Float32Array, [ny, nx]: [number, number], maxSize: number): SmallImage {
  const block = Math.ceil(Math.max(nx, ny) / maxSize);
  if (block === 1) return { values: pixels, nx, ny, block };
  const small = { nx: Math.ceil(nx / block), ny: Math.ceil(ny / block), block };
  const sums = new Float64Array(small.nx * small.ny);
  const counts = new Uint32Array(sums.length);
  for (let y = 0, i = 0; y < ny; y++) {
    const row = Math.floor(y / block) * small.nx;
    for (let x = 0; x < nx; x++, i++) {
      const value = pixels[i]!;
      if (Number.isNaN(value)) continue;
      const at = row + Math.floor(x / block);
      sums[at]! += value;
      counts[at]!++;
    }
  }
  return { values: Float32Array.from(sums, (sum, i) => (counts[i]! > 0 ? sum / counts[i]! : NaN)), ...small };
}

/**
 * Values between which an image is worth looking at: from the 1st percentile to the 99.9th, or to 10 times the noise
 * above the median where that is more, so that an image of noise alone does not look full of sources.
 */
export function robustRange(values: Float32Array): [low: number, high: number] {
  const step = Math.ceil(values.length / 500_000);
  const sorted = values.filter((value, i) => i % step === 0 && Number.isFinite(value)).sort();
  if (sorted.length === 0) return [0, 1];
  const percentile = (percent: number) => sorted[Math.round((percent / 100) * (sorted.length - 1))]!;
  const median = percentile(50);
  // The part below the median holds no sources: half the distance between percentiles 2.3 and 50 is sigma.
  const sigma = (median - percentile(2.3)) / 2;
  const high = Math.max(percentile(99.9), Math.min(median + 10 * sigma, sorted[sorted.length - 1]!));
  return [percentile(1), high];
}
