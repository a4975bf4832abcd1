import { existsSync } from 'node:fs';

import type { Kysely } from 'kysely';

import { checkBoolean, checkKnownOptions, checkText } from '../core/check.js';
import { InvalidArgumentError, RegistryError } from '../core/errors.js';
import { CalibrationSetTable } from './calibration-sets.js';
import { ClaimTable } from './claims.js';
import { dialectOf, transact } from './database.js';
import { GroupTable } from './groups.js';
import { latestMigration } from './migration-list.js';
import { applyMigrations, isMigrated } from './migrations.js';
import { measurePublishing } from './measure-publishing.js';
import { MosaicGroupTable } from './mosaic-groups.js';
import type { OpenRegistryOptions } from './open-registry.js';
import { ProductTable } from './products.js';
import type { PublishHealth } from './publish-health.js';
import type { EventRow, Tables } from './schema.js';
import { enforceForeignKeys, openSqlite } from './sqlite-database.js';

/** What is known of groups and products: the memory of the pipeline between runs. */
export class Registry {
  readonly products: ProductTable;
  /** Which process publishes what. */
  readonly claims: ClaimTable;
  readonly groups: GroupTable;
  readonly mosaicGroups: MosaicGroupTable;
  readonly calibrationSets: CalibrationSetTable;
  readonly #db: Kysely<Tables>;

  /** Use `openRegistry`. */
  constructor(db: Kysely<Tables>) {
    this.#db = db;
    this.products = new ProductTable(db);
    this.claims = new ClaimTable(db);
    this.groups = new GroupTable(db);
    this.calibrationSets = new CalibrationSetTable(db);
    this.mosaicGroups = new MosaicGroupTable(db);
  }

  /** The history of one product or group, oldest first. */
  async history(subjectId: string): Promise<EventRow[]> {
    return this.#db.selectFrom('events').selectAll().where('subject_id', '=', subjectId).orderBy('id').execute();
  }

  /** How publishing goes: what `publishAlerts` judges. */
  async health(): Promise<PublishHealth> {
    return measurePublishing(this.#db);
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }
}

/** What `openRegistry` does. */
export async function open(location: string, options: OpenRegistryOptions): Promise<Registry> {
  checkKnownOptions(options, ['mustExist']);
  const mustExist = checkBoolean('mustExist', options.mustExist ?? false);
  const { db, name } = await openDatabase(checkText('location', location), mustExist);
  try {
    if (mustExist && !(await isMigrated(db))) throw noRegistry(name);
    const found = await transact(db, applyMigrations);
    if (found > latestMigration) {
      throw new RegistryError(
        `Expected the registry to have at most ${latestMigration} migrations, but it has ${found}: a newer contimg wrote it. Update contimg`,
      );
    }
    if (dialectOf(db) === 'sqlite') await enforceForeignKeys(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return new Registry(db);
}

async function openDatabase(location: string, mustExist: boolean): Promise<{ db: Kysely<Tables>; name: string }> {
  if (/^postgres(ql)?:\/\//.test(location)) {
    const { openPostgres, withoutPassword } = await import('./postgres-database.js'); // SQLite needs none of it
    return { db: openPostgres(location), name: withoutPassword(location) };
  }
  const path = location.replace(/^sqlite:(\/\/(?=\/))?/, '');
  if (/^([a-z][a-z0-9+.-]*:)?\/\//i.test(path)) {
    throw new InvalidArgumentError(
      `Expected the registry as the path of a file, sqlite:PATH or postgres://user:password@host/database, but it is ${location}`,
    );
  }
  if (mustExist && !existsSync(path)) throw noRegistry(path);
  return { db: await openSqlite(path), name: path };
}

function noRegistry(name: string): RegistryError {
  return new RegistryError(`Expected a registry at ${name}, but there is none: contimg run makes one`);
}
