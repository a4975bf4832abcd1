import { fromNative, InvalidArgumentError } from './errors.js';

/** What every long call takes, merged into its one options object. */
export interface JobOptions {
  /** Aborting rejects the call with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the fraction of the call's own work that is done, at most once per percent. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** Threads to use. @default 0: all cores */
  readonly threads?: number | undefined;
}

/** A running native job. */
export interface NativeJob<T> {
  readonly promise: Promise<T>;
  cancel(): void;
}

/**
 * Runs a native job under an AbortSignal, and gives its errors their classes and a JS stack.
 *
 * @param start - calls the addon; its argument is the progress callback to pass on.
 */
export async function runJob<T>(
  options: JobOptions,
  start: (onProgress: ((fraction: number) => void) | undefined) => NativeJob<T>,
): Promise<T> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  try {
    const job = start(onProgress);
    const cancel = () => job.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await job.promise;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  } catch (error) {
    if (signal?.aborted && (error as { code?: string }).code === 'CANCELLED') throw signal.reason;
    throw fromNative(error);
  }
}

/** Runs a synchronous addon call and gives its errors their classes. */
export function callNative<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromNative(error);
  }
}

/** Threads for the addon: 0 means all cores. */
export function threadCount(options: JobOptions): number {
  const { threads = 0 } = options;
  if (!Number.isInteger(threads) || threads < 0 || threads > 1024) {
    throw new InvalidArgumentError(`Expected threads to be an integer from 0 to 1024 but received ${threads}`);
  }
  return threads;
}
