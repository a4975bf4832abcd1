import type { Kysely } from 'kysely';

import { RegistryError } from '../core/errors.js';
import { busy } from './claims.js';
import { locked, transact } from './database.js';
import { insertFiles, insertParents, insertProduct, readProduct, restageProduct } from './product-rows.js';
import type { NewProduct, Product, ProductFile } from './product-rows.js';
import type { ProductKind, Tables, Validation } from './schema.js';
import type { ProductState } from './state-machines.js';
import { currentState, recordEvent, transition } from './transition.js';

/** The products, their files, and who was made from whom. */
export class ProductTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /**
   * Adds a product in state `staged`. One that was removed may be registered again, under the same id.
   *
   * @throws {RegistryError} the id stands for a product that exists, or a parent is unknown.
   */
  async register(product: NewProduct): Promise<void> {
    await transact(this.#db, async db => {
      const query = db.selectFrom('products').select('state').where('id', '=', product.id);
      const known = await locked(db, query).executeTakeFirst();
      if (known !== undefined && known.state !== 'removed') {
        throw new RegistryError(
          `Expected ${product.id} to be new, but it is registered and ${known.state}. Nothing was changed`,
        );
      }
      if (known === undefined) await insertProduct(db, product);
      else await restageProduct(db, product);
      await insertFiles(db, product.id, product.files ?? []);
      await insertParents(db, product);
    });
  }

  async get(id: string): Promise<Product | undefined> {
    const row = await this.#db.selectFrom('products').selectAll().where('id', '=', id).executeTakeFirst();
    return row && readProduct(this.#db, row);
  }

  /** In order of id. */
  async list(filter: { kind?: ProductKind; state?: ProductState } = {}): Promise<Product[]> {
    let query = this.#db.selectFrom('products').selectAll().orderBy('id');
    if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
    if (filter.state !== undefined) query = query.where('state', '=', filter.state);
    const products: Product[] = [];
    for (const row of await query.execute()) products.push(await readProduct(this.#db, row));
    return products;
  }

  /**
   * What is meant to be published and is not: those that were tried most often first.
   *
   * @param minAttempts - only those that were tried so often, or given up. @default 0
   */
  async unpublished(options: { minAttempts?: number | undefined; limit?: number } = {}): Promise<Product[]> {
    const { minAttempts = 0, limit = 50 } = options;
    const rows = await this.#db
      .selectFrom('products')
      .selectAll()
      .where('state', 'in', ['staged', 'publishing', 'failed'])
      .where(eb => eb.or([eb('kind', '=', 'mosaic'), eb('validation', '=', 'passed')]))
      .where(eb => eb.or([eb('publish_attempts', '>=', minAttempts), eb('state', '=', 'failed')]))
      .orderBy('publish_attempts', 'desc')
      .orderBy('id')
      .limit(limit)
      .execute();
    const products: Product[] = [];
    for (const row of rows) products.push(await readProduct(this.#db, row));
    return products;
  }

  /** Everything that the product was made from, at any remove. */
  ancestors(id: string): Promise<string[]> {
    return this.#reach(id, 'child_id', 'parent_id');
  }

  /** Everything that was made from the product, at any remove. */
  descendants(id: string): Promise<string[]> {
    return this.#reach(id, 'parent_id', 'child_id');
  }

  /**
   * Says that the files of a product are gone or no longer current.
   *
   * @throws {PublishDeferredError} somebody publishes it: then some of its files are elsewhere for good reason.
   */
  async remove(id: string, reason: string): Promise<void> {
    await transact(this.#db, async db => {
      const row = await locked(db, db.selectFrom('products').selectAll().where('id', '=', id)).executeTakeFirst();
      if (row?.state === 'publishing') throw busy(row);
      await transition(db, 'product', id, 'removed', reason);
    });
  }

  /**
   * The files of a product that was registered before it was whole, now that they will not change.
   *
   * @throws {RegistryError} unknown, or finalized already: what is finalized is made again under `register`.
   */
  async finalize(id: string, files: readonly ProductFile[]): Promise<void> {
    await transact(this.#db, async db => {
      const state = await currentState(db, 'product', id);
      const done = await db
        .updateTable('products')
        .set({ finalized: 1 })
        .where('id', '=', id)
        .where('finalized', '=', 0)
        .executeTakeFirstOrThrow();
      if (done.numUpdatedRows !== 1n) throw new RegistryError(`Expected ${id} not to be finalized yet, but it is`);
      await insertFiles(db, id, files);
      await recordEvent(db, 'product', id, state, state, 'finalized');
    });
  }

  /** Records whether the product is well-formed: whole, readable, its numbers numbers. */
  async setValidation(id: string, validation: Validation, message?: string): Promise<void> {
    await this.#setCheck(id, 'validation', validation, message);
  }

  /** Records whether the product is good enough to be published; of tiles and mosaics it is asked for. */
  async setQa(id: string, qa: Validation, message?: string): Promise<void> {
    await this.#setCheck(id, 'qa', qa, message);
  }

  /**
   * Published files are missing: `published` back to `staged`, to be published again. What is not published any more, as
   * somebody else was faster, is left as it is.
   *
   * @throws {RegistryError} unknown.
   */
  async unpublish(id: string, reason: string): Promise<void> {
    await transact(this.#db, async db => {
      if ((await currentState(db, 'product', id)) !== 'published') return;
      await transition(db, 'product', id, 'staged', reason);
      await db.updateTable('products').set({ published_at: null, publish_attempts: 0 }).where('id', '=', id).execute();
    });
  }

  async #setCheck(id: string, check: 'validation' | 'qa', outcome: Validation, message?: string): Promise<void> {
    await transact(this.#db, async db => {
      const state = await currentState(db, 'product', id);
      await db
        .updateTable('products')
        .set({ [check]: outcome })
        .where('id', '=', id)
        .execute();
      await recordEvent(db, 'product', id, state, state, `${check} ${outcome}${message ? `: ${message}` : ''}`);
    });
  }

  async #reach(id: string, from: 'child_id' | 'parent_id', to: 'child_id' | 'parent_id'): Promise<string[]> {
    const rows = await this.#db
      .withRecursive('reached(id)', db =>
        db
          .selectFrom('product_parents')
          .select(`${to} as id`)
          .where(from, '=', id)
          .union(
            db
              .selectFrom('product_parents')
              .innerJoin('reached', 'reached.id', `product_parents.${from}`)
              .select(`product_parents.${to} as id`),
          ),
      )
      .selectFrom('reached')
      .select('id')
      .orderBy('id')
      .execute();
    return rows.map(row => row.id);
  }
}
