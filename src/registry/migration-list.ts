import type { Dialect } from './database.js';

interface Migration {
  readonly name: string;
  readonly statements: (dialect: Dialect) => readonly string[];
}

const appendOnly = 'the history is append-only';

const sqliteHistory = [
  `create trigger events_keep_update before update on events
    begin select raise(abort, '${appendOnly}'); end`,
  `create trigger events_keep_delete before delete on events
    begin select raise(abort, '${appendOnly}'); end`,
];

const postgresHistory = [
  `create function refuse_to_change_history() returns trigger language plpgsql as
    $$ begin raise exception '${appendOnly}'; end $$`,
  `create trigger events_keep before update or delete or truncate on events
    for each statement execute function refuse_to_change_history()`,
];

/** A second row of the same id would otherwise take the place of the first without a delete. */
const keepFromReplacing = `create trigger events_keep_replace before insert on events
  when exists (select 1 from events where id = new.id)
  begin select raise(abort, '${appendOnly}'); end`;

/** SQLite cannot change a check: the table is made anew. */
const sqliteClaims = [
  `create table new_products (
    id text primary key,
    kind text not null check (kind in ('ms', 'tile', 'mosaic')),
    group_id text references groups (id),
    path text not null unique,
    recipe text not null,
    state text not null check (state in ('staged', 'publishing', 'published', 'failed', 'removed')),
    finalized integer not null check (finalized in (0, 1)),
    validation text not null check (validation in ('pending', 'passed', 'failed')),
    qa text not null check (qa in ('pending', 'passed', 'failed')),
    metadata text not null,
    publish_attempts integer not null default 0,
    publish_error text,
    next_attempt_at text,
    claim_owner text,
    claim_token text,
    lease_expires_at text,
    published_at text,
    created_at text not null,
    updated_at text not null,
    check ((state = 'publishing') = (claim_token is not null))
  )`,
  `insert into new_products select id, kind, group_id, path, recipe, state, 1, validation, validation, metadata,
    publish_attempts, publish_error, null, iif(state = 'publishing', 'contimg 0.1', null),
    iif(state = 'publishing', id, null), iif(state = 'publishing', updated_at, null), published_at, created_at, updated_at
    from products`,
  `drop table products`,
  `alter table new_products rename to products`,
  `create index products_by_state on products (state, kind)`,
  keepFromReplacing,
];

const postgresClaims = [
  `alter table products
    drop constraint products_state_check,
    add check (state in ('staged', 'publishing', 'published', 'failed', 'removed')),
    add finalized integer not null check (finalized in (0, 1)),
    add qa text not null check (qa in ('pending', 'passed', 'failed')),
    add next_attempt_at text,
    add claim_owner text,
    add claim_token text,
    add lease_expires_at text,
    add check ((state = 'publishing') = (claim_token is not null))`,
];

/** In order; the number of a migration is its place, from 1. Never change one that has been released: add another. */
export const migrations: readonly Migration[] = [
  {
    name: 'products, groups and history',
    statements: dialect => [
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
        id ${dialect === 'sqlite' ? 'integer primary key' : 'bigint generated always as identity primary key'},
        at text not null,
        subject text not null check (subject in ('product', 'group', 'mosaic_group')),
        subject_id text not null,
        from_state text,
        to_state text not null,
        message text
      )`,
      `create index events_by_subject on events (subject, subject_id)`,
      ...(dialect === 'sqlite' ? sqliteHistory : postgresHistory),
    ],
  },
  {
    name: 'claims with leases, quality checks and back-off of publishing',
    statements: dialect => [
      ...(dialect === 'sqlite' ? sqliteClaims : postgresClaims),
      `create index products_staged on products (created_at, id) where state = 'staged'`,
    ],
  },
  {
    name: 'mosaic groups with ids of their own, none formed twice',
    statements: dialect => [
      `alter table mosaic_groups add column name text not null default ''`,
      `alter table mosaic_groups add column member_list text not null default ''`,
      `update mosaic_groups set name = id, member_list = (
        select ${dialect === 'sqlite' ? "group_concat(group_id, ' ')" : "string_agg(group_id, ' ' order by position)"}
        from (select * from mosaic_group_members order by position) as members
        where members.mosaic_group_id = mosaic_groups.id
      )`,
      `create unique index mosaic_groups_by_name on mosaic_groups (name)`,
      `create unique index mosaic_groups_by_members on mosaic_groups (options, member_list)`,
      `create index mosaic_group_members_by_group on mosaic_group_members (group_id)`,
    ],
  },
  {
    name: 'calibration sets with validity windows',
    statements: dialect => [
      `create table calibration_sets (
        id text primary key,
        state text not null check (state in ('active', 'retired', 'failed')),
        reason text,
        source_group_id text references groups (id),
        valid_from_mjd_sec double precision not null,
        valid_to_mjd_sec double precision not null,
        metadata text not null,
        created_at text not null,
        updated_at text not null,
        check (valid_from_mjd_sec <= valid_to_mjd_sec)
      )`,
      `create table calibration_tables (
        set_id text not null references calibration_sets (id),
        position integer not null,
        path text not null unique,
        term text not null,
        primary key (set_id, position)
      )`,
      `create index calibration_sets_by_time on calibration_sets (valid_from_mjd_sec, valid_to_mjd_sec)`,
      ...eventSubjects(dialect),
    ],
  },
];

/** The history is of calibration sets too. */
function eventSubjects(dialect: Dialect): readonly string[] {
  const subjects = `('product', 'group', 'mosaic_group', 'calibration_set')`;
  if (dialect === 'postgres')
    return [`alter table events drop constraint events_subject_check, add check (subject in ${subjects})`];
  return [
    `create table new_events (
      id integer primary key,
      at text not null,
      subject text not null check (subject in ${subjects}),
      subject_id text not null,
      from_state text,
      to_state text not null,
      message text
    )`,
    `insert into new_events select id, at, subject, subject_id, from_state, to_state, message from events`,
    ...['update', 'delete', 'replace'].map(what => `drop trigger events_keep_${what}`),
    `drop table events`,
    `alter table new_events rename to events`,
    `create index events_by_subject on events (subject, subject_id)`,
    ...sqliteHistory,
    keepFromReplacing,
  ];
}

/** The migrations that this version of contimg knows. */
export const latestMigration = migrations.length;
