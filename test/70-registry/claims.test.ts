import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openRegistry, productMachine } from '../../src/registry/index.js';
import type { Claim, NewProduct, ProductState, Registry } from '../../src/registry/index.js';
import { onBothDatabases } from '../support/databases.js';

onBothDatabases('claims', database => {
  let folder: string;
  let location: string;
  let registry: Registry;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-claims-'));
    location = await database.make(folder);
    registry = await openRegistry(location);
  });

  afterEach(async () => {
    await registry.close();
    await rm(folder, { recursive: true });
  });

  const claimant = { owner: 'me', leaseSec: 3600 };
  const other = { owner: 'other', leaseSec: 3600 };
  const endLease = () => database.query(location, `update products set lease_expires_at = '2000-01-01T00:00:00.000Z'`);
  const get = async (id = 'm') => (await registry.products.get(id))!;

  async function stage(id = 'm', parts: Partial<NewProduct> = {}): Promise<void> {
    const files = [{ path: `mosaics/${id}.fits`, sizeBytes: 1, sha256: 'x' }];
    await registry.products.register({ id, kind: 'mosaic', path: `mosaics/${id}`, recipe: 'r', files, ...parts });
    await registry.products.setValidation(id, 'passed');
    await registry.products.setQa(id, 'passed');
  }

  describe('a claim', () => {
    it('is made of a product that is ready, and says who has it until when', async () => {
      await stage();
      const claim = (await registry.claims.take('m', claimant))!;
      expect(claim).toMatchObject({ owner: 'me', product: { id: 'm', state: 'publishing', publishAttempts: 1 } });
      const { owner, leaseExpiresAt } = (await get()).claim!;
      expect(owner).toBe('me');
      const leftSec = (Date.parse(leaseExpiresAt) - Date.now()) / 1000;
      expect(leftSec).toBeGreaterThan(3000);
      expect(leftSec).toBeLessThan(4000);
    });

    it.each([
      ['not finalized', { finalized: false }, undefined, /not finalized/],
      ['without files', { files: [] }, undefined, /no files/],
      ['not validated', {}, { validation: 'failed' }, /its validation is failed/],
      ['not checked', {}, { qa: 'pending' }, /its quality checks are pending/],
    ] as const)('is refused of one that is %s, and changes nothing', async (_, parts, checks, message) => {
      await stage('m', parts);
      if (checks && 'validation' in checks) await registry.products.setValidation('m', checks.validation);
      if (checks && 'qa' in checks) await registry.products.setQa('m', checks.qa);
      await expect(registry.claims.take('m', claimant)).rejects.toMatchObject({ code: 'REGISTRY', message });
      expect(await registry.claims.takeNext(claimant)).toBeUndefined();
      expect(await get()).toMatchObject({ state: 'staged', publishAttempts: 0 });
    });

    it('asks for quality checks of tiles and mosaics only', async () => {
      await stage('m', { kind: 'ms' });
      await registry.products.setQa('m', 'pending');
      expect(await registry.claims.take('m', claimant)).toBeDefined();
    });

    it('is refused of an unknown product, and needless for a published one', async () => {
      await expect(registry.claims.take('x', claimant)).rejects.toMatchObject({ code: 'REGISTRY', message: /x/ });
      await stage();
      await registry.claims.complete((await registry.claims.take('m', claimant))!);
      expect(await registry.claims.take('m', claimant)).toBeUndefined();
    });

    it('goes to one of two who ask at once', async () => {
      const second = await openRegistry(location);
      await stage();
      const claims = await Promise.allSettled([registry.claims.take('m', claimant), second.claims.take('m', other)]);
      await second.close();
      expect(claims.map(claim => claim.status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(claims.find(claim => claim.status === 'rejected')).toMatchObject({ reason: { code: 'PUBLISH_DEFERRED' } });
    });
  });

  describe('a lease', () => {
    it('cannot be stolen while it lasts', async () => {
      await stage();
      await registry.claims.take('m', claimant);
      const until = (await get()).claim!.leaseExpiresAt;
      await expect(registry.claims.take('m', other)).rejects.toMatchObject({
        code: 'PUBLISH_DEFERRED',
        message: /me is publishing m/,
        until,
      });
      expect(await registry.claims.takeOver(other)).toBeUndefined();
      expect(await registry.claims.takeNext(other)).toBeUndefined();
      await expect(registry.claims.reset('m')).rejects.toMatchObject({ code: 'PUBLISH_DEFERRED' });
    });

    it.each([
      ['takeOver', () => registry.claims.takeOver(other)],
      ['take', () => registry.claims.take('m', other)],
    ])('that has ended is taken over by %s, and the former owner can do nothing any more', async (_, takeOver) => {
      await stage();
      const former = (await registry.claims.take('m', claimant))!;
      await endLease();
      const claim = (await takeOver())!;
      expect(claim).toMatchObject({ owner: 'other', product: { publishAttempts: 2 } });
      const attempts = [
        () => registry.claims.renew(former),
        () => registry.claims.complete(former),
        () => registry.claims.fail(former, 'late', 0),
      ];
      for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'PUBLISH_DEFERRED' });
      await registry.claims.complete(claim);
      expect((await registry.history('m')).map(event => event.message)).toContain('other takes over from me');
    });

    it('is extended by a heartbeat', async () => {
      await stage();
      const claim = (await registry.claims.take('m', claimant))!;
      await endLease();
      await registry.claims.renew(claim); // late, but before anybody else came
      expect(await registry.claims.takeOver(other)).toBeUndefined();
    });

    it('of an owner that is known to be dead is taken over at once', async () => {
      await stage('a');
      await stage('b');
      await registry.claims.take('a', claimant);
      await registry.claims.take('b', other);
      expect(await registry.claims.takeOver({ ...claimant, owner: 'third' }, 'me')).toMatchObject({
        product: { id: 'a' },
      });
      expect(await registry.claims.takeOver({ ...claimant, owner: 'third' }, 'me')).toBeUndefined();
    });
  });

  describe('a failure', () => {
    it('leaves the product staged until the next attempt is due; the history keeps every reason', async () => {
      await stage();
      await registry.claims.fail((await registry.claims.take('m', claimant))!, 'disk full', 3600);
      const failed = await get();
      expect(failed).toMatchObject({
        state: 'staged',
        publishAttempts: 1,
        publishError: 'disk full',
        claim: undefined,
      });
      await expect(registry.claims.take('m', claimant)).rejects.toMatchObject({
        code: 'PUBLISH_DEFERRED',
        until: failed.nextAttemptAt,
        message: /disk full/,
      });
      expect(await registry.claims.takeNext(claimant)).toBeUndefined();
      await database.query(location, `update products set next_attempt_at = '2000-01-01T00:00:00.000Z'`);
      const reason = 'x'.repeat(10_000);
      await registry.claims.fail((await registry.claims.takeNext(claimant))!, reason, 0);
      expect(await get()).toMatchObject({ publishAttempts: 2, publishError: reason });
      expect((await registry.history('m')).map(event => event.message)).toEqual(
        expect.arrayContaining(['publishing failed: disk full', `publishing failed: ${reason}`]),
      );
    });

    it('for good waits for somebody to reset it', async () => {
      await stage();
      await registry.claims.fail((await registry.claims.take('m', claimant))!, 'in the way');
      expect((await get()).state).toBe('failed');
      await expect(registry.claims.take('m', claimant)).rejects.toMatchObject({
        code: 'PUBLISH_FAILED',
        message: /in the way.*retry m/,
      });
      expect(await registry.claims.takeNext(claimant)).toBeUndefined();
      await registry.claims.reset('m');
      expect(await get()).toMatchObject({ state: 'staged', publishAttempts: 0, publishError: 'in the way' });
      await registry.claims.complete((await registry.claims.take('m', claimant))!);
      expect(await get()).toMatchObject({ state: 'published', publishError: undefined });
      expect((await get()).publishedAt).toMatch(/^\d{4}-.*Z$/);
    });
  });

  it('takeNext gives the oldest first, and every product once', async () => {
    for (const id of ['c', 'a', 'b']) await stage(id);
    await database.query(location, `update products set created_at = '2000-01-01T00:00:00.000Z' where id = 'b'`);
    const taken: string[] = [];
    for (let claim; (claim = await registry.claims.takeNext(claimant));) taken.push(claim.product.id);
    expect(taken).toEqual(['b', 'c', 'a']);
  });

  describe('the states of a product', () => {
    let claim: Claim | undefined;
    const moves: Record<ProductState, () => Promise<unknown>> = {
      publishing: async () => (claim = await registry.claims.take('m', claimant)),
      published: () => registry.claims.complete(claim!),
      staged: () => registry.claims.fail(claim!, 'why', 0),
      failed: () => registry.claims.fail(claim!, 'why'),
      removed: () => registry.products.remove('m', 'why'),
    };
    const paths: Record<ProductState, ProductState[]> = {
      staged: [],
      publishing: ['publishing'],
      published: ['publishing', 'published'],
      failed: ['publishing', 'failed'],
      removed: ['removed'],
    };
    /** From there, by another way than a claim. */
    const otherWays: Partial<Record<string, () => Promise<unknown>>> = {
      'published staged': () => registry.products.unpublish('m', 'lost'),
      'failed staged': () => registry.claims.reset('m'),
      'removed staged': () => registry.products.register({ id: 'm', kind: 'mosaic', path: 'm', recipe: '' }),
      'publishing publishing': () => endLease().then(() => registry.claims.takeOver(other)),
    };
    const states = Object.keys(productMachine) as ProductState[];

    it.each(states.flatMap(from => states.map(to => [from, productMachine[from].includes(to), to] as const)))(
      'from %s, legal %s, to %s',
      async (from, legal, to) => {
        await stage();
        claim = { ...claimant, product: await get(), token: 'none' };
        for (const step of paths[from]) await moves[step]();
        const move = otherWays[`${from} ${to}`] ?? moves[to];
        if (legal) {
          await move();
        } else {
          const outcome = await move().then(
            result => result, // of a published product: there is nothing to claim
            (error: unknown) => error,
          );
          if (outcome !== undefined) expect(outcome).toHaveProperty('code');
        }
        expect((await get()).state).toBe(legal ? to : from);
      },
    );
  });
});
