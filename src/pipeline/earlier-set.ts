import { readCalibrationTable } from '../calibration/index.js';
import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { isPipelineError } from '../core/errors.js';
import type { Workshop } from './make-product.js';
import { tablePathsOf, toCandidate } from './register-calibration.js';

/** A calibration set of another observation, to compare solutions with. */
export interface EarlierSet {
  readonly id: string;
  readonly validToMjdSec: number;
  readonly solutions: readonly CalibrationSolutions[];
}

/** The set in force with a bandpass that is nearest in time before an observation, and not its own. */
export async function earlierSetOf(
  { work, registry }: Workshop,
  { midTimeMjdSec, groupId }: { readonly midTimeMjdSec: number; readonly groupId?: string | undefined },
): Promise<EarlierSet | undefined> {
  const sets = await registry.calibrationSets.list('active');
  const earlier = sets
    .map(set => ({ set, candidate: toCandidate(set) }))
    .filter(({ candidate }) => candidate.midTimeMjdSec < midTimeMjdSec && candidate.terms.includes('bandpass'))
    .filter(({ candidate }) => groupId === undefined || candidate.sourceGroupId !== groupId)
    .sort((a, b) => b.candidate.midTimeMjdSec - a.candidate.midTimeMjdSec);
  for (const { set } of earlier) {
    try {
      const solutions = await Promise.all(tablePathsOf(set, work).map(path => readCalibrationTable(path)));
      return { id: set.id, validToMjdSec: set.validToMjdSec, solutions };
    } catch (error) {
      // Whoever wants to apply it marks it as failed; here another one serves as well.
      if (!isPipelineError(error, 'CALIBRATION_TABLE', 'FILE_ACCESS')) throw error;
    }
  }
  return undefined;
}
