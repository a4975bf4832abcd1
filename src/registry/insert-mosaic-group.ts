import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';

import { clockOf, dialectOf, nowOf, retryWhileBusy, transact } from './database.js';
import type { MosaicGroupsTable, Tables } from './schema.js';
import { recordEvent } from './transition.js';

type NewRow = Omit<Selectable<MosaicGroupsTable>, 'created_at' | 'updated_at'>;

/**
 * Inserts a mosaic group, its members and the event that it was formed, all or nothing.
 *
 * @returns when; undefined where its id, its name, or its members with its options are taken: then nothing is changed.
 * @throws {RegistryError} a member is unknown.
 */
export function insertMosaicGroup(
  db: Kysely<Tables>,
  row: NewRow,
  members: readonly string[],
  message: string,
): Promise<string | undefined> {
  return dialectOf(db) === 'postgres'
    ? insertAtOnce(db, row, members, message)
    : insertStepByStep(db, row, members, message);
}

/** As one statement: a third of the time of a transaction of five. */
async function insertAtOnce(
  db: Kysely<Tables>,
  row: NewRow,
  members: readonly string[],
  message: string,
): Promise<string | undefined> {
  const { id, name, options, member_list, state, reason } = row;
  const statement = sql<{ at: string }>`
    with clock as (select ${clockOf(db)} as at), formed as (
      insert into mosaic_groups (id, name, options, member_list, state, reason, created_at, updated_at)
        select ${id}, ${name}, ${options}, ${member_list}, ${state}, ${reason}, at, at from clock
        on conflict do nothing returning id, created_at as at
    ), member as (
      insert into mosaic_group_members (mosaic_group_id, position, group_id)
        select formed.id, listed.position - 1, listed.group_id
          from formed, unnest(${members}::text[]) with ordinality as listed (group_id, position)
    ), event as (
      insert into events (at, subject, subject_id, to_state, message)
        select at, 'mosaic_group', id, ${state}, ${message} from formed
    )
    select at from formed`;
  const { rows } = await retryWhileBusy(() => statement.execute(db));
  return rows[0]?.at;
}

/** SQLite knows no such statements, and has no way to the server to save. */
function insertStepByStep(
  db: Kysely<Tables>,
  row: NewRow,
  members: readonly string[],
  message: string,
): Promise<string | undefined> {
  return transact(db, async db => {
    const at = await nowOf(db);
    const insert = db.insertInto('mosaic_groups').values({ ...row, created_at: at, updated_at: at });
    const inserted = await insert.onConflict(conflict => conflict.doNothing()).executeTakeFirstOrThrow();
    if (inserted.numInsertedOrUpdatedRows !== 1n) return undefined;
    const rows = members.map((group_id, position) => ({ mosaic_group_id: row.id, position, group_id }));
    await db.insertInto('mosaic_group_members').values(rows).execute();
    await recordEvent(db, 'mosaic_group', row.id, null, row.state, message);
    return at;
  });
}
