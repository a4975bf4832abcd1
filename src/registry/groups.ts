import type { Kysely, Selectable } from 'kysely';

import { transact } from './database.js';
import type { GroupsTable, MosaicGroupsTable, Tables } from './schema.js';
import type { GroupState, MosaicGroupState } from './state-machines.js';
import { recordEvent, transition } from './transition.js';

export type GroupRow = Selectable<GroupsTable>;
export type MosaicGroupRow = Selectable<MosaicGroupsTable> & { readonly members: readonly string[] };

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
      const known = await this.#find(db, group.id);
      const found: GroupState = reasonIncomplete === undefined ? 'pending' : 'incomplete';
      if (known === undefined) {
        const now = new Date().toISOString();
        const row = { id: group.id, state: found, reason: reasonIncomplete ?? null, created_at: now, updated_at: now };
        await db.insertInto('groups').values(row).execute();
        await recordEvent(db, 'group', group.id, null, found, reasonIncomplete);
      } else if ((known.state === 'incomplete') !== (found === 'incomplete')) {
        await transition(db, 'group', group.id, found, reasonIncomplete);
        await setReason(db, 'groups', group.id, reasonIncomplete);
      }
      await replaceFiles(db, group);
      return (await this.#find(db, group.id))!;
    });
  }

  async get(id: string): Promise<GroupRow | undefined> {
    return this.#find(this.#db, id);
  }

  async list(): Promise<GroupRow[]> {
    return this.#db.selectFrom('groups').selectAll().orderBy('id').execute();
  }

  /** @throws {RegistryError} unknown group or illegal transition. */
  async setState(id: string, state: GroupState, reason?: string): Promise<void> {
    await transact(this.#db, async db => {
      await transition(db, 'group', id, state, reason);
      await setReason(db, 'groups', id, reason);
    });
  }

  async #find(db: Kysely<Tables>, id: string): Promise<GroupRow | undefined> {
    return db.selectFrom('groups').selectAll().where('id', '=', id).executeTakeFirst();
  }
}

/** Which tiles are combined to which mosaic. */
export class MosaicGroupTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /**
   * Records a mosaic group, in state `formed`.
   *
   * @param options - hash of the options that its tiles and mosaic are made with.
   * @throws {RegistryError} the id is taken, or a member is unknown.
   */
  async form(id: string, members: readonly string[], options: string): Promise<void> {
    await transact(this.#db, async db => {
      const now = new Date().toISOString();
      const row = { id, options, state: 'formed' as const, reason: null, created_at: now, updated_at: now };
      await db.insertInto('mosaic_groups').values(row).execute();
      for (const [position, member] of members.entries()) {
        const values = { mosaic_group_id: id, position, group_id: member };
        await db.insertInto('mosaic_group_members').values(values).execute();
      }
      await recordEvent(db, 'mosaic_group', id, null, 'formed', `members ${members.join(', ')}`);
    });
  }

  async get(id: string): Promise<MosaicGroupRow | undefined> {
    const row = await this.#db.selectFrom('mosaic_groups').selectAll().where('id', '=', id).executeTakeFirst();
    return row && { ...row, members: await this.#members(id) };
  }

  /** In order of id. */
  async list(): Promise<MosaicGroupRow[]> {
    const rows = await this.#db.selectFrom('mosaic_groups').selectAll().orderBy('id').execute();
    const groups: MosaicGroupRow[] = [];
    for (const row of rows) groups.push({ ...row, members: await this.#members(row.id) });
    return groups;
  }

  /** @throws {RegistryError} unknown mosaic group or illegal transition. */
  async setState(id: string, state: MosaicGroupState, reason?: string): Promise<void> {
    await transact(this.#db, async db => {
      await transition(db, 'mosaic_group', id, state, reason);
      await setReason(db, 'mosaic_groups', id, reason);
    });
  }

  async #members(id: string): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('mosaic_group_members')
      .select('group_id')
      .where('mosaic_group_id', '=', id)
      .orderBy('position')
      .execute();
    return rows.map(row => row.group_id);
  }
}

async function setReason(
  db: Kysely<Tables>,
  table: 'groups' | 'mosaic_groups',
  id: string,
  reason: string | undefined,
): Promise<void> {
  await db
    .updateTable(table as 'groups')
    .set({ reason: reason ?? null })
    .where('id', '=', id)
    .execute();
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
