import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { onBothDatabases } from '../support/databases.js';
import { randomOf, shuffled } from '../support/random.js';
import { Site, wholeProducts } from '../support/publishing-site.js';

/** Runs a script in many processes, which begin when all are ready; gives what each printed last. */
async function race<Result>(script: string, inputs: readonly unknown[]): Promise<Result[]> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const children = inputs.map(input => execa('node', [path, JSON.stringify(input)], { lines: true }));
  await Promise.all(children.map(child => new Promise(resolve => child.stdout.once('data', resolve))));
  children.forEach(child => child.stdin.write('go'));
  const outputs = await Promise.all(children);
  return outputs.map(({ stdout }) => JSON.parse(stdout.at(-1)!) as Result);
}

onBothDatabases('a race', database => {
  let site: Site;
  beforeEach(async () => void (site = await Site.make(database)));
  afterEach(() => site.remove());

  it('of 16 processes to publish the same 200 products: each is published once, and all else is a lost race', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `m${i}`);
    const ids: string[] = [];
    for (const name of names) ids.push(await site.stage(name));
    const inputs = Array.from({ length: 16 }, (_, i) => ({
      ...site.roots,
      location: site.location,
      ids: shuffled(ids, randomOf(i + 1)),
      automatic: i % 2 === 0,
    }));
    const results = await race<{ published: string[]; refused: Record<string, number> }>('race.mjs', inputs);
    expect(results.flatMap(({ published }) => published).sort()).toEqual([...ids].sort());
    for (const { refused } of results)
      expect(Object.keys(refused).filter(code => code !== 'PUBLISH_DEFERRED')).toEqual([]);
    expect(results.filter(({ published }) => published.length > 0).length).toBeGreaterThan(8);
    expect(await site.published()).toEqual(wholeProducts(...names.map(name => ['files', name] as const)));
    expect(await site.staged()).toEqual({});
    for (const id of ids)
      expect(await site.registry.products.get(id)).toMatchObject({ state: 'published', publishAttempts: 1 });
  });

  it('of 8 processes that form 1000 mosaic groups, and 20 that all of them want: no id twice, no group twice', async () => {
    const members = Array.from({ length: 1021 }, (_, i) => `g${String(i).padStart(4, '0')}`);
    for (const id of members) await site.registry.groups.record({ id, files: [] });
    const groups = members.slice(0, 1020).map((id, i) => [id, members[i + 1]!]);
    const [own, contested] = [groups.slice(0, 1000), groups.slice(1000)];
    const inputs = Array.from({ length: 8 }, (_, i) => ({
      location: site.location,
      own: own.filter((_, group) => group % 8 === i),
      contested,
    }));
    interface Result {
      readonly ids: string[];
      readonly refused: Record<string, number>;
      readonly start: number;
      readonly end: number;
    }
    const results = await race<Result>('form-groups.mjs', inputs);
    const ids = results.flatMap(result => result.ids);
    expect(new Set(ids).size).toBe(1020);
    expect(ids).toHaveLength(1020);
    const refused = results.flatMap(result => Object.entries(result.refused));
    expect(new Set(refused.map(([code]) => code))).toEqual(new Set(['DUPLICATE_GROUP']));
    expect(refused.reduce((sum, [, n]) => sum + n, 0)).toBe(7 * 20);
    const formed = await site.registry.mosaicGroups.list();
    expect(formed.map(group => group.id).sort()).toEqual(ids.sort());
    for (const { id, members: pair } of formed) expect(groups, id).toContainEqual(pair);
    const seconds =
      (Math.max(...results.map(({ end }) => end)) - Math.min(...results.map(({ start }) => start))) / 1000;
    console.log(`${database.name}: 1020 groups formed by 8 processes in ${seconds.toFixed(2)} s`);
  });
});
