import type { Kysely } from 'kysely';

import { RegistryError } from '../core/errors.js';
import { clockOf, locked } from './database.js';
import type { EventsTable, Tables } from './schema.js';
import {
  calibrationMachine,
  checkTransition,
  groupMachine,
  mosaicGroupMachine,
  productMachine,
} from './state-machines.js';
import type { StateMachine } from './state-machines.js';

type Subject = EventsTable['subject'];

const machines: Record<Subject, StateMachine<string>> = {
  product: productMachine,
  group: groupMachine,
  mosaic_group: mosaicGroupMachine,
  calibration_set: calibrationMachine,
};

const tables = {
  product: 'products',
  group: 'groups',
  mosaic_group: 'mosaic_groups',
  calibration_set: 'calibration_sets',
} as const;

/**
 * Moves one row to another state and writes that into the history. The only place where a state changes; to be called
 * inside a transaction.
 *
 * @param values - other columns that change with the state.
 * @throws {RegistryError} unknown id, or a transition that the state machine does not know.
 */
export async function transition(
  db: Kysely<Tables>,
  subject: Subject,
  id: string,
  to: string,
  message: string | null = null,
  values: Readonly<Record<string, string | null>> = {},
): Promise<void> {
  const from = await currentState(db, subject, id);
  checkTransition(machines[subject], `${subject} ${id}`, from, to);
  await db
    .updateTable(tables[subject] as 'groups')
    .set({ ...values, state: to as 'pending', updated_at: clockOf(db) })
    .where('id', '=', id)
    .execute();
  await recordEvent(db, subject, id, from, to, message);
}

/**
 * Its state, which nobody else can change before the transaction ends.
 *
 * @throws {RegistryError} unknown id.
 */
export async function currentState(db: Kysely<Tables>, subject: Subject, id: string): Promise<string> {
  const table = tables[subject] as 'groups'; // these tables share id, state and updated_at
  const row = await locked(db, db.selectFrom(table).select('state').where('id', '=', id)).executeTakeFirst();
  if (row === undefined) throw new RegistryError(`Expected a ${subject} ${id} in the registry, but there is none`);
  return row.state;
}

/** Adds to the history. */
export async function recordEvent(
  db: Kysely<Tables>,
  subject: Subject,
  subjectId: string,
  fromState: string | null,
  toState: string,
  message: string | null = null,
): Promise<void> {
  const event = { at: clockOf(db), subject, subject_id: subjectId, from_state: fromState };
  await db
    .insertInto('events')
    .values({ ...event, to_state: toState, message })
    .execute();
}

/** Why it is in its state; to be called inside a transaction. */
export async function setReason(
  db: Kysely<Tables>,
  subject: Exclude<Subject, 'product'>,
  id: string,
  reason: string | undefined,
): Promise<void> {
  await db
    .updateTable(tables[subject] as 'groups')
    .set({ reason: reason ?? null })
    .where('id', '=', id)
    .execute();
}
