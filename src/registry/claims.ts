import { randomUUID } from 'node:crypto';

import type { Kysely, Selectable } from 'kysely';

import { PublishDeferredError, PublishFailedError, RegistryError } from '../core/errors.js';
import { locked, nowOf, secondsAfter, transact } from './database.js';
import { readProduct } from './product-rows.js';
import type { Product } from './product-rows.js';
import { kindsWithQa } from './schema.js';
import type { ProductsTable, Tables } from './schema.js';
import { checkTransition, productMachine } from './state-machines.js';
import { transition } from './transition.js';

/** Who claims a product, and for how long at a time. */
export interface Claimant {
  /** Names the process, for people; one owner may hold several claims. */
  readonly owner: string;
  /** How long nobody else may take the product unless the claim is renewed. */
  readonly leaseSec: number;
}

/** The right to publish one product, until the lease ends. */
export interface Claim extends Claimant {
  readonly product: Product;
  /** Unique: what a claim that was taken over still does is told by it. */
  readonly token: string;
}

type Row = Selectable<ProductsTable>;

const released = { claim_owner: null, claim_token: null, lease_expires_at: null } as const;

/** Which process publishes what: claims with leases, so that a product is published once, whoever dies. */
export class ClaimTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /**
   * Claims one product: `staged` to `publishing`. That of a process whose lease has ended is taken over.
   *
   * @returns undefined where it is published already.
   * @throws {RegistryError} unknown, removed, without files, not finalized, or not passed by its checks.
   * @throws {PublishDeferredError} somebody else publishes it, or its next attempt is not due.
   * @throws {PublishFailedError} attempts have been given up.
   */
  async take(id: string, claimant: Claimant): Promise<Claim | undefined> {
    return transact(this.#db, async db => {
      const row = await locked(db, db.selectFrom('products').selectAll().where('id', '=', id)).executeTakeFirst();
      if (row === undefined) throw new RegistryError(`Expected a product ${id} in the registry: there is none`);
      if (row.state === 'published') return undefined;
      const now = await nowOf(db);
      checkFree(row, now);
      const product = await readProduct(db, row);
      checkReady(product);
      return claimRow(db, row, claimant, now);
    });
  }

  /** Claims the product that has waited longest of those that are ready and due, passing over what others claim. */
  async takeNext(claimant: Claimant): Promise<Claim | undefined> {
    return transact(this.#db, async db => {
      const now = await nowOf(db);
      const ready = db
        .selectFrom('products')
        .selectAll()
        .where('state', '=', 'staged')
        .where('finalized', '=', 1)
        .where('validation', '=', 'passed')
        .where(eb => eb.or([eb('qa', '=', 'passed'), eb('kind', 'not in', kindsWithQa)]))
        .where(eb => eb.or([eb('next_attempt_at', 'is', null), eb('next_attempt_at', '<=', now)]))
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('product_files')
              .select('product_files.path')
              .whereRef('product_files.product_id', '=', 'products.id'),
          ),
        )
        .orderBy('created_at')
        .orderBy('id')
        .limit(1);
      const row = await locked(db, ready, 'skip').executeTakeFirst();
      return row && claimRow(db, row, claimant, now);
    });
  }

  /**
   * Takes over a product from a process whose lease has ended.
   *
   * @param deadOwner - an owner that is known to be gone: its claims are taken over before their leases end.
   */
  async takeOver(claimant: Claimant, deadOwner?: string): Promise<Claim | undefined> {
    return transact(this.#db, async db => {
      const now = await nowOf(db);
      const ended = db
        .selectFrom('products')
        .selectAll()
        .where('state', '=', 'publishing')
        .where(eb => eb.or([eb('lease_expires_at', '<=', now), eb('claim_owner', '=', deadOwner ?? null)]))
        .orderBy('id')
        .limit(1);
      const row = await locked(db, ended, 'skip').executeTakeFirst();
      return row && claimRow(db, row, claimant, now);
    });
  }

  /**
   * Extends the lease: the heartbeat of a process at work.
   *
   * @throws {PublishDeferredError} the lease had ended, and somebody else took the product over.
   */
  async renew(claim: Claim): Promise<void> {
    await transact(this.#db, async db => {
      await checkHeld(db, claim);
      const lease_expires_at = secondsAfter(await nowOf(db), claim.leaseSec);
      await db.updateTable('products').set({ lease_expires_at }).where('id', '=', claim.product.id).execute();
    });
  }

  /**
   * The files are in their places: `publishing` to `published`.
   *
   * @throws {PublishDeferredError} somebody else took the product over.
   */
  async complete(claim: Claim): Promise<void> {
    await transact(this.#db, async db => {
      await checkHeld(db, claim);
      await leave(db, claim.product.id, 'published');
      const values = { published_at: await nowOf(db), publish_error: null, next_attempt_at: null };
      await db.updateTable('products').set(values).where('id', '=', claim.product.id).execute();
    });
  }

  /**
   * The attempt failed: back to `staged`, to be tried again after `retryInSec`; without that, to `failed`. The history
   * keeps the reason of every attempt, the product that of the last.
   *
   * @throws {PublishDeferredError} somebody else took the product over.
   */
  async fail(claim: Claim, reason: string, retryInSec?: number): Promise<void> {
    await transact(this.#db, async db => {
      await checkHeld(db, claim);
      const state = retryInSec === undefined ? 'failed' : 'staged';
      await leave(db, claim.product.id, state, `publishing failed: ${reason}`);
      const next_attempt_at = retryInSec === undefined ? null : secondsAfter(await nowOf(db), retryInSec);
      await db
        .updateTable('products')
        .set({ publish_error: reason, next_attempt_at })
        .where('id', '=', claim.product.id)
        .execute();
    });
  }

  /**
   * Lets a product that failed, or waits for its next attempt, be tried at once, with all attempts before it.
   *
   * @throws {RegistryError} unknown, published or removed.
   * @throws {PublishDeferredError} somebody publishes it.
   */
  async reset(id: string): Promise<void> {
    await transact(this.#db, async db => {
      const row = await locked(db, db.selectFrom('products').selectAll().where('id', '=', id)).executeTakeFirst();
      if (row === undefined) throw new RegistryError(`Expected a product ${id} in the registry: there is none`);
      if (row.state === 'publishing') throw busy(row);
      if (row.state === 'published' || row.state === 'removed') {
        throw new RegistryError(`Expected ${id} to be staged or failed, but it is ${row.state}. Nothing was changed`);
      }
      if (row.state === 'failed') await transition(db, 'product', id, 'staged', 'attempts to publish were reset');
      const values = { publish_attempts: 0, next_attempt_at: null };
      await db.updateTable('products').set(values).where('id', '=', id).execute();
    });
  }
}

/** @throws unless the product may be claimed as far as others are concerned. */
function checkFree(row: Row, now: string): void {
  checkTransition(productMachine, `product ${row.id}`, row.state === 'failed' ? 'staged' : row.state, 'publishing');
  if (row.state === 'failed') {
    throw new PublishFailedError(
      `Publishing ${row.id} was given up after ${row.publish_attempts} attempts: ${row.publish_error}. Mend that, then: contimg publish retry ${row.id}`,
    );
  }
  if (row.state === 'publishing' && row.lease_expires_at! > now) throw busy(row);
  if (row.state === 'staged' && row.next_attempt_at !== null && row.next_attempt_at > now) {
    throw new PublishDeferredError(
      row.next_attempt_at,
      `The next attempt to publish ${row.id} is due at ${row.next_attempt_at}; the last one failed: ${row.publish_error}. Wait, or: contimg publish retry ${row.id}`,
    );
  }
}

/** Somebody publishes it. */
export function busy(row: Row): PublishDeferredError {
  return new PublishDeferredError(
    row.lease_expires_at!,
    `${row.claim_owner} is publishing ${row.id}, with a lease until ${row.lease_expires_at}. Wait for it to end`,
  );
}

/** @throws {RegistryError} names everything that keeps the product from being published. */
function checkReady({ id, kind, finalized, validation, qa, files }: Product): void {
  const obstacles = [
    ...(finalized ? [] : ['it is not finalized']),
    ...(validation === 'passed' ? [] : [`its validation is ${validation}`]),
    ...(qa === 'passed' || !kindsWithQa.includes(kind) ? [] : [`its quality checks are ${qa}`]),
    ...(files.length > 0 ? [] : ['no files of it are registered']),
  ];
  if (obstacles.length === 0) return;
  throw new RegistryError(
    `Expected ${id} to be finalized, to have passed its checks and to consist of files before it is published, but ${obstacles.join(', ')}. Nothing was changed`,
  );
}

async function claimRow(db: Kysely<Tables>, row: Row, claimant: Claimant, now: string): Promise<Claim> {
  const { owner, leaseSec } = claimant;
  const token = randomUUID();
  const message = row.state === 'publishing' ? `${owner} takes over from ${row.claim_owner}` : `claimed by ${owner}`;
  await transition(db, 'product', row.id, 'publishing', message, { claim_token: token });
  const claimed = await db
    .updateTable('products')
    .set({ claim_owner: owner, lease_expires_at: secondsAfter(now, leaseSec) })
    .set(eb => ({ publish_attempts: eb('publish_attempts', '+', 1) }))
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return { product: await readProduct(db, claimed), owner, leaseSec, token };
}

async function leave(db: Kysely<Tables>, id: string, to: 'published' | 'staged' | 'failed', message?: string) {
  await transition(db, 'product', id, to, message, released);
}

/** @throws {PublishDeferredError} the claim is no longer the one that counts. */
async function checkHeld(db: Kysely<Tables>, { product, token, owner }: Claim): Promise<void> {
  const query = db.selectFrom('products').selectAll().where('id', '=', product.id);
  const row = await locked(db, query).executeTakeFirst();
  if (row?.claim_token === token) return;
  const now = row?.state === 'publishing' ? `${row.claim_owner} has taken it over` : `it is ${row?.state}`;
  throw new PublishDeferredError(
    row?.lease_expires_at ?? (await nowOf(db)),
    `Expected ${owner} to hold its claim on ${product.id}, but the lease ended and ${now}`,
  );
}
