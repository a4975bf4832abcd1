import type { Kysely, SelectQueryBuilder } from 'kysely';

import { nowOf, secondsAfter } from './database.js';
import type { PublishHealth } from './publish-health.js';
import type { EventsTable, ProductsTable, Tables } from './schema.js';

const hourSec = 3600;
const daySec = 24 * hourSec;

/** Counts what the registry holds. */
export async function measurePublishing(db: Kysely<Tables>): Promise<PublishHealth> {
  const at = await nowOf(db);
  const [hourAgo, dayAgo] = [secondsAfter(at, -hourSec), secondsAfter(at, -daySec)];
  const count = async (query: SelectQueryBuilder<Tables, keyof Tables, object>) =>
    Number(((await query.select(eb => eb.fn.countAll().as('n')).executeTakeFirstOrThrow()) as { n: number }).n);
  const products = db.selectFrom('products');
  const events = db.selectFrom('events');
  const awaited = products
    .where('state', '=', 'staged')
    .where(eb => eb.or([eb('kind', '=', 'mosaic'), eb('validation', '=', 'passed')]));
  const inState = (state: ProductsTable['state']) => count(products.where('state', '=', state));
  const since = (subject: EventsTable['subject'], start: string, to: readonly string[]) =>
    events.where('subject', '=', subject).where('at', '>=', start).where('to_state', 'in', to);
  const failures = (start: string) =>
    count(since('product', start, ['staged', 'failed']).where('from_state', '=', 'publishing'));

  const [published, failed] = [await inState('published'), await inState('failed')];
  const waitingForRetry = await count(awaited.where('publish_attempts', '>', 0));
  const tried = published + failed + waitingForRetry;
  return {
    at,
    published,
    staged: await count(awaited),
    publishing: await inState('publishing'),
    failed,
    waitingForRetry,
    successRate: tried === 0 ? 1 : published / tried,
    publishedLastHour: await count(since('product', hourAgo, ['published'])),
    failuresLastHour: await failures(hourAgo),
    failuresLastDay: await failures(dayAgo),
    stagedOverDay: await count(awaited.where('created_at', '<', dayAgo)),
    groupsFormedLastDay: await count(since('mosaic_group', dayAgo, ['formed'])),
    groupsRefusedLastDay: await count(since('mosaic_group', dayAgo, ['refused'])),
    meanSecPerMosaic: await meanDuration(db, dayAgo),
  };
}

async function meanDuration(db: Kysely<Tables>, since: string): Promise<number | undefined> {
  const rows = await db
    .selectFrom('events as done')
    .innerJoin('events as begun', 'begun.subject_id', 'done.subject_id')
    .select(['begun.at as begun', 'done.at as done'])
    .where('done.subject', '=', 'mosaic_group')
    .where('done.to_state', '=', 'published')
    .where('done.at', '>=', since)
    .where('begun.subject', '=', 'mosaic_group')
    .where('begun.to_state', '=', 'formed')
    .execute();
  if (rows.length === 0) return undefined;
  const seconds = rows.map(row => (Date.parse(row.done) - Date.parse(row.begun)) / 1000);
  return seconds.reduce((a, b) => a + b) / rows.length;
}
