import { stat } from 'node:fs/promises';
import { basename } from 'node:path';

import { dsa110 } from '../core/dsa110.js';
import type { SubbandGroup } from '../grouping/index.js';
import { recipeOf } from './recipe.js';
import type { GroupSubject } from './stages.js';

/** A group, with what its products depend on. */
export async function subjectOf(group: SubbandGroup): Promise<GroupSubject> {
  const facts = group.files.map(async ({ path }) => {
    const { size, mtimeMs } = await stat(path);
    return [basename(path), size, mtimeMs];
  });
  return { group, fingerprint: recipeOf(await Promise.all(facts)) };
}

/** Why a group cannot be processed, if so. */
export function obstacleOf(group: SubbandGroup, minSubbands: number): { code: string; reason: string } | undefined {
  const serious = group.problems.find(problem => !['MISSING_SUBBAND', 'TIME_FROM_NAME'].includes(problem.code));
  if (serious) return { code: serious.code, reason: serious.message };
  const found = dsa110.nSubbands - group.missingSubbands.length;
  if (found >= minSubbands) return undefined;
  const missing = group.missingSubbands.map(subband => `sb${String(subband).padStart(2, '0')}`).join(', ');
  const reason = `It has ${found} of the ${minSubbands} subbands that are expected at least; missing: ${missing}`;
  return { code: 'INCOMPLETE_GROUP', reason };
}
