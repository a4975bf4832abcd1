import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openRegistry } from '../../src/registry/index.js';
import type { Registry } from '../../src/registry/index.js';
import { onBothDatabases } from '../support/databases.js';

onBothDatabases('groups', database => {
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

  const files = [{ path: '/in/a_sb00.hdf5', subband: 0, fileSizeBytes: 10 }];

  describe('a subband group', () => {
    it('is pending once its files are there, and keeps its state when it is found again', async () => {
      expect(await registry.groups.record({ id: 'g', files: [] }, 'lacks subband 0')).toMatchObject({
        state: 'incomplete',
        reason: 'lacks subband 0',
      });
      expect(await registry.groups.record({ id: 'g', files })).toMatchObject({ state: 'pending', reason: null });
      await registry.groups.setState('g', 'failed', 'no valid data');
      expect(await registry.groups.record({ id: 'g', files })).toMatchObject({
        state: 'failed',
        reason: 'no valid data',
      });
    });

    it('is recorded without an event when nothing changed', async () => {
      await registry.groups.record({ id: 'g', files });
      await registry.groups.record({ id: 'g', files });
      expect(await registry.history('g')).toHaveLength(1);
    });

    it('is retried after a failure', async () => {
      await registry.groups.record({ id: 'g', files });
      await registry.groups.setState('g', 'failed', 'disk full');
      await registry.groups.setState('g', 'failed', 'no valid data');
      expect(await registry.groups.get('g')).toMatchObject({ state: 'failed', reason: 'no valid data' });
      await registry.groups.setState('g', 'imaged');
      expect(await registry.groups.get('g')).toMatchObject({ state: 'imaged', reason: null });
      await expect(registry.groups.setState('g', 'pending')).rejects.toMatchObject({ code: 'REGISTRY' });
      expect((await registry.history('g')).map(event => event.message)).toEqual([
        null,
        'disk full',
        'no valid data',
        null,
      ]);
    });
  });

  describe('a mosaic group', () => {
    it('keeps its members in order', async () => {
      for (const id of ['b', 'a', 'c']) await registry.groups.record({ id, files });
      await registry.mosaicGroups.form('m', ['b', 'a', 'c'], 'options');
      expect(await registry.mosaicGroups.get('m')).toMatchObject({ state: 'formed', members: ['b', 'a', 'c'] });
      await registry.mosaicGroups.setState('m', 'published');
      expect(await registry.mosaicGroups.list()).toMatchObject([{ id: 'm', state: 'published' }]);
    });

    it('is formed once, and of groups that exist', async () => {
      await registry.groups.record({ id: 'a', files });
      await registry.mosaicGroups.form('m', ['a'], 'options');
      await expect(registry.mosaicGroups.form('m', ['a'], 'options')).rejects.toMatchObject({ code: 'REGISTRY' });
      await expect(registry.mosaicGroups.form('n', ['x'], 'options')).rejects.toMatchObject({ code: 'REGISTRY' });
      expect(await registry.mosaicGroups.get('n')).toBeUndefined();
    });
  });
});
