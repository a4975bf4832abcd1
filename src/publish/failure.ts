import { isPipelineError } from '../core/errors.js';

/** What stays wrong until a person mends it, or the product is made anew. */
const permanentCauses = ['ENOENT', 'ENAMETOOLONG', 'EISDIR', undefined];

/**
 * Whether the same attempt may succeed later: the disk is full or fails, something is locked or forbidden for now. An
 * unsafe path, other content in the way, a source that is missing or was changed stay as they are.
 */
export function isTransient(error: unknown): boolean {
  if (isPipelineError(error, 'UNSAFE_PATH', 'PRODUCT_CONFLICT', 'INVALID_ARGUMENT')) return false;
  if (!isPipelineError(error, 'FILE_ACCESS')) return true;
  return !permanentCauses.includes((error.cause as NodeJS.ErrnoException | undefined)?.code);
}

/** Doubles with every attempt, from `backoffSec` to an hour; the last half is left to chance, so that hosts do not meet. */
export function retryDelaySec(attempts: number, backoffSec: number): number {
  const longest = Math.min(backoffSec * 2 ** (attempts - 1), 3600);
  return longest * (0.5 + 0.5 * Math.random());
}
