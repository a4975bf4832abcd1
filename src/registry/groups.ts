import type { Kysely, Selectable } from 'kysely';

import { clockOf, locked, transact } from './database.js';
import type { GroupsTable, Tables } from './schema.js';
import type { GroupState } from './state-machines.js';
import { recordEvent, setReason, transition } from './transition.js';

export type GroupRow = Selectable<GroupsTable>;

/** What the registry keeps of a subband group. */
export interface FoundGroup {
  readonly id: string;
  readonly files: readonly {
    readonly path: string;
    readonly subband: number;
    readonly fileSizeBytes: number | undefined;
  }[];
}

/** The subband groups that were found, and how far each has come. */
export class GroupTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /**
   * Records a group as a scan found it: `pending`, or `incomplete` with the reason why it cannot be processed. A group
   * that is known keeps its state, but for one whose files have become enough, or too few.
   */
  async record(group: FoundGroup, reasonIncomplete?: string): Promise<GroupRow> {
    return transact(this.#db, async db => {
      const found: GroupState = reasonIncomplete === undefined ? 'pending' : 'incomplete';
      const now = clockOf(db);
      const row = { id: group.id, state: found, reason: reasonIncomplete ?? null, created_at: now, updated_at: now };
      const inserted = await db
        .insertInto('groups')
        .values(row)
        .onConflict(conflict => conflict.doNothing())
        .executeTakeFirstOrThrow();
      const known = (await this.#find(db, group.id))!;
      if (inserted.numInsertedOrUpdatedRows === 1n) {
        await recordEvent(db, 'group', group.id, null, found, reasonIncomplete);
      } else if ((known.state === 'incomplete') !== (found === 'incomplete')) {
        await transition(db, 'group', group.id, found, reasonIncomplete);
        await setReason(db, 'group', group.id, reasonIncomplete);
      }
      await replaceFiles(db, group);
      return (await this.#find(db, group.id))!;
    });
  }

  async get(id: string): Promise<GroupRow | undefined> {
    return this.#db.selectFrom('groups').selectAll().where('id', '=', id).executeTakeFirst();
  }

  async list(): Promise<GroupRow[]> {
    return this.#db.selectFrom('groups').selectAll().orderBy('id').execute();
  }

  /** @throws {RegistryError} unknown group or illegal transition. */
  async setState(id: string, state: GroupState, reason?: string): Promise<void> {
    await transact(this.#db, async db => {
      await transition(db, 'group', id, state, reason);
      await setReason(db, 'group', id, reason);
    });
  }

  async #find(db: Kysely<Tables>, id: string): Promise<GroupRow | undefined> {
    return locked(db, db.selectFrom('groups').selectAll().where('id', '=', id)).executeTakeFirst();
  }
}

async function replaceFiles(db: Kysely<Tables>, group: FoundGroup): Promise<void> {
  await db.deleteFrom('group_files').where('group_id', '=', group.id).execute();
  for (const file of group.files) {
    const values = { path: file.path, subband: file.subband, size_bytes: file.fileSizeBytes ?? null };
    await db
      .insertInto('group_files')
      .values({ group_id: group.id, ...values })
      .execute();
  }
}
