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
   * that is known keeps its state, but for one whose files have become enough, or too few. Its history tells of files
   * that came, went or changed.
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
      const change = await updateFiles(db, group);
      if (inserted.numInsertedOrUpdatedRows === 1n) {
        await recordEvent(db, 'group', group.id, null, found, reasonIncomplete);
      } else {
        if (change !== undefined) await recordEvent(db, 'group', group.id, known.state, known.state, change);
        if ((known.state === 'incomplete') !== (found === 'incomplete')) {
          await transition(db, 'group', group.id, found, reasonIncomplete);
          await setReason(db, 'group', group.id, reasonIncomplete);
        }
      }
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

/** @returns what changed, if anything did. */
async function updateFiles(db: Kysely<Tables>, { id, files }: FoundGroup): Promise<string | undefined> {
  const known = await db.selectFrom('group_files').selectAll().where('group_id', '=', id).execute();
  const before = new Map(known.map(file => [file.path, file]));
  const after = new Map(
    files.map(({ path, subband, fileSizeBytes = null }) => [
      path,
      { group_id: id, path, subband, size_bytes: fileSizeBytes },
    ]),
  );
  const isSame = (path: string) =>
    before.get(path)?.size_bytes === after.get(path)?.size_bytes &&
    before.get(path)?.subband === after.get(path)?.subband;
  const changes = [...new Set([...before.keys(), ...after.keys()])].filter(path => !isSame(path));
  if (changes.length === 0) return undefined;
  await db.deleteFrom('group_files').where('group_id', '=', id).execute();
  if (after.size > 0)
    await db
      .insertInto('group_files')
      .values([...after.values()])
      .execute();
  const what = (path: string) => (!before.has(path) ? 'new' : after.has(path) ? 'changed' : 'gone');
  return `files: ${changes.map(path => `${path} is ${what(path)}`).join(', ')}`;
}
