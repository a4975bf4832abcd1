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
