import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { clusterFolder, postgresObstacle, startCluster, stopCluster } from '../../test/support/postgres-cluster.js';
import type { Case, Contender, Size } from '../case.js';
import type { DataFolder } from '../data/data-folder.js';

/** Forming of mosaic groups by many processes at once, each of ten tiles that it shares with others. */
export function formGroupsCase(size: Size): Case {
  const nGroups = size === 'full' ? 1000 : 80;
  const nProcesses = 8;
  return {
    name: 'publish/form-groups',
    params: { groups: nGroups, processes: nProcesses },
    threads: 1,
    unit: 'groups/s',
    errorMeans: 'groups that were not formed',
    contenders: onBothDatabases('form-groups'),
    prepare: async data => ({
      input: { nGroups, nProcesses },
      inputOf: await inputs(data),
      work: nGroups,
      errorOf: async folder => (await resultOf<{ nLost: number }>(folder, 'groups.json')).nLost,
    }),
  };
}

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
    contenders: onBothDatabases('publish'),
    prepare: async data => ({
      input: { nProducts, nPublishers },
      inputOf: await inputs(data),
      work: nProducts,
      errorOf: async folder => (await resultOf<PublishResult>(folder, 'publish.json')).nNotOnce,
      figuresOf: async folder => {
        const { latenciesMs } = await resultOf<PublishResult>(folder, 'publish.json');
        const sorted = latenciesMs.sort((a, b) => a - b);
        const percentile = (fraction: number) => sorted[Math.floor(fraction * (sorted.length - 1))]!;
        return { claim_median_ms: percentile(0.5), claim_p99_ms: percentile(0.99) };
      },
    }),
  };
}

function onBothDatabases(node: string): Contender[] {
  const sqlite = { name: 'contimg, SQLite', task: { node } };
  return postgresObstacle === undefined ? [sqlite, { name: 'contimg, PostgreSQL', task: { node } }] : [sqlite];
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

interface PublishResult {
  readonly latenciesMs: number[];
  readonly nNotOnce: number;
}

async function resultOf<Result>(folder: string, name: string): Promise<Result> {
  return JSON.parse(await readFile(join(folder, name), 'utf8')) as Result;
}
