import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';

import type { PublishStep } from '../../src/publish/index.js';
import { onBothDatabases } from '../support/databases.js';
import { Site, wholeProducts } from '../support/publishing-site.js';

const script = fileURLToPath(new URL('scheduler.mjs', import.meta.url));

/** Long enough that a busy machine does not keep a heartbeat for so long. */
const leaseSec = 3;

onBothDatabases('two schedulers', database => {
  let site: Site;
  let schedulers: Scheduler[];
  beforeEach(async () => {
    site = await Site.make(database);
    schedulers = [];
  });
  afterEach(async () => {
    for (const scheduler of schedulers) await scheduler.kill();
    await site.remove();
  });

  /** A process that publishes what is due, at once and again and again. */
  function start(owner: string, holdAt?: PublishStep): Scheduler {
    const scheduler = new Scheduler({ ...site.roots, location: site.location, owner, leaseSec, holdAt });
    schedulers.push(scheduler);
    return scheduler;
  }
  const claimOf = async (id: string) => (await site.registry.products.get(id))!.claim!;

  it('one of which is killed while it publishes: the other takes over after the lease, not before', async () => {
    const id = await site.stage('a');
    const first = start('first', 'placed');
    await first.reaches('placed', site.productsRoot);
    const second = start('second');
    const other = await site.stage('b');
    await second.reaches('completed', other); // so it lives, and has passed over what the first one has

    // The first one lives beyond its lease: it has renewed it, and nobody took it over.
    const { leaseExpiresAt: firstLease } = await claimOf(id);
    while (Date.now() <= Date.parse(firstLease)) await setTimeout(20);
    expect(await claimOf(id)).toMatchObject({ owner: 'first' });

    await first.kill();
    const { owner, leaseExpiresAt: lastLease } = await claimOf(id);
    expect(owner).toBe('first');
    expect(lastLease > firstLease).toBe(true);
    await second.reaches('completed', id);

    const history = await site.registry.history(id);
    const [takeOver, ...more] = history.filter(event => event.message?.startsWith('second takes over from first'));
    expect(more).toEqual([]);
    expect(takeOver!.at >= lastLease, `taken over at ${takeOver!.at}, lease until ${lastLease}`).toBe(true);
    expect(await site.published()).toEqual(wholeProducts(['files', 'a'], ['files', 'b']));
    expect(await site.staged()).toEqual({});
    expect(await site.registry.products.get(id)).toMatchObject({ state: 'published', publishAttempts: 2 });
    expect(history.filter(event => event.to_state === 'published')).toHaveLength(1);
  });
});

class Scheduler {
  readonly #process: ReturnType<typeof startScheduler>;
  readonly #lines: AsyncIterator<unknown>;

  constructor(input: object) {
    this.#process = startScheduler(input);
    this.#lines = this.#process.iterable()[Symbol.asyncIterator]();
  }

  /** Waits until it has done a step on a path that begins so. */
  async reaches(step: PublishStep, path: string): Promise<void> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) throw new Error(`The scheduler ended before it had ${step} ${path}`);
      const reached = JSON.parse(String(value)) as { step: PublishStep; path: string };
      if (reached.step === step && reached.path.startsWith(path)) return;
    }
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#process;
  }
}

function startScheduler(input: object) {
  return execa('node', [script, JSON.stringify(input)], { reject: false });
}
