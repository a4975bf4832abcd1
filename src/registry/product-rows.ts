import type { Kysely, Selectable } from 'kysely';

import type { ProductKind, ProductsTable, Tables, Validation } from './schema.js';
import type { ProductState } from './state-machines.js';
import { recordEvent, transition } from './transition.js';

/** One file of a product. */
export interface ProductFile {
  /** Relative to the work folder. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What is said of a product when it is registered. */
export interface NewProduct {
  /** Unique, e.g. `tile/2026-01-25T22:00:05`. */
  readonly id: string;
  readonly kind: ProductKind;
  /** File or folder, relative to the work folder. */
  readonly path: string;
  /** SHA-256 of all that decides the content. */
  readonly recipe: string;
  /** In the order in which they are published: the main file last. @default none */
  readonly files?: readonly ProductFile[];
  /** Ids of the products that it was made from. @default none */
  readonly parents?: readonly string[];
  /** The subband group that it was made from. @default none */
  readonly groupId?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A product as the registry knows it. */
export interface Product extends Required<Omit<NewProduct, 'groupId'>> {
  readonly groupId: string | undefined;
  readonly state: ProductState;
  readonly validation: Validation;
  readonly publishAttempts: number;
  /** Why the last attempt to publish it failed. */
  readonly publishError: string | undefined;
  readonly publishedAt: string | undefined;
  readonly createdAt: string;
}

/** A product with its files and parents. */
export async function readProduct(db: Kysely<Tables>, row: Selectable<ProductsTable>): Promise<Product> {
  const files = await db
    .selectFrom('product_files')
    .select(['path', 'size_bytes as sizeBytes', 'sha256'])
    .where('product_id', '=', row.id)
    .orderBy('position')
    .execute();
  const parents = await db
    .selectFrom('product_parents')
    .select('parent_id')
    .where('child_id', '=', row.id)
    .orderBy('parent_id')
    .execute();
  return {
    id: row.id,
    kind: row.kind,
    path: row.path,
    recipe: row.recipe,
    state: row.state,
    validation: row.validation,
    metadata: JSON.parse(row.metadata) as Record<string, unknown>,
    files,
    parents: parents.map(parent => parent.parent_id),
    groupId: row.group_id ?? undefined,
    publishAttempts: row.publish_attempts,
    publishError: row.publish_error ?? undefined,
    publishedAt: row.published_at ?? undefined,
    createdAt: row.created_at,
  };
}

export async function insertProduct(db: Kysely<Tables>, product: NewProduct): Promise<void> {
  const now = new Date().toISOString();
  await db
    .insertInto('products')
    .values({
      id: product.id,
      kind: product.kind,
      group_id: product.groupId ?? null,
      path: product.path,
      recipe: product.recipe,
      state: 'staged',
      validation: 'pending',
      metadata: JSON.stringify(product.metadata ?? {}),
      publish_error: null,
      published_at: null,
      created_at: now,
      updated_at: now,
    })
    .execute();
  await recordEvent(db, 'product', product.id, null, 'staged', `recipe ${product.recipe}`);
}

export async function restageProduct(db: Kysely<Tables>, product: NewProduct): Promise<void> {
  await transition(db, 'product', product.id, 'staged', `made again, recipe ${product.recipe}`);
  await db
    .updateTable('products')
    .set({ path: product.path, recipe: product.recipe, validation: 'pending', published_at: null })
    .set({ metadata: JSON.stringify(product.metadata ?? {}) })
    .where('id', '=', product.id)
    .execute();
  await db.deleteFrom('product_files').where('product_id', '=', product.id).execute();
}

export async function insertFilesAndParents(db: Kysely<Tables>, product: NewProduct): Promise<void> {
  for (const [position, file] of (product.files ?? []).entries()) {
    await db
      .insertInto('product_files')
      .values({
        product_id: product.id,
        position,
        path: file.path,
        size_bytes: file.sizeBytes,
        sha256: file.sha256,
      })
      .execute();
  }
  for (const parent of product.parents ?? []) {
    await db
      .insertInto('product_parents')
      .values({ child_id: product.id, parent_id: parent })
      .onConflict(conflict => conflict.doNothing()) // a product that is made again keeps its lineage
      .execute();
  }
}
