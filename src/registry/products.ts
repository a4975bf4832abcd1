import type { Kysely } from 'kysely';

import { RegistryError } from '../core/errors.js';
import { insertFilesAndParents, insertProduct, readProduct, restageProduct } from './product-rows.js';
import type { NewProduct, Product } from './product-rows.js';
import type { ProductKind, Tables, Validation } from './schema.js';
import { transact } from './sqlite-database.js';
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
      const known = await db.selectFrom('products').select('state').where('id', '=', product.id).executeTakeFirst();
      if (known !== undefined && known.state !== 'removed') {
        throw new RegistryError(
          `Expected ${product.id} to be new, but it is registered and ${known.state}. Nothing was changed`,
        );
      }
      if (known === undefined) await insertProduct(db, product);
      else await restageProduct(db, product);
      await insertFilesAndParents(db, product);
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

  /** Everything that the product was made from, at any remove. */
  ancestors(id: string): Promise<string[]> {
    return this.#reach(id, 'child_id', 'parent_id');
  }

  /** Everything that was made from the product, at any remove. */
  descendants(id: string): Promise<string[]> {
    return this.#reach(id, 'parent_id', 'child_id');
  }

  /** Says that the files of a product are gone or no longer current. */
  async remove(id: string, reason: string): Promise<void> {
    await transact(this.#db, db => transition(db, 'product', id, 'removed', reason));
  }

  /** Records whether the product passed its checks. */
  async setValidation(id: string, validation: Validation, message?: string): Promise<void> {
    await transact(this.#db, async db => {
      const state = await currentState(db, 'product', id);
      await db.updateTable('products').set({ validation }).where('id', '=', id).execute();
      await recordEvent(db, 'product', id, state, state, `validation ${validation}${message ? `: ${message}` : ''}`);
    });
  }

  /**
   * Claims a product for publishing: `staged` to `publishing`.
   *
   * @throws {RegistryError} not staged, or not validated.
   */
  async claimForPublishing(id: string): Promise<void> {
    await transact(this.#db, async db => {
      await transition(db, 'product', id, 'publishing');
      const claimed = await db
        .updateTable('products')
        .set(eb => ({ publish_attempts: eb('publish_attempts', '+', 1) }))
        .where('id', '=', id)
        .where('validation', '=', 'passed')
        .executeTakeFirstOrThrow();
      if (claimed.numUpdatedRows === 1n) return;
      throw new RegistryError(
        `Expected ${id} to have passed its validation before it is published. Nothing was changed`,
      );
    });
  }

  /** The files are in their places: `publishing` to `published`. */
  async completePublishing(id: string): Promise<void> {
    await transact(this.#db, async db => {
      await transition(db, 'product', id, 'published');
      const values = { published_at: new Date().toISOString(), publish_error: null };
      await db.updateTable('products').set(values).where('id', '=', id).execute();
    });
  }

  /** The attempt failed: `publishing` back to `staged`, with the reason. */
  async failPublishing(id: string, reason: string): Promise<void> {
    await transact(this.#db, async db => {
      await transition(db, 'product', id, 'staged', `publishing failed: ${reason}`);
      await db.updateTable('products').set({ publish_error: reason }).where('id', '=', id).execute();
    });
  }

  /** Published files are missing: `published` back to `staged`, to be published again. */
  async unpublish(id: string, reason: string): Promise<void> {
    await transact(this.#db, async db => {
      await transition(db, 'product', id, 'staged', reason);
      await db.updateTable('products').set({ published_at: null }).where('id', '=', id).execute();
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
