import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openRegistry } from '../../src/registry/index.js';
import type { NewProduct, Registry } from '../../src/registry/index.js';
import { onBothDatabases } from '../support/databases.js';

onBothDatabases('products', database => {
  let folder: string;
  let location: string;
  let registry: Registry;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-registry-'));
    location = await database.make(folder);
    registry = await openRegistry(location);
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
      await expect(registry.products.register(mosaic('m', { recipe: 'r2' }))).rejects.toMatchObject({
        code: 'REGISTRY',
      });
      expect((await registry.products.get('m'))!.recipe).toBe('r1');
    });

    it('is made again after it was removed, and its history tells of both', async () => {
      await registry.products.register(mosaic('m', { files: [{ path: 'a', sizeBytes: 1, sha256: 'x' }] }));
      await registry.products.remove('m', 'its options changed');
      await registry.products.register(
        mosaic('m', { recipe: 'r2', files: [{ path: 'a', sizeBytes: 2, sha256: 'y' }] }),
      );
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
        message: /foreign key/i,
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

  describe('the checks of a product', () => {
    it('are recorded in its history, and are two', async () => {
      await registry.products.register(mosaic('m'));
      expect(await registry.products.get('m')).toMatchObject({ validation: 'pending', qa: 'pending', finalized: true });
      await registry.products.setValidation('m', 'passed');
      await registry.products.setQa('m', 'failed', 'all noise');
      expect(await registry.products.get('m')).toMatchObject({ validation: 'passed', qa: 'failed' });
      expect((await registry.history('m')).map(event => event.message)).toEqual([
        'recipe r1',
        'validation passed',
        'qa failed: all noise',
      ]);
      await expect(registry.products.setValidation('x', 'passed')).rejects.toMatchObject({ code: 'REGISTRY' });
    });

    it('begin anew when it is made again', async () => {
      await registry.products.register(mosaic('m'));
      await registry.products.setQa('m', 'passed');
      await registry.products.remove('m', 'gone');
      await registry.products.register(mosaic('m'));
      expect((await registry.products.get('m'))!.qa).toBe('pending');
    });
  });

  it('a product that is registered before it is whole is finalized once', async () => {
    const file = { path: 'm.fits', sizeBytes: 1, sha256: 'x' };
    await registry.products.register(mosaic('m', { finalized: false }));
    expect((await registry.products.get('m'))!.finalized).toBe(false);
    await registry.products.finalize('m', [file]);
    expect(await registry.products.get('m')).toMatchObject({ finalized: true, files: [file] });
    await expect(registry.products.finalize('m', [])).rejects.toMatchObject({ code: 'REGISTRY' });
  });
});
