import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { checkInteger, checkKnownOptions, checkNumber, checkPositive, checkText } from '../core/check.js';
import { isPipelineError, RegistryError } from '../core/errors.js';
import type { Claim, Claimant, Product, Registry } from '../registry/index.js';
import { isTransient, retryDelaySec } from './failure.js';
import { Folder, using } from './folder.js';
import { Heartbeat } from './heartbeat.js';
import { filesArePlaced, Placement, publishedName } from './placement.js';
import type { OnPublishStep, PublishRoots, Undo } from './placement.js';
import { safePath } from './safe-path.js';

/** How long and how often publishing is tried. */
export interface PublishPolicy {
  /** How long nobody else may take over what a process publishes, unless it shows a sign of life. @default 60 */
  readonly leaseSec: number;
  /** After so many attempts a product is `failed` until somebody asks for it. @default 3 */
  readonly maxAttempts: number;
  /** Until the second attempt; twice that until the third; each up to a half less, by chance. @default 60 */
  readonly backoffSec: number;
}

export const publishDefaults: PublishPolicy = Object.freeze({ leaseSec: 60, maxAttempts: 3, backoffSec: 60 });

export interface PublishOptions extends PublishRoots, Partial<PublishPolicy> {
  /** Names the process in the registry. @default host, process and a few random letters */
  readonly owner?: string;
  /** Told of every step that is done, and waited for. @default nobody */
  readonly onStep?: OnPublishStep;
}

const knownOptions = [
  ...['workRoot', 'productsRoot', 'owner', 'onStep', ...Object.keys(publishDefaults)],
  ...['deadOwner', 'intervalSec', 'signal', 'onReport', 'onError'], // of resumePublishing and keepPublishing
];

const thisProcess = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;

/**
 * Publishes a product: the only way into the products folder, for the pipeline, by hand and on a retry. It must be staged,
 * finalized, and have passed its checks. Its files are moved there; doing it again does nothing.
 *
 * @returns the absolute paths of the published files, the main one last.
 * @throws {RegistryError} unknown, not staged, or not passed by its checks.
 * @throws {PublishDeferredError} somebody else publishes it, or its next attempt is not due.
 * @throws {PublishFailedError} attempts have been given up: see `retryPublishing`.
 * @throws {UnsafePathError} a path would leave its root.
 * @throws {FileAccessError} a root is no folder: that is no attempt; or a source is missing or was changed.
 * @throws {ProductConflictError} a name is taken by other content.
 * @throws {DiskFullError} as is; the product is staged still and nothing half-copied is left.
 * @see docs/publishing.md
 */
export async function publishProduct(
  registry: Registry,
  productId: string,
  options: PublishOptions,
): Promise<readonly string[]> {
  const claimant = claimantOf(options);
  await checkRoots(options);
  const known = await registry.products.get(productId);
  if (known?.state === 'published') {
    if (await filesArePlaced(known, options)) return publishedPaths(known, options);
    await registry.products.unpublish(productId, 'published files are missing');
  }
  const claim = await registry.claims.take(productId, claimant);
  if (claim === undefined) return publishedPaths(known!, options); // by somebody else, just now
  return finishPublishing(registry, claim, options);
}

/**
 * Publishes a product at once that failed, or whose next attempt is not due, with all attempts before it.
 *
 * @throws as `publishProduct`; {PublishDeferredError} a claim that is alive is not taken from anybody.
 */
export async function retryPublishing(
  registry: Registry,
  productId: string,
  options: PublishOptions,
): Promise<readonly string[]> {
  await checkRoots(options);
  await registry.claims.reset(productId);
  return publishProduct(registry, productId, options);
}

/** From the claim to the end, whatever a process that had the claim before has done already. */
export async function finishPublishing(
  registry: Registry,
  claim: Claim,
  options: PublishOptions,
): Promise<readonly string[]> {
  const heartbeat = new Heartbeat(registry, claim);
  try {
    await options.onStep?.('claimed', claim.product.id);
    await placeProduct(claim.product, options, heartbeat);
    await registry.claims.complete(claim);
    await options.onStep?.('completed', claim.product.id);
    return await publishedPaths(claim.product, options);
  } catch (error) {
    if (!isPipelineError(error, 'PUBLISH_DEFERRED')) await recordFailure(registry, claim, error, options);
    throw error;
  } finally {
    heartbeat.stop();
  }
}

/** @throws {InvalidArgumentError} an option is out of range. */
export function claimantOf(options: PublishOptions): Claimant {
  checkKnownOptions(options, knownOptions);
  checkInteger('maxAttempts', options.maxAttempts ?? publishDefaults.maxAttempts, 1);
  checkNumber('backoffSec', options.backoffSec ?? publishDefaults.backoffSec, 0);
  const leaseSec = checkPositive('leaseSec', options.leaseSec ?? publishDefaults.leaseSec);
  return { owner: checkText('owner', options.owner ?? thisProcess), leaseSec };
}

/**
 * Roots that are not there, as a mistyped or unmounted one, are no fault of any product: nothing is claimed then.
 *
 * @throws {FileAccessError} one of them is no folder.
 */
export async function checkRoots({ workRoot, productsRoot }: PublishRoots): Promise<void> {
  for (const root of [workRoot, productsRoot]) await using(await Folder.openRoot(root), () => Promise.resolve());
}

/**
 * First every file gets its published name, the main one last; only when all have it are the sources removed. What fails
 * before that is taken back.
 */
async function placeProduct(product: Product, options: PublishOptions, guard: Heartbeat): Promise<void> {
  const onStep: OnPublishStep = (step, path) => options.onStep?.(step, path);
  const placements: Placement[] = [];
  const undo: Undo[] = [];
  const remember = (step: Undo | undefined) => void (step && undo.unshift(step));
  try {
    for (const file of product.files) placements.push(await Placement.open(product, file, options));
    for (const placement of placements) await placement.clean();
    await onStep('cleaned', product.id);
    for (const placement of placements) {
      await guard.ensureHeld();
      await placement.place(guard.token, onStep, remember);
    }
    for (const { target } of placements) await target.folder.sync();
    await onStep('synced', product.id);
    await guard.ensureHeld();
    for (const placement of placements) {
      remember(await placement.retire());
      await onStep('retired', placement.target.path);
    }
    undo.length = 0;
    for (const placement of placements) {
      await placement.removeRetired();
      await onStep('removed', placement.target.path);
    }
    await removeEmptyFolder(product, options);
    await guard.ensureHeld();
  } catch (error) {
    await guard.ensureHeld(true); // otherwise all this is somebody else's now
    for (const step of undo) await step().catch(() => undefined); // what stays is recognized by the next attempt
    throw error;
  } finally {
    for (const placement of placements) await placement.close();
  }
}

/** Of the folder that the files of a product were made in nothing is left, unless something else was put there. */
async function removeEmptyFolder({ path, files }: Product, { workRoot }: PublishRoots): Promise<void> {
  if (files.some(file => file.path === path)) return;
  await using(await safePath(workRoot, path), async ({ folder, name }) => {
    if ((await folder.stat(name))?.isDirectory()) await folder.removeEmpty(name);
  }).catch(() => undefined);
}

async function recordFailure(registry: Registry, claim: Claim, error: unknown, options: PublishOptions): Promise<void> {
  const { maxAttempts, backoffSec } = { ...publishDefaults, ...options };
  const attempts = claim.product.publishAttempts;
  const again = isTransient(error) && attempts < maxAttempts;
  const reason = error instanceof Error ? error.message : String(error);
  await registry.claims.fail(claim, reason, again ? retryDelaySec(attempts, backoffSec) : undefined);
}

async function publishedPaths(product: Product, { productsRoot }: PublishRoots): Promise<readonly string[]> {
  if (product.files.length === 0) throw new RegistryError(`Expected ${product.id} to consist of files`);
  return Promise.all(
    product.files.map(async file =>
      using(await safePath(productsRoot, publishedName(product, file)), ({ path }) => Promise.resolve(path)),
    ),
  );
}
