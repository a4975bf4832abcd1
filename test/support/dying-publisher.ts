import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import type { PublishOptions } from '../../src/publish/index.js';
import type { TestDatabase } from './databases.js';
import type { Site } from './publishing-site.js';

const script = fileURLToPath(new URL('publish-and-die.mjs', import.meta.url));

/** Publishes in a process of its own, which is killed after so many steps; gives the steps that it did. */
export async function publishAndDie(
  site: Site,
  id: string,
  steps = Infinity,
  options: Partial<PublishOptions> = {},
): Promise<string[]> {
  const input = { ...site.roots, location: site.location, id, steps, leaseSec: 3600, ...options };
  const child = await execa('node', [script, JSON.stringify(input)], { reject: false, lines: true });
  if (child.signal !== 'SIGKILL' && child.exitCode !== 0) throw new Error(child.stderr.join('\n'));
  return child.stdout;
}

/** Lets all leases end now. */
export async function endLeases(site: Site, database: TestDatabase): Promise<void> {
  const past = '2000-01-01T00:00:00.000Z';
  await database.query(site.location, `update products set lease_expires_at = '${past}' where state = 'publishing'`);
}
