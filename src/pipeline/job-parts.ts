import type { JobOptions } from '../core/job.js';

/** Jobs of `n` parts of equal length, one after the other. */
export function partsOf({ onProgress, ...job }: JobOptions, n: number): () => JobOptions {
  let done = 0;
  return () => {
    const before = done++;
    return { ...job, onProgress: onProgress && (fraction => onProgress((before + fraction) / n)) };
  };
}
