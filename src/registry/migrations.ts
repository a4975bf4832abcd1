import { sql } from 'kysely';
import type { Kysely } from 'kysely';

import { clockOf, dialectOf } from './database.js';
import type { Dialect } from './database.js';
import { migrations } from './migration-list.js';
import type { Tables } from './schema.js';

/** Any number, the same for all: who migrates a PostgreSQL database holds the lock of this number. */
const migrationLock = 110_2026;

/**
 * Applies what is missing, and gives the number of migrations that were applied before. Must run inside one transaction:
 * then a crash or a second process does no harm.
 */
export async function applyMigrations(db: Kysely<Tables>): Promise<number> {
  const dialect = dialectOf(db);
  if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(migrationLock)})`.execute(db);
  await sql`create table if not exists schema_migrations (
    id integer primary key, name text not null, applied_at text not null
  )`.execute(db);
  const { applied } = await db
    .selectFrom('schema_migrations')
    .select(eb => eb.fn.count<number>('id').as('applied'))
    .executeTakeFirstOrThrow();
  for (const [index, migration] of migrations.entries()) {
    if (index < applied) continue;
    for (const statement of migration.statements(dialect)) await sql.raw(inDialect(statement, dialect)).execute(db);
    await db
      .insertInto('schema_migrations')
      .values({ id: index + 1, name: migration.name, applied_at: clockOf(db) })
      .execute();
  }
  return applied;
}

/** Whether a registry was ever made there. */
export async function isMigrated(db: Kysely<Tables>): Promise<boolean> {
  const found =
    dialectOf(db) === 'sqlite'
      ? sql`select 1 from sqlite_schema where name = 'schema_migrations'`
      : sql`select 1 where to_regclass('schema_migrations') is not null`;
  return (await found.execute(db)).rows.length > 0;
}

/** Texts are compared by their bytes, as SQLite does, whatever the language of the database. */
function inDialect(statement: string, dialect: Dialect): string {
  return dialect === 'sqlite' ? statement : statement.replace(/\btext\b/g, 'text collate "C"');
}
