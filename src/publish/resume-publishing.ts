import type { Registry } from '../registry/index.js';
import type { PublishRoots } from './place-files.js';
import { finishPublishing } from './publish-product.js';

/** What became of the products that a process which died had been publishing. */
export interface ResumeReport {
  readonly finished: readonly string[];
  /** Back to `staged`, with the reason. */
  readonly rolledBack: readonly { readonly id: string; readonly error: Error }[];
}

/**
 * Finishes, or where that fails takes back, what a process that died was publishing, whatever step it had reached, and
 * removes its temporary files. To be called when no other process publishes from this registry.
 */
export async function resumePublishing(registry: Registry, roots: PublishRoots): Promise<ResumeReport> {
  const finished: string[] = [];
  const rolledBack: { id: string; error: Error }[] = [];
  for (const product of await registry.products.list({ state: 'publishing' })) {
    try {
      await finishPublishing(registry, product, roots);
      finished.push(product.id);
    } catch (error) {
      rolledBack.push({ id: product.id, error: error as Error });
    }
  }
  return { finished, rolledBack };
}
