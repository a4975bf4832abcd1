import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describeContent, openRegistry, publishProduct } from '../../src/index.js';
import type { Registry } from '../../src/index.js';
import type { Task } from './index.js';

interface Input {
  readonly folder: string;
  /** Of the registry. */
  readonly location: string;
  readonly nProducts: number;
  readonly nPublishers: number;
}

/** Many publishers, each with a registry of its own, publish all products of a work folder, a small file each. */
export function publishTask({ folder, location, nProducts, nPublishers }: Input): Promise<Task> {
  const [workRoot, productsRoot] = [join(folder, 'work'), join(folder, 'products')];
  let round = 0;
  let ids: string[] = [];
  return Promise.resolve({
    before: async () => {
      for (const root of [workRoot, productsRoot]) {
        await rm(root, { recursive: true, force: true });
        await mkdir(join(root, 'mosaics'), { recursive: true });
      }
      const registry = await openRegistry(location);
      ids = Array.from({ length: nProducts }, (_, i) => `mosaics/${round}-${i}.fits`);
      for (const id of ids) await stage(registry, workRoot, id);
      await registry.close();
      round++;
    },
    run: async () => {
      const latenciesMs: number[] = [];
      const queue = [...ids];
      const publisher = async () => {
        const registry = await openRegistry(location);
        for (let id; (id = queue.shift());) {
          const start = performance.now();
          const onStep = (step: string) => void (step === 'claimed' && latenciesMs.push(performance.now() - start));
          await publishProduct(registry, id, { workRoot, productsRoot, onStep });
        }
        await registry.close();
      };
      await Promise.all(Array.from({ length: nPublishers }, publisher));
      return async result => {
        const registry = await openRegistry(location);
        let nOnce = 0;
        for (const id of ids) {
          const events = await registry.history(id);
          if (events.filter(event => event.to_state === 'published').length === 1) nOnce++;
        }
        await registry.close();
        await writeFile(join(result, 'publish.json'), JSON.stringify({ latenciesMs, nNotOnce: ids.length - nOnce }));
      };
    },
  });
}

async function stage(registry: Registry, workRoot: string, id: string): Promise<void> {
  await writeFile(join(workRoot, id), id);
  const files = [await describeContent(workRoot, id)];
  await registry.products.register({ id, kind: 'mosaic', path: id, recipe: 'r', files });
  await registry.products.setValidation(id, 'passed');
  await registry.products.setQa(id, 'passed');
}
