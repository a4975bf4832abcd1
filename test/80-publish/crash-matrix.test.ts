import { readdir } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { publishSteps, resumePublishing } from '../../src/publish/index.js';
import { onBothDatabases } from '../support/databases.js';
import { endLeases, publishAndDie } from '../support/dying-publisher.js';
import { contentsOf, Site, wholeProducts } from '../support/publishing-site.js';

const nAtOnce = 4;

/**
 * SIGKILL after every step that publishing reports, for products of several files and for folders, renamed and copied to
 * another file system: afterwards there is one copy of everything, whole, and the registry says so.
 */
onBothDatabases('crash matrix', database => {
  const seen = new Set<string>();

  describe.each(['same', 'other'] as const)('products on the %s file system', productsOn => {
    let site: Site;
    beforeEach(async () => void (site = await Site.make(database, productsOn)));
    afterEach(() => site.remove());

    it.each(['files', 'folder'] as const)('%s', async form => {
      const steps = await publishAndDie(site, await site.stage('undisturbed', form));
      steps.forEach(step => seen.add(step));
      const cases = steps.map((step, i) => ({ name: `case${i}-${step}`, killedAfter: i + 1 }));
      const ids = new Map<string, string>();
      for (const { name } of cases) ids.set(name, await site.stage(name, form));

      const queue = [...cases];
      const worker = async () => {
        for (let next; (next = queue.shift());) {
          const done = await publishAndDie(site, ids.get(next.name)!, next.killedAfter);
          expect(done).toEqual(steps.slice(0, next.killedAfter));
        }
      };
      await Promise.all(Array.from({ length: nAtOnce }, worker));
      await expectNothingHalfVisible(
        site,
        form,
        cases.map(({ name }) => name),
      );

      expect(await resumePublishing(site.registry, site.roots)).toEqual({ published: [], failed: [] }); // leases last
      await endLeases(site, database);
      const unfinished = (await site.registry.products.list({ state: 'publishing' })).map(({ id }) => id);
      expect(unfinished).toHaveLength(steps.length - 1); // all but what was killed after `completed`
      const resumed = await resumePublishing(site.registry, { ...site.roots, owner: 'resumer' });
      expect(resumed).toEqual({ published: unfinished, failed: [] });

      const names = ['undisturbed', ...cases.map(({ name }) => name)];
      expect(await site.published()).toEqual(wholeProducts(...names.map(name => [form, name] as const)));
      expect(Object.keys(await site.staged())).toEqual([]);
      if (form === 'files') expect(await readdir(`${site.workRoot}/mosaics`)).toEqual([]);
      for (const id of ids.values()) {
        expect(await site.registry.products.get(id)).toMatchObject({ state: 'published', claim: undefined });
        const events = await site.registry.history(id);
        expect(events.filter(event => event.to_state === 'published')).toHaveLength(1);
      }
    });
  });

  it('has been killed at every step that there is', () => {
    expect([...seen].sort()).toEqual([...publishSteps].sort());
  });
});

/** What has its published name is whole, and the main file never stands without the others. */
async function expectNothingHalfVisible(site: Site, form: 'files' | 'folder', names: readonly string[]): Promise<void> {
  const published = await site.published();
  const visible = Object.entries(published).filter(([path]) => !path.split('/').some(part => part.startsWith('.')));
  for (const name of names) {
    const expected = wholeProducts([form, name]);
    const found = visible.filter(([path]) => path in expected);
    for (const [path, content] of found) expect(content).toBe(expected[path]);
    const whole = found.length === Object.keys(contentsOf(form, name)).length;
    if (form === 'folder') expect(found.length === 0 || whole).toBe(true);
    else if (found.some(([path]) => path.endsWith(`${name}.fits`))) expect(whole).toBe(true);
  }
}
