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
    const newId = (attempt: number) => `id${attempt}`;
    const form = (
      name: string,
      members: string[],
      options = 'options',
      ids = (attempt: number) => `${name}${attempt}`,
    ) => registry.mosaicGroups.form({ name, members, options, newId: ids });

    beforeEach(async () => {
      for (const id of ['b', 'a', 'c']) await registry.groups.record({ id, files });
    });

    it('keeps its members in order', async () => {
      const { id } = await form('m', ['b', 'a', 'c']);
      expect(await registry.mosaicGroups.get(id)).toMatchObject({
        state: 'formed',
        name: 'm',
        members: ['b', 'a', 'c'],
      });
      await registry.mosaicGroups.setState(id, 'published');
      expect(await registry.mosaicGroups.list()).toMatchObject([{ id, state: 'published' }]);
    });

    it('is not formed again of the same members with the same options, even when it is published', async () => {
      const { id } = await form('m', ['a', 'b']);
      await registry.mosaicGroups.setState(id, 'published');
      await expect(form('n', ['a', 'b'])).rejects.toMatchObject({
        code: 'DUPLICATE_GROUP',
        groupId: id,
        message: /is published/,
      });
      expect(await registry.mosaicGroups.list()).toHaveLength(1);
      await form('o', ['b', 'a']);
      await form('p', ['a', 'b'], 'other options');
    });

    it('is of groups that exist, and has a name of its own', async () => {
      await expect(form('n', ['x'])).rejects.toMatchObject({ code: 'REGISTRY' });
      expect(await registry.mosaicGroups.list()).toEqual([]);
      await form('m', ['a']);
      await expect(form('m', ['b'])).rejects.toMatchObject({ code: 'REGISTRY', message: /name m/ });
    });

    it('gets another id when the first is taken, and its history tells of that', async () => {
      await form('m', ['a'], 'options', newId);
      const { id } = await form('n', ['b'], 'options', newId);
      expect(id).toBe('id1');
      expect((await registry.history(id))[0]!.message).toBe('members b; ids that were taken: id0');
      await expect(form('o', ['c'], 'options', () => 'id0')).rejects.toMatchObject({
        code: 'REGISTRY',
        message: /taken/,
      });
      expect(await registry.mosaicGroups.list()).toHaveLength(2);
    });

    it('may share members with others, which is recorded', async () => {
      const ids = [(await form('m', ['a', 'b'])).id, (await form('n', ['b', 'c'])).id];
      expect(await registry.mosaicGroups.withMember('b')).toEqual(ids);
      expect(await registry.mosaicGroups.withMember('c')).toEqual([ids[1]]);
    });

    it('that is refused is recorded, once for the same reasons', async () => {
      for (const reasons of [['too long'], ['too long'], ['too long', 'too wide']])
        await registry.mosaicGroups.refuse('m', reasons);
      expect((await registry.history('m')).map(event => [event.to_state, event.message])).toEqual([
        ['refused', 'too long'],
        ['refused', 'too long; too wide'],
      ]);
      expect(await registry.health()).toMatchObject({ groupsRefusedLastDay: 2, groupsFormedLastDay: 0 });
    });
  });
});
