import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { clusterFolder, postgresObstacle, startCluster, stopCluster } from '../../test/support/postgres-cluster.js';
import type { Case, Size } from '../case.js';
import type { DataFolder } from '../data/data-folder.js';

/** Publishing of small files by many at once: what the registry takes. */
export function publishCase(size: Size): Case {
  const nProducts = size === 'full' ? 1000 : 50;
  const nPublishers = 16;
  return {
    name: 'publish/16-publishers',
    params: { products: nProducts, publishers: nPublishers },
    threads: 1,
    unit: 'products/s',
    errorMeans: 'products that were not published exactly once',
    contenders: [
      { name: 'contimg, SQLite', task: { node: 'publish' } },
      ...(postgresObstacle === undefined ? [{ name: 'contimg, PostgreSQL', task: { node: 'publish' } }] : []),
    ],
    prepare: async data => ({
      input: { nProducts, nPublishers },
      inputOf: await inputs(data),
      work: nProducts,
      errorOf: async folder => (await resultOf(folder)).nNotOnce,
      figuresOf: async folder => {
        const { latenciesMs } = await resultOf(folder);
        const sorted = latenciesMs.sort((a, b) => a - b);
        const percentile = (fraction: number) => sorted[Math.floor(fraction * (sorted.length - 1))]!;
        return { claim_median_ms: percentile(0.5), claim_p99_ms: percentile(0.99) };
      },
    }),
  };
}

async function inputs(data: DataFolder): Promise<Record<string, { folder: string; location: string }>> {
  const sqlite = data.scratch('publish-sqlite');
  const ofSqlite = { folder: sqlite, location: join(sqlite, 'registry.sqlite') };
  if (postgresObstacle !== undefined) return { 'contimg, SQLite': ofSqlite };
  const location = await postgresUrl();
  return { 'contimg, SQLite': ofSqlite, 'contimg, PostgreSQL': { folder: data.scratch('publish-postgres'), location } };
}

/** Of a throw-away cluster, which goes with this process. */
async function postgresUrl(): Promise<string> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given) return given;
  const folder = clusterFolder();
  process.on('exit', () => stopCluster(folder));
  return startCluster(folder);
}

async function resultOf(folder: string): Promise<{ latenciesMs: number[]; nNotOnce: number }> {
  return JSON.parse(await readFile(join(folder, 'publish.json'), 'utf8')) as never;
}
