import type { Kysely, Selectable } from 'kysely';

import { clockOf, transact } from './database.js';
import type { CalibrationSetsTable, Tables } from './schema.js';
import type { CalibrationState } from './state-machines.js';
import { recordEvent, setReason, transition } from './transition.js';

/** What is said of a calibration set when it is registered. */
export interface NewCalibrationSet {
  readonly id: string;
  /** In the order in which they are applied. */
  readonly tables: readonly { readonly path: string; readonly term: string }[];
  /** Between which times it may be applied, before the observation that it is from as well as after; UTC, MJD seconds. */
  readonly validFromMjdSec: number;
  readonly validToMjdSec: number;
  /** The subband group that it was solved from. @default none */
  readonly sourceGroupId?: string | undefined;
  /** Whatever its users want to know: reference antenna, calibrator, quality. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Why it is not fit to be applied: it is recorded as failed then, and was never in force. @default none */
  readonly failure?: string | undefined;
}

/** A calibration set as the registry knows it. */
export interface CalibrationSet extends Required<Omit<NewCalibrationSet, 'failure'>> {
  readonly state: CalibrationState;
  /** Why it is retired or failed. */
  readonly reason: string | undefined;
}

/** The calibration tables that there are, in sets that are applied together, and when each may be applied. */
export class CalibrationSetTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /**
   * Adds a set, in state `active`; with a `failure`, in state `failed`.
   *
   * @throws {RegistryError} the id or a table is registered already, or the window ends before it begins.
   */
  async register(set: NewCalibrationSet): Promise<void> {
    const { id, tables, validFromMjdSec, validToMjdSec, sourceGroupId, metadata, failure } = set;
    const state: CalibrationState = failure === undefined ? 'active' : 'failed';
    await transact(this.#db, async db => {
      const now = clockOf(db);
      const window = { valid_from_mjd_sec: validFromMjdSec, valid_to_mjd_sec: validToMjdSec };
      await db
        .insertInto('calibration_sets')
        .values({
          id,
          state,
          reason: failure ?? null,
          source_group_id: sourceGroupId ?? null,
          ...window,
          metadata: JSON.stringify(metadata ?? {}),
          created_at: now,
          updated_at: now,
        })
        .execute();
      for (const [position, { path, term }] of tables.entries()) {
        await db.insertInto('calibration_tables').values({ set_id: id, position, path, term }).execute();
      }
      const message = failure ?? `valid ${validFromMjdSec} to ${validToMjdSec}`;
      await recordEvent(db, 'calibration_set', id, null, state, message);
    });
  }

  async get(id: string): Promise<CalibrationSet | undefined> {
    const row = await this.#db.selectFrom('calibration_sets').selectAll().where('id', '=', id).executeTakeFirst();
    return row && this.#read(row);
  }

  /** All sets, in the order of their windows, or those in one state. */
  async list(state?: CalibrationState): Promise<CalibrationSet[]> {
    let query = this.#db.selectFrom('calibration_sets').selectAll();
    if (state !== undefined) query = query.where('state', '=', state);
    const rows = await query.orderBy('valid_from_mjd_sec').orderBy('id').execute();
    return Promise.all(rows.map(row => this.#read(row)));
  }

  /**
   * The active sets that may be applied to an observation, the best first: the one of which the window's middle is nearest
   * in time; of equals the one that was registered last.
   */
  async validAt(mjdSec: number): Promise<CalibrationSet[]> {
    const rows = await this.#db
      .selectFrom('calibration_sets')
      .selectAll()
      .where('state', '=', 'active')
      .where('valid_from_mjd_sec', '<=', mjdSec)
      .where('valid_to_mjd_sec', '>=', mjdSec)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute();
    const distance = (row: Selectable<CalibrationSetsTable>) =>
      Math.abs((row.valid_from_mjd_sec + row.valid_to_mjd_sec) / 2 - mjdSec);
    rows.sort((a, b) => distance(a) - distance(b));
    return Promise.all(rows.map(row => this.#read(row)));
  }

  /**
   * Retires a set, marks it as failed when its tables are not fit to be applied, or takes it up again.
   *
   * @throws {RegistryError} unknown set or illegal transition.
   */
  async setState(id: string, state: CalibrationState, reason?: string): Promise<void> {
    await transact(this.#db, async db => {
      await transition(db, 'calibration_set', id, state, reason);
      await setReason(db, 'calibration_set', id, reason);
    });
  }

  async #read(row: Selectable<CalibrationSetsTable>): Promise<CalibrationSet> {
    const tables = await this.#db
      .selectFrom('calibration_tables')
      .select(['path', 'term'])
      .where('set_id', '=', row.id)
      .orderBy('position')
      .execute();
    return {
      id: row.id,
      tables,
      validFromMjdSec: row.valid_from_mjd_sec,
      validToMjdSec: row.valid_to_mjd_sec,
      sourceGroupId: row.source_group_id ?? undefined,
      metadata: JSON.parse(row.metadata) as Record<string, unknown>,
      state: row.state,
      reason: row.reason ?? undefined,
    };
  }
}
