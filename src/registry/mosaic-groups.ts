import type { Kysely, Selectable } from 'kysely';

import { DuplicateGroupError, RegistryError } from '../core/errors.js';
import { transact } from './database.js';
import { insertMosaicGroup } from './insert-mosaic-group.js';
import type { MosaicGroupsTable, Tables } from './schema.js';
import type { MosaicGroupState } from './state-machines.js';
import { recordEvent, setReason, transition } from './transition.js';

export type MosaicGroupRow = Selectable<MosaicGroupsTable> & { readonly members: readonly string[] };

/** A mosaic group that is to be formed. */
export interface NewMosaicGroup {
  /** Of the mosaic. */
  readonly name: string;
  /** Ids of subband groups, in ascending time. */
  readonly members: readonly string[];
  /** Hash of the options that its tiles and mosaic are made with. */
  readonly options: string;
  /** What is unusual about it, for the history. */
  readonly note?: string;
  /** Makes an id; called again, with 1, 2, ..., while the one before is taken. */
  readonly newId: (attempt: number) => string;
}

const maxIdAttempts = 5;

/** Which tiles are combined to which mosaic. */
export class MosaicGroupTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /**
   * Records a mosaic group, in state `formed`. Its members may be in other groups too.
   *
   * @throws {DuplicateGroupError} there is one of the same members and options, in whatever state.
   * @throws {RegistryError} a member is unknown, or the name is taken.
   */
  async form(group: NewMosaicGroup): Promise<MosaicGroupRow> {
    const { name, options, members, note } = group;
    const row = { name, options, member_list: members.join(' '), state: 'formed' as const, reason: null };
    const taken: string[] = [];
    for (let attempt = 0; attempt < maxIdAttempts; attempt++) {
      const formed = { ...row, id: group.newId(attempt) };
      const collisions = taken.length > 0 ? `ids that were taken: ${taken.join(', ')}` : '';
      const message = [`members ${members.join(', ')}`, collisions, note].filter(Boolean).join('; ');
      const at = await insertMosaicGroup(this.#db, formed, members, message);
      if (at !== undefined) return { ...formed, created_at: at, updated_at: at, members };
      await refuseDuplicate(this.#db, name, options, row.member_list);
      taken.push(formed.id);
    }
    throw new RegistryError(`Expected a new id for the mosaic group ${name}, but all were taken: ${taken.join(', ')}`);
  }

  /** Records that a candidate broke the rules; once, as long as they are the same. */
  async refuse(name: string, reasons: readonly string[]): Promise<void> {
    const message = reasons.join('; ');
    await transact(this.#db, async db => {
      const last = await db
        .selectFrom('events')
        .select('message')
        .where('subject', '=', 'mosaic_group')
        .where('subject_id', '=', name)
        .orderBy('id', 'desc')
        .executeTakeFirst();
      if (last?.message !== message) await recordEvent(db, 'mosaic_group', name, null, 'refused', message);
    });
  }

  /** The groups that a subband group is in, oldest first. */
  async withMember(groupId: string): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('mosaic_group_members')
      .innerJoin('mosaic_groups', 'mosaic_groups.id', 'mosaic_group_members.mosaic_group_id')
      .select('mosaic_groups.id as id')
      .where('mosaic_group_members.group_id', '=', groupId)
      .orderBy('mosaic_groups.created_at')
      .orderBy('mosaic_groups.id')
      .execute();
    return rows.map(row => row.id);
  }

  async get(id: string): Promise<MosaicGroupRow | undefined> {
    const row = await this.#db.selectFrom('mosaic_groups').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) return undefined;
    const members = await this.#db
      .selectFrom('mosaic_group_members')
      .select('group_id')
      .where('mosaic_group_id', '=', id)
      .orderBy('position')
      .execute();
    return { ...row, members: members.map(member => member.group_id) };
  }

  /** In order of id. */
  async list(): Promise<MosaicGroupRow[]> {
    const rows = await this.#db.selectFrom('mosaic_groups').selectAll().orderBy('id').execute();
    const members = new Map(rows.map(({ id }) => [id, [] as string[]]));
    const all = this.#db.selectFrom('mosaic_group_members').select(['mosaic_group_id', 'group_id']);
    for (const { mosaic_group_id, group_id } of await all.orderBy('position').execute()) {
      members.get(mosaic_group_id)?.push(group_id); // not that of a group that was formed just now
    }
    return rows.map(row => ({ ...row, members: members.get(row.id)! }));
  }

  /** @throws {RegistryError} unknown mosaic group or illegal transition. */
  async setState(id: string, state: MosaicGroupState, reason?: string): Promise<void> {
    await transact(this.#db, async db => {
      await transition(db, 'mosaic_group', id, state, reason);
      await setReason(db, 'mosaic_group', id, reason);
    });
  }
}

/** @throws unless it is the id that is taken. */
async function refuseDuplicate(db: Kysely<Tables>, name: string, options: string, memberList: string): Promise<void> {
  const known = await db
    .selectFrom('mosaic_groups')
    .select(['id', 'state', 'name', 'options', 'member_list'])
    .where(eb => eb.or([eb('name', '=', name), eb.and({ options, member_list: memberList })]))
    .executeTakeFirst();
  if (known === undefined) return;
  if (known.options === options && known.member_list === memberList) {
    throw new DuplicateGroupError(
      known.id,
      `The tiles ${memberList} are combined by ${known.id} already, which is ${known.state}. Nothing was changed`,
    );
  }
  throw new RegistryError(`Expected the name ${name} to be free, but ${known.id} has it. Nothing was changed`);
}
