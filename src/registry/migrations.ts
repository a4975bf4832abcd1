import { sql } from 'kysely';
import type { Kysely } from 'kysely';

import type { Tables } from './schema.js';

interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}

/** In order; the number of a migration is its place, from 1. Never change one that has been released: add another. */
const migrations: readonly Migration[] = [
  {
    name: 'products, groups and history',
    statements: [
      `create table groups (
        id text primary key,
        state text not null check (state in ('incomplete', 'pending', 'imaged', 'failed')),
        reason text,
        created_at text not null,
        updated_at text not null
      )`,
      `create table group_files (
        group_id text not null references groups (id),
        path text not null,
        subband integer not null,
        size_bytes bigint,
        primary key (group_id, path)
      )`,
      `create table products (
        id text primary key,
        kind text not null check (kind in ('ms', 'tile', 'mosaic')),
        group_id text references groups (id),
        path text not null unique,
        recipe text not null,
        state text not null check (state in ('staged', 'publishing', 'published', 'removed')),
        validation text not null check (validation in ('pending', 'passed', 'failed')),
        metadata text not null,
        publish_attempts integer not null default 0,
        publish_error text,
        published_at text,
        created_at text not null,
        updated_at text not null
      )`,
      `create index products_by_state on products (state, kind)`,
      `create table product_files (
        product_id text not null references products (id),
        position integer not null,
        path text not null,
        size_bytes bigint not null,
        sha256 text not null,
        primary key (product_id, position),
        unique (product_id, path)
      )`,
      `create table product_parents (
        child_id text not null references products (id),
        parent_id text not null references products (id),
        primary key (child_id, parent_id)
      )`,
      `create index product_parents_by_parent on product_parents (parent_id)`,
      `create table mosaic_groups (
        id text primary key,
        options text not null,
        state text not null check (state in ('formed', 'published', 'failed')),
        reason text,
        created_at text not null,
        updated_at text not null
      )`,
      `create table mosaic_group_members (
        mosaic_group_id text not null references mosaic_groups (id),
        position integer not null,
        group_id text not null references groups (id),
        primary key (mosaic_group_id, position),
        unique (mosaic_group_id, group_id)
      )`,
      `create table events (
        id integer primary key,
        at text not null,
        subject text not null check (subject in ('product', 'group', 'mosaic_group')),
        subject_id text not null,
        from_state text,
        to_state text not null,
        message text
      )`,
      `create index events_by_subject on events (subject, subject_id)`,
      `create trigger events_keep_update before update on events
        begin select raise(abort, 'the history is append-only'); end`,
      `create trigger events_keep_delete before delete on events
        begin select raise(abort, 'the history is append-only'); end`,
    ],
  },
];

/** The migrations that this version of contimg knows. */
export const latestMigration = migrations.length;

/** Applies what is missing. Must run inside one write transaction: then a crash or a second process does no harm. */
export async function applyMigrations(db: Kysely<Tables>): Promise<number> {
  await sql`create table if not exists schema_migrations (
    id integer primary key, name text not null, applied_at text not null
  )`.execute(db);
  const { applied } = await db
    .selectFrom('schema_migrations')
    .select(eb => eb.fn.count<number>('id').as('applied'))
    .executeTakeFirstOrThrow();
  for (const [index, migration] of migrations.entries()) {
    if (index < applied) continue;
    for (const statement of migration.statements) await sql.raw(statement).execute(db);
    await db
      .insertInto('schema_migrations')
      .values({ id: index + 1, name: migration.name, applied_at: new Date().toISOString() })
      .execute();
  }
  return applied;
}
