import { RegistryError } from '../core/errors.js';
import type { Product, Registry } from '../registry/index.js';
import { filesArePlaced, placeFiles, publishedName } from './place-files.js';
import type { OnPublishStep, PublishRoots } from './place-files.js';
import { safePath } from './safe-path.js';

export interface PublishOptions extends PublishRoots {
  /** Told of every step that is done. @default nobody */
  readonly onStep?: OnPublishStep;
}

/**
 * Publishes a product: the only way into the products folder. It must be staged and have passed its validation. Doing
 * it again does nothing; a published product of which files are missing is completed.
 *
 * @returns the absolute paths of the published files, the main one last.
 * @throws {RegistryError} unknown, not staged, or not validated.
 * @throws {UnsafePathError} a path would leave its root.
 * @throws {ProductConflictError} a name is taken by other content.
 * @throws {DiskFullError} as is; the product is staged still and nothing half-copied is left.
 * @see docs/publishing.md
 */
export async function publishProduct(
  registry: Registry,
  productId: string,
  options: PublishOptions,
): Promise<readonly string[]> {
  const product = await registry.products.get(productId);
  if (product === undefined) throw new RegistryError(`Expected a product ${productId} in the registry: there is none`);
  if (product.files.length === 0) {
    throw new RegistryError(`Expected ${productId} to consist of files to publish, but none are registered`);
  }
  if (product.state === 'published') {
    if (await filesArePlaced(product, options)) return publishedPaths(product, options.productsRoot);
    await registry.products.unpublish(productId, 'published files are missing');
  }
  await registry.products.claimForPublishing(productId);
  options.onStep?.('claimed', productId);
  return finishPublishing(registry, product, options);
}

/** From the claim to the end, whichever process made the claim. */
export async function finishPublishing(
  registry: Registry,
  product: Product,
  options: PublishOptions,
): Promise<readonly string[]> {
  const onStep: OnPublishStep = (step, path) => options.onStep?.(step, path);
  let paths: readonly string[];
  try {
    paths = await placeFiles(product, options, onStep);
  } catch (error) {
    await registry.products.failPublishing(product.id, (error as Error).message);
    throw error;
  }
  await registry.products.completePublishing(product.id);
  onStep('completed', product.id);
  return paths;
}

async function publishedPaths(product: Product, productsRoot: string): Promise<readonly string[]> {
  return Promise.all(product.files.map(file => safePath(productsRoot, publishedName(product, file))));
}
