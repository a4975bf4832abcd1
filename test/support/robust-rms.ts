import type { SkyImage } from '../../src/index.js';

/** Standard deviation by the median of the absolute values: what is left of sources does not count. */
export function robustRms({ pixels }: SkyImage): number {
  const values = (pixels.data as Float32Array).filter(value => Number.isFinite(value)).map(Math.abs);
  return 1.4826 * values.sort()[values.length >> 1]!;
}
