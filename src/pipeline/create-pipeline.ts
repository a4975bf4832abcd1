import { InvalidArgumentError } from '../core/errors.js';
import { openRegistry } from '../registry/index.js';
import { checkConfig } from './pipeline-config.js';
import type { PipelineConfig } from './pipeline-config.js';
import { runPipeline } from './run-pipeline.js';
import type { RunOptions } from './run-pipeline.js';
import type { RunReport } from './run-report.js';
import { makeProductsFolder, makeWorkFolder, realPathOf, removePartials } from './work-folder.js';
import { lockWorkFolder } from './work-lock.js';

/** The whole flow, from correlator files to published mosaics. */
export interface Pipeline {
  /**
   * Processes everything in a folder of subband files that is not processed yet.
   *
   * What a run that ended early left is finished or removed first. A group that fails is reported and does not stop the
   * others; the next run tries it again.
   *
   * @throws {WorkFolderBusyError} another run has the work folder.
   * @throws {FileAccessError} a folder cannot be read or written.
   * @throws {RegistryError} the registry is damaged.
   * @throws `signal.reason` when it is aborted; what is made stays.
   */
  run(incoming: string, options?: RunOptions): Promise<RunReport>;
}

/**
 * Sets up the flow from correlator files to published mosaics. Nothing is touched until it runs.
 *
 * @throws {InvalidArgumentError} an option is wrong.
 * @example
 * const pipeline = createPipeline({ work: 'work', products: 'products', grouping: { groupSize: 4 } });
 * const { products, leftOut, failed } = await pipeline.run('incoming');
 * @see docs/pipeline.md
 */
export function createPipeline(config: PipelineConfig): Pipeline {
  const checked = checkConfig(config);
  return {
    async run(incoming, options = {}) {
      options.signal?.throwIfAborted();
      await checkFolders(incoming, checked);
      const work = await makeWorkFolder(checked.work);
      const products = await makeProductsFolder(checked.products);
      const lock = lockWorkFolder(work);
      try {
        await removePartials(work);
        const owner = `run on ${work}, folder ${lock.folderId}`;
        const registry = await openRegistry(checked.registry);
        try {
          return await runPipeline(incoming, { ...checked, work, products, owner }, registry, options);
        } finally {
          await registry.close();
        }
      } finally {
        lock.release();
      }
    },
  };
}

/** Three folders, whatever links lead to them; before anything is made in one of them. */
async function checkFolders(incoming: string, { work, products }: { work: string; products: string }): Promise<void> {
  const real = {
    incoming: await realPathOf(incoming),
    work: await realPathOf(work),
    products: await realPathOf(products),
  };
  for (const [a, b] of [
    ['incoming', 'work'],
    ['incoming', 'products'],
    ['work', 'products'],
  ] as const)
    if (real[a] === real[b])
      throw new InvalidArgumentError(`Expected ${a} and ${b} to be two folders but both are ${real[a]}`);
}
