import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openRegistry, productMachine } from '../../src/registry/index.js';
import type { NewProduct, ProductState, Registry } from '../../src/registry/index.js';

let folder: string;
let registry: Registry;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contimg-registry-'));
  registry = await openRegistry(join(folder, 'registry.sqlite'));
});

afterEach(async () => {
  await registry.close();
  await rm(folder, { recursive: true });
});

function mosaic(id: string, parts: Partial<NewProduct> = {}): NewProduct {
  return { id, kind: 'mosaic', path: `mosaics/${id}`, recipe: 'r1', ...parts };
}

describe('a product', () => {
  it('is read back as it was registered', async () => {
    const file = { path: 'mosaics/m/m.fits', sizeBytes: 5_000_000_000, sha256: 'ab' };
    await registry.products.register(mosaic('m', { files: [file], metadata: { rmsJyBeam: 1e-3 } }));
    expect(await registry.products.get('m')).toMatchObject({
      id: 'm',
      kind: 'mosaic',
      path: 'mosaics/m',
      state: 'staged',
      validation: 'pending',
      files: [file],
      parents: [],
      metadata: { rmsJyBeam: 1e-3 },
      publishAttempts: 0,
    });
    expect(await registry.products.get('other')).toBeUndefined();
  });

  it('is never replaced silently', async () => {
    await registry.products.register(mosaic('m'));
    await expect(registry.products.register(mosaic('m', { recipe: 'r2' }))).rejects.toMatchObject({ code: 'REGISTRY' });
    expect((await registry.products.get('m'))!.recipe).toBe('r1');
  });

  it('is made again after it was removed, and its history tells of both', async () => {
    await registry.products.register(mosaic('m', { files: [{ path: 'a', sizeBytes: 1, sha256: 'x' }] }));
    await registry.products.remove('m', 'its options changed');
    await registry.products.register(mosaic('m', { recipe: 'r2', files: [{ path: 'a', sizeBytes: 2, sha256: 'y' }] }));
    expect(await registry.products.get('m')).toMatchObject({
      recipe: 'r2',
      state: 'staged',
      files: [{ sizeBytes: 2 }],
    });
    expect((await registry.history('m')).map(event => event.to_state)).toEqual(['staged', 'removed', 'staged']);
  });

  it('is not half registered when a parent is unknown', async () => {
    await expect(registry.products.register(mosaic('m', { parents: ['nobody'] }))).rejects.toMatchObject({
      code: 'REGISTRY',
      message: /FOREIGN KEY/,
    });
    expect(await registry.products.get('m')).toBeUndefined();
  });

  it('knows its ancestors and descendants at any remove', async () => {
    await registry.products.register({ id: 'ms1', kind: 'ms', path: 'ms/1', recipe: '' });
    await registry.products.register({ id: 'ms2', kind: 'ms', path: 'ms/2', recipe: '' });
    await registry.products.register({ id: 't1', kind: 'tile', path: 'tiles/1', recipe: '', parents: ['ms1'] });
    await registry.products.register({ id: 't2', kind: 'tile', path: 'tiles/2', recipe: '', parents: ['ms2'] });
    await registry.products.register(mosaic('m', { parents: ['t1', 't2'] }));
    await registry.products.register(mosaic('n', { parents: ['t2'] }));
    expect(await registry.products.ancestors('m')).toEqual(['ms1', 'ms2', 't1', 't2']);
    expect(await registry.products.descendants('ms2')).toEqual(['m', 'n', 't2']);
    expect(await registry.products.ancestors('ms1')).toEqual([]);
  });

  it('lists by kind and state', async () => {
    await registry.products.register({ id: 't', kind: 'tile', path: 't', recipe: '' });
    await registry.products.register(mosaic('m'));
    await registry.products.register(mosaic('n'));
    await registry.products.remove('n', 'gone');
    expect((await registry.products.list({ kind: 'mosaic' })).map(product => product.id)).toEqual(['m', 'n']);
    expect((await registry.products.list({ state: 'staged' })).map(product => product.id)).toEqual(['m', 't']);
  });
});

describe('the states of a product', () => {
  const moves: Record<ProductState, (id: string) => Promise<void>> = {
    publishing: id => registry.products.claimForPublishing(id),
    published: id => registry.products.completePublishing(id),
    staged: id => registry.products.failPublishing(id, 'why'),
    removed: id => registry.products.remove(id, 'why'),
  };
  const paths: Record<ProductState, ProductState[]> = {
    staged: [],
    publishing: ['publishing'],
    published: ['publishing', 'published'],
    removed: ['removed'],
  };
  const states = Object.keys(productMachine) as ProductState[];

  for (const from of states) {
    for (const to of states) {
      const legal = productMachine[from].includes(to);
      it(`${legal ? 'go' : 'refuse to go'} from ${from} to ${to}`, async () => {
        await registry.products.register(mosaic('m'));
        await registry.products.setValidation('m', 'passed');
        for (const step of paths[from]) await moves[step]('m');
        if (legal) {
          await moves[to]('m');
          expect((await registry.products.get('m'))!.state).toBe(to);
        } else {
          await expect(moves[to]('m')).rejects.toMatchObject({ code: 'REGISTRY', message: /Nothing was changed/ });
          expect((await registry.products.get('m'))!.state).toBe(from);
        }
      });
    }
  }

  it('count the attempts and keep the last reason', async () => {
    await registry.products.register(mosaic('m'));
    await registry.products.setValidation('m', 'passed');
    await registry.products.claimForPublishing('m');
    await registry.products.failPublishing('m', 'disk full');
    await registry.products.claimForPublishing('m');
    expect(await registry.products.get('m')).toMatchObject({ publishAttempts: 2, publishError: 'disk full' });
    await registry.products.completePublishing('m');
    expect(await registry.products.get('m')).toMatchObject({ publishError: undefined });
    expect((await registry.products.get('m'))!.publishedAt).toMatch(/^\d{4}-.*Z$/);
  });

  it('refuse to publish what was not validated', async () => {
    await registry.products.register(mosaic('m'));
    await expect(registry.products.claimForPublishing('m')).rejects.toMatchObject({ message: /passed its validation/ });
    await registry.products.setValidation('m', 'failed', 'all NaN');
    await expect(registry.products.claimForPublishing('m')).rejects.toMatchObject({ code: 'REGISTRY' });
    expect(await registry.products.get('m')).toMatchObject({ state: 'staged', publishAttempts: 0 });
  });

  it('give a product to one of two claimants', async () => {
    const other = await openRegistry(join(folder, 'registry.sqlite'));
    await registry.products.register(mosaic('m'));
    await registry.products.setValidation('m', 'passed');
    const claims = await Promise.allSettled([
      registry.products.claimForPublishing('m'),
      other.products.claimForPublishing('m'),
    ]);
    await other.close();
    expect(claims.map(claim => claim.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('are unknown for an unknown product', async () => {
    await expect(registry.products.claimForPublishing('x')).rejects.toMatchObject({ code: 'REGISTRY', message: /x/ });
    await expect(registry.products.setValidation('x', 'passed')).rejects.toMatchObject({ code: 'REGISTRY' });
  });
});
