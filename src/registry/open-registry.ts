import type { Kysely } from 'kysely';

import { checkText } from '../core/check.js';
import { RegistryError } from '../core/errors.js';
import { GroupTable, MosaicGroupTable } from './groups.js';
import { applyMigrations, latestMigration } from './migrations.js';
import { ProductTable } from './products.js';
import type { EventRow, Tables } from './schema.js';
import { openSqlite, transact } from './sqlite-database.js';

/** What is known of groups and products: the memory of the pipeline between runs. */
export class Registry {
  readonly products: ProductTable;
  readonly groups: GroupTable;
  readonly mosaicGroups: MosaicGroupTable;
  readonly #db: Kysely<Tables>;

  /** Use `openRegistry`. */
  constructor(db: Kysely<Tables>) {
    this.#db = db;
    this.products = new ProductTable(db);
    this.groups = new GroupTable(db);
    this.mosaicGroups = new MosaicGroupTable(db);
  }

  /** The history of one product or group, oldest first. */
  async history(subjectId: string): Promise<EventRow[]> {
    return this.#db.selectFrom('events').selectAll().where('subject_id', '=', subjectId).orderBy('id').execute();
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }
}

/**
 * Opens a registry, a SQLite file that is made where there is none, and brings its schema up to date.
 *
 * @throws {RegistryError} the file is no database, is damaged, or was written by a newer version of contimg.
 * @example
 * const registry = await openRegistry('work/registry.sqlite');
 * const mosaics = await registry.products.list({ kind: 'mosaic', state: 'published' });
 * await registry.close();
 */
export async function openRegistry(path: string): Promise<Registry> {
  const db = await openSqlite(checkText('path', path));
  try {
    const found = await transact(db, applyMigrations);
    if (found > latestMigration) {
      throw new RegistryError(
        `Expected the registry ${path} to have at most ${latestMigration} migrations, but it has ${found}: a newer contimg wrote it. Update contimg`,
      );
    }
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return new Registry(db);
}
