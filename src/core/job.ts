import type { NativeJob } from '../../bindings/addon.js';
import { fromNative, InvalidArgumentError } from './errors.js';

/** What every long call takes, merged into its one options object. */
export interface JobOptions {
  /** Aborting rejects the call with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the fraction of the call's own work that is done, at most once per percent. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** Threads to compute with; a file is read and written by one. @default 0: all cores */
  readonly threads?: number | undefined;
}

/** Their names. */
export const jobOptions = ['signal', 'onProgress', 'threads'] as const satisfies readonly (keyof JobOptions)[];

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
  let thrown: { readonly error: unknown } | undefined; // by the caller's own onProgress
  const report = (fraction: number) => {
    if (thrown) return;
    try {
      onProgress?.(fraction);
    } catch (error) {
      thrown = { error };
      cancel();
    }
  };
  let cancel = () => {};
  try {
    const job = start(onProgress && report);
    cancel = () => job.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    const result = await job.promise;
    if (thrown) throw thrown.error;
    return result;
  } catch (error) {
    if (thrown) throw thrown.error;
    if (signal?.aborted && (error as { code?: string }).code === 'CANCELLED') throw signal.reason;
    throw fromNative(error);
  } finally {
    signal?.removeEventListener('abort', cancel);
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
