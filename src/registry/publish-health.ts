import type { Kysely, SelectQueryBuilder } from 'kysely';

import { nowOf, secondsAfter } from './database.js';
import type { EventsTable, ProductsTable, Tables } from './schema.js';

const hourSec = 3600;
const daySec = 24 * hourSec;

/** How publishing goes. Times are instants of the history: of the failure itself, say, not of the product's making. */
export interface PublishHealth {
  /** ISO 8601, UTC, by the database's clock. */
  readonly at: string;
  /** Products by state; of those staged, only what is meant to be published: mosaics, and what passed its validation. */
  readonly published: number;
  readonly staged: number;
  readonly publishing: number;
  /** Given up: they wait for a person. */
  readonly failed: number;
  /** Staged, after an attempt that failed. */
  readonly waitingForRetry: number;
  /** Of the products that were tried, the fraction that is published; 1 where none was tried. */
  readonly successRate: number;
  readonly publishedLastHour: number;
  readonly failuresLastHour: number;
  readonly failuresLastDay: number;
  /** Made more than a day ago and not published. */
  readonly stagedOverDay: number;
  readonly groupsFormedLastDay: number;
  readonly groupsRefusedLastDay: number;
  /** From the forming of a group to its mosaic's publication, over the last day; undefined without any. */
  readonly meanSecPerMosaic: number | undefined;
}

/** Something that a person should look at. */
export interface PublishAlert {
  readonly name:
    'PUBLISH_FAILURES' | 'PUBLISH_GIVEN_UP' | 'PUBLISH_SUCCESS_RATE' | 'STAGED_TOO_LONG' | 'GROUP_FAILURES';
  readonly message: string;
}

/** When a figure becomes an alert. */
export const publishAlertLimits = Object.freeze({
  maxFailuresPerHour: 5,
  maxGivenUp: 0,
  minSuccessRate: 0.95,
  maxStagedOverDay: 0,
  maxGroupFailureRate: 0.1,
});

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

/** Everything that is not as it should be; empty when all is well. */
export function publishAlerts(health: PublishHealth, limits: Partial<typeof publishAlertLimits> = {}): PublishAlert[] {
  const limit = { ...publishAlertLimits, ...limits };
  const formed = health.groupsFormedLastDay;
  const groupFailureRate = health.groupsRefusedLastDay / Math.max(formed + health.groupsRefusedLastDay, 1);
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
  const alerts: (PublishAlert | false)[] = [
    health.failuresLastHour > limit.maxFailuresPerHour && {
      name: 'PUBLISH_FAILURES',
      message: `${health.failuresLastHour} attempts to publish failed in the last hour, more than ${limit.maxFailuresPerHour}`,
    },
    health.failed > limit.maxGivenUp && {
      name: 'PUBLISH_GIVEN_UP',
      message: `${health.failed} products wait for a person: contimg publish list`,
    },
    health.successRate < limit.minSuccessRate && {
      name: 'PUBLISH_SUCCESS_RATE',
      message: `${percent(health.successRate)} of what was tried is published, less than ${percent(limit.minSuccessRate)}`,
    },
    health.stagedOverDay > limit.maxStagedOverDay && {
      name: 'STAGED_TOO_LONG',
      message: `${health.stagedOverDay} products are staged for more than 24 hours`,
    },
    groupFailureRate > limit.maxGroupFailureRate && {
      name: 'GROUP_FAILURES',
      message: `${percent(groupFailureRate)} of the mosaic groups of the last day were refused, more than ${percent(limit.maxGroupFailureRate)}`,
    },
  ];
  return alerts.filter((alert): alert is PublishAlert => alert !== false);
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
