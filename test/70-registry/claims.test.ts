import { describe, expect, it } from 'vitest';

import { openRegistry, productMachine } from '../../src/registry/index.js';
import type { Claim, NewProduct, ProductState } from '../../src/registry/index.js';
import { onEmptyRegistries } from '../support/empty-registries.js';

onEmptyRegistries('claims', at => {
  const claimant = { owner: 'me', leaseSec: 3600 };
  const other = { owner: 'other', leaseSec: 3600 };
  const endLease = () =>
    at.database.query(at.location, `update products set lease_expires_at = '2000-01-01T00:00:00.000Z'`);
  const get = async (id = 'm') => (await at.registry.products.get(id))!;

  async function stage(id = 'm', parts: Partial<NewProduct> = {}): Promise<void> {
    const files = [{ path: `mosaics/${id}.fits`, sizeBytes: 1, sha256: 'x' }];
    await at.registry.products.register({ id, kind: 'mosaic', path: `mosaics/${id}`, recipe: 'r', files, ...parts });
    await at.registry.products.setValidation(id, 'passed');
    await at.registry.products.setQa(id, 'passed');
  }

  describe('a claim', () => {
    it('is made of a product that is ready, and says who has it until when', async () => {
      await stage();
      const claim = (await at.registry.claims.take('m', claimant))!;
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
      if (checks && 'validation' in checks) await at.registry.products.setValidation('m', checks.validation);
      if (checks && 'qa' in checks) await at.registry.products.setQa('m', checks.qa);
      await expect(at.registry.claims.take('m', claimant)).rejects.toMatchObject({ code: 'REGISTRY', message });
      expect(await at.registry.claims.takeNext(claimant)).toBeUndefined();
      expect(await get()).toMatchObject({ state: 'staged', publishAttempts: 0 });
    });

    it('asks for quality checks of tiles and mosaics only', async () => {
      await stage('m', { kind: 'ms' });
      await at.registry.products.setQa('m', 'pending');
      expect(await at.registry.claims.take('m', claimant)).toBeDefined();
    });

    it('is refused of an unknown product, and needless for a published one', async () => {
      await expect(at.registry.claims.take('x', claimant)).rejects.toMatchObject({ code: 'REGISTRY', message: /x/ });
      await stage();
      await at.registry.claims.complete((await at.registry.claims.take('m', claimant))!);
      expect(await at.registry.claims.take('m', claimant)).toBeUndefined();
    });

    it('goes to one of two who ask at once', async () => {
      const second = await openRegistry(at.location);
      await stage();
      const claims = await Promise.allSettled([at.registry.claims.take('m', claimant), second.claims.take('m', other)]);
      await second.close();
      expect(claims.map(claim => claim.status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(claims.find(claim => claim.status === 'rejected')).toMatchObject({ reason: { code: 'PUBLISH_DEFERRED' } });
    });
  });

  describe('a lease', () => {
    it('cannot be stolen while it lasts', async () => {
      await stage();
      await at.registry.claims.take('m', claimant);
      const until = (await get()).claim!.leaseExpiresAt;
      await expect(at.registry.claims.take('m', other)).rejects.toMatchObject({
        code: 'PUBLISH_DEFERRED',
        message: /me is publishing m/,
        until,
      });
      expect(await at.registry.claims.takeOver(other)).toBeUndefined();
      expect(await at.registry.claims.takeNext(other)).toBeUndefined();
      await expect(at.registry.claims.reset('m')).rejects.toMatchObject({ code: 'PUBLISH_DEFERRED' });
    });

    it.each([
      ['takeOver', () => at.registry.claims.takeOver(other)],
      ['take', () => at.registry.claims.take('m', other)],
    ])('that has ended is taken over by %s, and the former owner can do nothing any more', async (_, takeOver) => {
      await stage();
      const former = (await at.registry.claims.take('m', claimant))!;
      await endLease();
      const claim = (await takeOver())!;
      expect(claim).toMatchObject({ owner: 'other', product: { publishAttempts: 2 } });
      const attempts = [
        () => at.registry.claims.renew(former),
        () => at.registry.claims.complete(former),
        () => at.registry.claims.fail(former, 'late', 0),
      ];
      for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'PUBLISH_DEFERRED' });
      await at.registry.claims.complete(claim);
      expect((await at.registry.history('m')).map(event => event.message)).toContain('other takes over from me');
    });

    it('is extended by a heartbeat', async () => {
      await stage();
      const claim = (await at.registry.claims.take('m', claimant))!;
      await endLease();
      await at.registry.claims.renew(claim); // late, but before anybody else came
      expect(await at.registry.claims.takeOver(other)).toBeUndefined();
    });

    it('of an owner that is known to be dead is taken over at once', async () => {
      await stage('a');
      await stage('b');
      await at.registry.claims.take('a', claimant);
      await at.registry.claims.take('b', other);
      expect(await at.registry.claims.takeOver({ ...claimant, owner: 'third' }, 'me')).toMatchObject({
        product: { id: 'a' },
      });
      expect(await at.registry.claims.takeOver({ ...claimant, owner: 'third' }, 'me')).toBeUndefined();
    });
  });

  describe('a failure', () => {
    it('leaves the product staged until the next attempt is due; the history keeps every reason', async () => {
      await stage();
      await at.registry.claims.fail((await at.registry.claims.take('m', claimant))!, 'disk full', 3600);
      const failed = await get();
      expect(failed).toMatchObject({
        state: 'staged',
        publishAttempts: 1,
        publishError: 'disk full',
        claim: undefined,
      });
      await expect(at.registry.claims.take('m', claimant)).rejects.toMatchObject({
        code: 'PUBLISH_DEFERRED',
        until: failed.nextAttemptAt,
        message: /disk full/,
      });
      expect(await at.registry.claims.takeNext(claimant)).toBeUndefined();
      await at.database.query(at.location, `update products set next_attempt_at = '2000-01-01T00:00:00.000Z'`);
      const reason = 'x'.repeat(10_000);
      await at.registry.claims.fail((await at.registry.claims.takeNext(claimant))!, reason, 0);
      expect(await get()).toMatchObject({ publishAttempts: 2, publishError: reason });
      expect((await at.registry.history('m')).map(event => event.message)).toEqual(
        expect.arrayContaining(['publishing failed: disk full', `publishing failed: ${reason}`]),
      );
    });

    it('for good waits for somebody to reset it', async () => {
      await stage();
      await at.registry.claims.fail((await at.registry.claims.take('m', claimant))!, 'in the way');
      expect((await get()).state).toBe('failed');
      await expect(at.registry.claims.take('m', claimant)).rejects.toMatchObject({
        code: 'PUBLISH_FAILED',
        message: /in the way.*retry m/,
      });
      expect(await at.registry.claims.takeNext(claimant)).toBeUndefined();
      await at.registry.claims.reset('m');
      expect(await get()).toMatchObject({ state: 'staged', publishAttempts: 0, publishError: 'in the way' });
      await at.registry.claims.complete((await at.registry.claims.take('m', claimant))!);
      expect(await get()).toMatchObject({ state: 'published', publishError: undefined });
      expect((await get()).publishedAt).toMatch(/^\d{4}-.*Z$/);
    });
  });

  it('takeNext gives the oldest first, and every product once', async () => {
    for (const id of ['c', 'a', 'b']) await stage(id);
    await at.database.query(at.location, `update products set created_at = '2000-01-01T00:00:00.000Z' where id = 'b'`);
    const taken: string[] = [];
    for (let claim; (claim = await at.registry.claims.takeNext(claimant));) taken.push(claim.product.id);
    expect(taken).toEqual(['b', 'c', 'a']);
  });

  describe('the states of a product', () => {
    let claim: Claim | undefined;
    const moves: Record<ProductState, () => Promise<unknown>> = {
      publishing: async () => (claim = await at.registry.claims.take('m', claimant)),
      published: () => at.registry.claims.complete(claim!),
      staged: () => at.registry.claims.fail(claim!, 'why', 0),
      failed: () => at.registry.claims.fail(claim!, 'why'),
      removed: () => at.registry.products.remove('m', 'why'),
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
      'published staged': () => at.registry.products.unpublish('m', 'lost'),
      'failed staged': () => at.registry.claims.reset('m'),
      'removed staged': () => at.registry.products.register({ id: 'm', kind: 'mosaic', path: 'm', recipe: '' }),
      'publishing publishing': () => endLease().then(() => at.registry.claims.takeOver(other)),
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
