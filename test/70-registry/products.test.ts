import { describe, expect, it } from 'vitest';

import type { NewProduct } from '../../src/registry/index.js';
import { onEmptyRegistries } from '../support/empty-registries.js';

onEmptyRegistries('products', at => {
  function mosaic(id: string, parts: Partial<NewProduct> = {}): NewProduct {
    return { id, kind: 'mosaic', path: `mosaics/${id}`, recipe: 'r1', ...parts };
  }

  describe('a product', () => {
    it('is read back as it was registered', async () => {
      const file = { path: 'mosaics/m/m.fits', sizeBytes: 5_000_000_000, sha256: 'ab' };
      await at.registry.products.register(mosaic('m', { files: [file], metadata: { rmsJyBeam: 1e-3 } }));
      expect(await at.registry.products.get('m')).toMatchObject({
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
      expect(await at.registry.products.get('other')).toBeUndefined();
    });

    it('is never replaced silently', async () => {
      await at.registry.products.register(mosaic('m'));
      await expect(at.registry.products.register(mosaic('m', { recipe: 'r2' }))).rejects.toMatchObject({
        code: 'REGISTRY',
      });
      expect((await at.registry.products.get('m'))!.recipe).toBe('r1');
    });

    it('is made again after it was removed, and its history tells of both', async () => {
      await at.registry.products.register(mosaic('m', { files: [{ path: 'a', sizeBytes: 1, sha256: 'x' }] }));
      await at.registry.products.remove('m', 'its options changed');
      await at.registry.products.register(
        mosaic('m', { recipe: 'r2', files: [{ path: 'a', sizeBytes: 2, sha256: 'y' }] }),
      );
      expect(await at.registry.products.get('m')).toMatchObject({
        recipe: 'r2',
        state: 'staged',
        files: [{ sizeBytes: 2 }],
      });
      expect((await at.registry.history('m')).map(event => event.to_state)).toEqual(['staged', 'removed', 'staged']);
    });

    it('is not half registered when a parent is unknown', async () => {
      await expect(at.registry.products.register(mosaic('m', { parents: ['nobody'] }))).rejects.toMatchObject({
        code: 'REGISTRY',
        message: /foreign key/i,
      });
      expect(await at.registry.products.get('m')).toBeUndefined();
    });

    it('knows its ancestors and descendants at any remove', async () => {
      await at.registry.products.register({ id: 'ms1', kind: 'ms', path: 'ms/1', recipe: '' });
      await at.registry.products.register({ id: 'ms2', kind: 'ms', path: 'ms/2', recipe: '' });
      await at.registry.products.register({ id: 't1', kind: 'tile', path: 'tiles/1', recipe: '', parents: ['ms1'] });
      await at.registry.products.register({ id: 't2', kind: 'tile', path: 'tiles/2', recipe: '', parents: ['ms2'] });
      await at.registry.products.register(mosaic('m', { parents: ['t1', 't2'] }));
      await at.registry.products.register(mosaic('n', { parents: ['t2'] }));
      expect(await at.registry.products.ancestors('m')).toEqual(['ms1', 'ms2', 't1', 't2']);
      expect(await at.registry.products.descendants('ms2')).toEqual(['m', 'n', 't2']);
      expect(await at.registry.products.ancestors('ms1')).toEqual([]);
    });

    it('lists by kind and state', async () => {
      await at.registry.products.register({ id: 't', kind: 'tile', path: 't', recipe: '' });
      await at.registry.products.register(mosaic('m'));
      await at.registry.products.register(mosaic('n'));
      await at.registry.products.remove('n', 'gone');
      expect((await at.registry.products.list({ kind: 'mosaic' })).map(product => product.id)).toEqual(['m', 'n']);
      expect((await at.registry.products.list({ state: 'staged' })).map(product => product.id)).toEqual(['m', 't']);
    });
  });

  describe('the checks of a product', () => {
    it('are recorded in its history, and are two', async () => {
      await at.registry.products.register(mosaic('m'));
      expect(await at.registry.products.get('m')).toMatchObject({
        validation: 'pending',
        qa: 'pending',
        finalized: true,
      });
      await at.registry.products.setValidation('m', 'passed');
      await at.registry.products.setQa('m', 'failed', 'all noise');
      expect(await at.registry.products.get('m')).toMatchObject({ validation: 'passed', qa: 'failed' });
      expect((await at.registry.history('m')).map(event => event.message)).toEqual([
        'recipe r1',
        'validation passed',
        'qa failed: all noise',
      ]);
      await expect(at.registry.products.setValidation('x', 'passed')).rejects.toMatchObject({ code: 'REGISTRY' });
    });

    it('begin anew when it is made again', async () => {
      await at.registry.products.register(mosaic('m'));
      await at.registry.products.setQa('m', 'passed');
      await at.registry.products.remove('m', 'gone');
      await at.registry.products.register(mosaic('m'));
      expect((await at.registry.products.get('m'))!.qa).toBe('pending');
    });
  });

  it('a product that is registered before it is whole is finalized once', async () => {
    const file = { path: 'm.fits', sizeBytes: 1, sha256: 'x' };
    await at.registry.products.register(mosaic('m', { finalized: false }));
    expect((await at.registry.products.get('m'))!.finalized).toBe(false);
    await at.registry.products.finalize('m', [file]);
    expect(await at.registry.products.get('m')).toMatchObject({ finalized: true, files: [file] });
    await expect(at.registry.products.finalize('m', [])).rejects.toMatchObject({ code: 'REGISTRY' });
  });
});
