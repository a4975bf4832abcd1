import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { groupSubbands } from '../grouping/index.js';
import type { SubbandGroup } from '../grouping/index.js';
import { UsageError } from './exit-codes.js';
import { indexPaths } from './subband-files.js';

/**
 * The one observation that paths are of: a MeasurementSet, or the UVH5 files of one group. Files that cannot be used are
 * named on standard error.
 *
 * @throws {UsageError} no group, or several.
 */
export async function observationOf(paths: readonly string[], signal: AbortSignal): Promise<string | SubbandGroup> {
  if (await isMeasurementSet(paths)) return paths[0]!;
  const { groups, leftOut } = groupSubbands(await indexPaths(paths, { signal }));
  for (const { message } of leftOut) console.error(`Left out: ${message}`);
  if (groups.length === 1) return groups[0]!;
  throw new UsageError(
    `Expected a MeasurementSet, or the files of one group, but found ${groups.length} groups` +
      `${groups.length > 0 ? `: ${groups.map(({ id }) => id).join(', ')}` : ` in ${paths.join(', ')}`}`,
  );
}

/** Whether they are one table. */
export async function isMeasurementSet(paths: readonly string[]): Promise<boolean> {
  if (paths.length !== 1) return false;
  return stat(join(paths[0]!, 'table.dat')).then(
    found => found.isFile(),
    () => false,
  );
}
