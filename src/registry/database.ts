import { setTimeout } from 'node:timers/promises';

import { PostgresAdapter, sql } from 'kysely';
import type { Kysely, RawBuilder, SelectQueryBuilder } from 'kysely';

import type { Tables } from './schema.js';

/** What the two databases do differently; everything else is one schema and one set of queries. */
export type Dialect = 'sqlite' | 'postgres';

export function dialectOf(db: Kysely<Tables>): Dialect {
  return db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
}

/** How long to wait for another connection's write. */
export const busyLimitMs = 20_000;

/**
 * Runs `work` in one transaction, again from its start where another connection came into the way, so it must do nothing
 * but query. In SQLite it is a write transaction from the start, so that what it reads stays true until it writes; in
 * PostgreSQL rows that are read to be written are locked: see `locked`.
 */
export function transact<T>(db: Kysely<Tables>, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
  const begin = dialectOf(db) === 'sqlite' ? sql`begin immediate` : sql`begin`;
  return db.connection().execute(connection =>
    retryWhileBusy(async () => {
      await begin.execute(connection);
      try {
        const result = await work(connection);
        await sql`commit`.execute(connection);
        return result;
      } catch (error) {
        await sql`rollback`.execute(connection).catch(() => undefined); // a failed commit may have rolled back already
        throw error;
      }
    }),
  );
}

/** Busy SQLite files, and what PostgreSQL ends to resolve a deadlock: all pass when tried again. */
const busyCodes = /^(SQLITE_BUSY.*|40001|40P01|55P03)$/;

export async function retryWhileBusy<T>(attempt: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + busyLimitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const code = ((error as Error).cause as { code?: string } | undefined)?.code ?? '';
      if (!busyCodes.test(code) || Date.now() > deadline) throw error;
      await setTimeout(5 + 20 * Math.random());
    }
  }
}

/**
 * Locks the selected rows until the transaction ends: waiting for whoever has them, or passing over what somebody has. In
 * SQLite the whole database is locked already.
 */
export function locked<DB, TB extends keyof DB, O>(
  db: Kysely<Tables>,
  query: SelectQueryBuilder<DB, TB, O>,
  others: 'wait' | 'skip' = 'wait',
): SelectQueryBuilder<DB, TB, O> {
  if (dialectOf(db) === 'sqlite') return query;
  return others === 'skip' ? query.forUpdate().skipLocked() : query.forUpdate();
}

/** The time by the database's clock, which all hosts share, as the registry writes instants: to be part of a query. */
export function clockOf(db: Kysely<Tables>): RawBuilder<string> {
  return dialectOf(db) === 'sqlite'
    ? sql`${new Date().toISOString()}`
    : sql`to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** The same, to reckon with. */
export async function nowOf(db: Kysely<Tables>): Promise<string> {
  if (dialectOf(db) === 'sqlite') return new Date().toISOString();
  return (await sql<{ now: string }>`select ${clockOf(db)} as now`.execute(db)).rows[0]!.now;
}

/** An instant some seconds after another. */
export function secondsAfter(instant: string, seconds: number): string {
  return new Date(Date.parse(instant) + 1000 * seconds).toISOString();
}
