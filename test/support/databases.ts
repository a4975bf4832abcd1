import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import Database from 'better-sqlite3';
import pg from 'pg';
import { describe, inject } from 'vitest';

import { describeIf } from './oracles.js';
import { postgresObstacle, startCluster } from './postgres-cluster.js';

/** A database to test with. */
export interface TestDatabase {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** An empty one, of the test's own; where it is a file, in `folder`. */
  make(folder: string): Promise<string>;
  /** Runs SQL beside the registry, as no user of it could, and gives the rows. */
  query<Row = unknown>(location: string, text: string): Promise<Row[]>;
}

export const sqlite: TestDatabase = {
  name: 'SQLite',
  make: folder => Promise.resolve(join(folder, 'registry.sqlite')),
  query<Row>(location: string, text: string) {
    const database = new Database(location);
    try {
      const statement = database.prepare(text);
      return Promise.resolve(statement.reader ? (statement.all() as Row[]) : (statement.run(), []));
    } catch (error) {
      return Promise.reject(error as Error);
    } finally {
      database.close();
    }
  },
};

const postgres: TestDatabase = {
  name: 'PostgreSQL',
  async make() {
    const url = new URL(await postgresUrl());
    const schema = `test_${crypto.randomUUID().replaceAll('-', '')}`;
    await queryPostgres(url.href, `create schema ${schema}`);
    url.search = `?options=${encodeURIComponent(`-c search_path=${schema}`)}`;
    return url.href;
  },
  query: queryPostgres,
};

/** The same tests on both databases. */
export function onBothDatabases(title: string, suite: (database: TestDatabase) => void): void {
  describe(`${title}, SQLite`, () => suite(sqlite));
  describeIf(postgresObstacle === undefined, postgresObstacle ?? '', `${title}, PostgreSQL`, () => suite(postgres));
}

async function queryPostgres<Row>(location: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: location });
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** TEST_DATABASE_URL, or a cluster on a loopback port that the first caller starts for all. */
async function postgresUrl(): Promise<string> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given) return given;
  const folder = inject('postgresFolder');
  const ready = join(folder, 'url');
  try {
    mkdirSync(join(folder, 'starting')); // fails for all but one
    writeFileSync(`${ready}.part`, await startCluster(folder));
    renameSync(`${ready}.part`, ready);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    for (let waited = 0; !existsSync(ready); waited++) {
      if (waited > 600) throw new Error('The PostgreSQL cluster did not start within a minute', { cause: error });
      await setTimeout(100);
    }
  }
  return readFileSync(ready, 'utf8');
}
