import type { Kysely, Selectable } from 'kysely';

import { clockOf } from './database.js';
import type { ProductKind, ProductsTable, Tables, Validation } from './schema.js';
import type { ProductState } from './state-machines.js';
import { recordEvent, transition } from './transition.js';

/** One file of a product, or one folder that is published as a whole, such as a MeasurementSet. */
export interface ProductFile {
  /** Relative to the work folder. */
  readonly path: string;
  /** Of a folder: of all files in it. */
  readonly sizeBytes: number;
  /** Of a file's content, in hexadecimal; of a folder `tree:` and the SHA-256 of the list of all that is in it. */
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
  /** Whether its files are whole and will not change; otherwise see `finalize`. @default true */
  readonly finalized?: boolean;
}

/** A product as the registry knows it. */
export interface Product extends Required<Omit<NewProduct, 'groupId'>> {
  readonly groupId: string | undefined;
  readonly state: ProductState;
  readonly validation: Validation;
  readonly qa: Validation;
  /** Since it was made or reset; one that is under way counts. */
  readonly publishAttempts: number;
  /** Why the last attempt to publish it failed. */
  readonly publishError: string | undefined;
  /** Before which no attempt is made. */
  readonly nextAttemptAt: string | undefined;
  /** Who publishes it, and until when nobody else may. */
  readonly claim: { readonly owner: string; readonly leaseExpiresAt: string } | undefined;
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
    finalized: row.finalized === 1,
    validation: row.validation,
    qa: row.qa,
    metadata: JSON.parse(row.metadata) as Record<string, unknown>,
    files,
    parents: parents.map(parent => parent.parent_id),
    groupId: row.group_id ?? undefined,
    publishAttempts: row.publish_attempts,
    publishError: row.publish_error ?? undefined,
    nextAttemptAt: row.next_attempt_at ?? undefined,
    claim:
      row.claim_owner === null ? undefined : { owner: row.claim_owner, leaseExpiresAt: row.lease_expires_at ?? '' },
    publishedAt: row.published_at ?? undefined,
    createdAt: row.created_at,
  };
}

export async function insertProduct(db: Kysely<Tables>, product: NewProduct): Promise<void> {
  const now = clockOf(db);
  await db
    .insertInto('products')
    .values({
      id: product.id,
      kind: product.kind,
      group_id: product.groupId ?? null,
      path: product.path,
      recipe: product.recipe,
      state: 'staged',
      finalized: Number(product.finalized ?? true),
      validation: 'pending',
      qa: 'pending',
      metadata: JSON.stringify(product.metadata ?? {}),
      publish_error: null,
      next_attempt_at: null,
      claim_owner: null,
      claim_token: null,
      lease_expires_at: null,
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
    .set({ path: product.path, recipe: product.recipe, finalized: Number(product.finalized ?? true) })
    .set({ validation: 'pending', qa: 'pending', metadata: JSON.stringify(product.metadata ?? {}) })
    .set({ publish_attempts: 0, publish_error: null, next_attempt_at: null, published_at: null })
    .set({ created_at: clockOf(db) })
    .where('id', '=', product.id)
    .execute();
  await db.deleteFrom('product_files').where('product_id', '=', product.id).execute();
}

export async function insertFiles(db: Kysely<Tables>, id: string, files: readonly ProductFile[]): Promise<void> {
  for (const [position, { path, sizeBytes, sha256 }] of files.entries()) {
    const values = { product_id: id, position, path, size_bytes: sizeBytes, sha256 };
    await db.insertInto('product_files').values(values).execute();
  }
}

export async function insertParents(db: Kysely<Tables>, product: NewProduct): Promise<void> {
  for (const parent of product.parents ?? []) {
    await db
      .insertInto('product_parents')
      .values({ child_id: product.id, parent_id: parent })
      .onConflict(conflict => conflict.doNothing()) // a product that is made again keeps its lineage
      .execute();
  }
}
