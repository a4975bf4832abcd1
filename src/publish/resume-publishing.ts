import { setTimeout } from 'node:timers/promises';

import { checkPositive } from '../core/check.js';
import { isPipelineError } from '../core/errors.js';
import type { Claim, Registry } from '../registry/index.js';
import { checkRoots, claimantOf, finishPublishing } from './publish-product.js';
import type { PublishOptions } from './publish-product.js';

export interface PublishAllOptions extends PublishOptions {
  /** Once it is aborted the product at hand is finished, and no other begun. */
  readonly signal?: AbortSignal;
}

export interface ResumeOptions extends PublishAllOptions {
  /** An owner that is known to be gone, as by a lock: what it left is taken over before its leases end. @default none */
  readonly deadOwner?: string;
}

/** What became of the products that were published, or tried. */
export interface PublishReport {
  readonly published: readonly string[];
  /** Not published: `staged` again or `failed`, with the reason. */
  readonly failed: readonly { readonly id: string; readonly error: Error }[];
}

/**
 * Finishes, or where that fails takes back, what processes that died were publishing, whatever step they had reached, and
 * removes their temporary files. What has a lease that has not ended is left alone. To be called at the start and then
 * from time to time, by any number of processes.
 */
export async function resumePublishing(registry: Registry, options: ResumeOptions): Promise<PublishReport> {
  const claimant = claimantOf(options);
  return publishAll(registry, options, () => registry.claims.takeOver(claimant, options.deadOwner));
}

/** Publishes every product that is ready and due, in order of age, passing over those that other processes publish. */
export async function publishDue(registry: Registry, options: PublishAllOptions): Promise<PublishReport> {
  const claimant = claimantOf(options);
  return publishAll(registry, options, () => registry.claims.takeNext(claimant));
}

export interface KeepPublishingOptions extends PublishAllOptions {
  /** From the end of one round to the next. @default 60 */
  readonly intervalSec?: number;
  /** Told of every round in which something was done. */
  readonly onReport?: (report: PublishReport) => void;
  /**
   * Told of what kept a round from being done, as a registry that is not to be reached or a root that is not mounted; the
   * next round tries again. @default that error ends it
   */
  readonly onError?: (error: Error) => void;
}

/**
 * Publishes whatever becomes due, and takes over what other processes that died were publishing, until it is aborted. Any
 * number of processes, on any number of hosts, may do so at once, where the roots are the same folders for all.
 *
 * @throws {FileAccessError} a root is no folder from the beginning.
 */
export async function keepPublishing(registry: Registry, options: KeepPublishingOptions): Promise<void> {
  const { signal, onReport, onError } = options;
  const intervalMs = 1000 * checkPositive('intervalSec', options.intervalSec ?? 60);
  await checkRoots(options);
  while (!signal?.aborted) {
    for (const round of [resumePublishing, publishDue]) {
      try {
        const report = await round(registry, options);
        if (report.published.length + report.failed.length > 0) onReport?.(report);
      } catch (error) {
        if (!onError || !isPipelineError(error, 'REGISTRY', 'DISK_FULL', 'FILE_ACCESS')) throw error;
        onError(error);
      }
    }
    await setTimeout(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

async function publishAll(
  registry: Registry,
  { signal, ...options }: PublishAllOptions,
  next: () => Promise<Claim | undefined>,
): Promise<PublishReport> {
  const published: string[] = [];
  const failed: { id: string; error: Error }[] = [];
  await checkRoots(options);
  while (!signal?.aborted) {
    const claim = await next();
    if (claim === undefined) break;
    const { id } = claim.product;
    try {
      await finishPublishing(registry, claim, options);
      published.push(id);
    } catch (error) {
      if (isPipelineError(error, 'REGISTRY')) throw error;
      failed.push({ id, error: error as Error });
    }
  }
  return { published, failed };
}
