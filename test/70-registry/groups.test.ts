import { beforeEach, describe, expect, it } from 'vitest';

import { onEmptyRegistries } from '../support/empty-registries.js';

onEmptyRegistries('groups', at => {
  const files = [{ path: '/in/a_sb00.hdf5', subband: 0, fileSizeBytes: 10 }];

  describe('a subband group', () => {
    it('is pending once its files are there, and keeps its state when it is found again', async () => {
      expect(await at.registry.groups.record({ id: 'g', files: [] }, 'lacks subband 0')).toMatchObject({
        state: 'incomplete',
        reason: 'lacks subband 0',
      });
      expect(await at.registry.groups.record({ id: 'g', files })).toMatchObject({ state: 'pending', reason: null });
      await at.registry.groups.setState('g', 'failed', 'no valid data');
      expect(await at.registry.groups.record({ id: 'g', files })).toMatchObject({
        state: 'failed',
        reason: 'no valid data',
      });
    });

    it('is recorded without an event when nothing changed', async () => {
      await at.registry.groups.record({ id: 'g', files });
      await at.registry.groups.record({ id: 'g', files });
      expect(await at.registry.history('g')).toHaveLength(1);
    });

    it('has a history that tells of files that came, went or changed', async () => {
      const file = (subband: number, fileSizeBytes: number) => ({ path: `/in/${subband}`, subband, fileSizeBytes });
      await at.registry.groups.record({ id: 'g', files: [file(0, 1), file(1, 1)] }, 'lacks subband 2');
      await at.registry.groups.record({ id: 'g', files: [file(1, 2), file(2, 1)] });
      await at.registry.groups.record({ id: 'g', files: [file(2, 1), file(1, 2)] });
      expect((await at.registry.history('g')).map(event => [event.to_state, event.message])).toEqual([
        ['incomplete', 'lacks subband 2'],
        ['incomplete', 'files: /in/0 is gone, /in/1 is changed, /in/2 is new'],
        ['pending', null],
      ]);
    });

    it('is retried after a failure', async () => {
      await at.registry.groups.record({ id: 'g', files });
      await at.registry.groups.setState('g', 'failed', 'disk full');
      await at.registry.groups.setState('g', 'failed', 'no valid data');
      expect(await at.registry.groups.get('g')).toMatchObject({ state: 'failed', reason: 'no valid data' });
      await at.registry.groups.setState('g', 'imaged');
      expect(await at.registry.groups.get('g')).toMatchObject({ state: 'imaged', reason: null });
      await expect(at.registry.groups.setState('g', 'pending')).rejects.toMatchObject({ code: 'REGISTRY' });
      expect((await at.registry.history('g')).map(event => event.message)).toEqual([
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
    ) => at.registry.mosaicGroups.form({ name, members, options, newId: ids });

    beforeEach(async () => {
      for (const id of ['b', 'a', 'c']) await at.registry.groups.record({ id, files });
    });

    it('keeps its members in order', async () => {
      const { id } = await form('m', ['b', 'a', 'c']);
      expect(await at.registry.mosaicGroups.get(id)).toMatchObject({
        state: 'formed',
        name: 'm',
        members: ['b', 'a', 'c'],
      });
      await at.registry.mosaicGroups.setState(id, 'published');
      expect(await at.registry.mosaicGroups.list()).toMatchObject([{ id, state: 'published' }]);
    });

    it('is not formed again of the same members with the same options, even when it is published', async () => {
      const { id } = await form('m', ['a', 'b']);
      await at.registry.mosaicGroups.setState(id, 'published');
      await expect(form('n', ['a', 'b'])).rejects.toMatchObject({
        code: 'DUPLICATE_GROUP',
        groupId: id,
        message: /is published/,
      });
      expect(await at.registry.mosaicGroups.list()).toHaveLength(1);
      await form('o', ['b', 'a']);
      await form('p', ['a', 'b'], 'other options');
    });

    it('is of groups that exist, and has a name of its own', async () => {
      await expect(form('n', ['x'])).rejects.toMatchObject({ code: 'REGISTRY' });
      expect(await at.registry.mosaicGroups.list()).toEqual([]);
      await form('m', ['a']);
      await expect(form('m', ['b'])).rejects.toMatchObject({ code: 'REGISTRY', message: /name m/ });
    });

    it('gets another id when the first is taken, and its history tells of that', async () => {
      await form('m', ['a'], 'options', newId);
      const { id } = await form('n', ['b'], 'options', newId);
      expect(id).toBe('id1');
      expect((await at.registry.history(id))[0]!.message).toBe('members b; ids that were taken: id0');
      await expect(form('o', ['c'], 'options', () => 'id0')).rejects.toMatchObject({
        code: 'REGISTRY',
        message: /taken/,
      });
      expect(await at.registry.mosaicGroups.list()).toHaveLength(2);
    });

    it('may share members with others, which is recorded', async () => {
      const ids = [(await form('m', ['a', 'b'])).id, (await form('n', ['b', 'c'])).id];
      expect(await at.registry.mosaicGroups.withMember('b')).toEqual(ids);
      expect(await at.registry.mosaicGroups.withMember('c')).toEqual([ids[1]]);
    });

    it('that is refused is recorded, once for the same reasons', async () => {
      for (const reasons of [['too long'], ['too long'], ['too long', 'too wide']])
        await at.registry.mosaicGroups.refuse('m', reasons);
      expect((await at.registry.history('m')).map(event => [event.to_state, event.message])).toEqual([
        ['refused', 'too long'],
        ['refused', 'too long; too wide'],
      ]);
      expect(await at.registry.health()).toMatchObject({ groupsRefusedLastDay: 2, groupsFormedLastDay: 0 });
    });
  });
});
