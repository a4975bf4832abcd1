/** A calibration set, as far as the choice depends on it. */
export interface CalibrationCandidate {
  readonly id: string;
  /** The subband group that it was solved from, if one. */
  readonly sourceGroupId: string | undefined;
  /** Middle of that observation, UTC, MJD seconds. */
  readonly midTimeMjdSec: number;
  readonly validFromMjdSec: number;
  readonly validToMjdSec: number;
  /** Apparent declination of that observation. */
  readonly decDeg: number;
  /** What its tables correct, in order. */
  readonly terms: readonly string[];
}

/** An observation that is to be calibrated. */
export interface CalibrationSubject {
  readonly groupId: string;
  readonly midTimeMjdSec: number;
  readonly decDeg: number;
}

/**
 * The rule by which sets were chosen: the observation's own, the last one before it (`after`: the data are after the set),
 * the first one after it (`before`), both, or none.
 */
export type ValidityRule = 'own' | 'after' | 'before' | 'between' | 'none';

/** Which sets are applied to an observation, and why. */
export interface CalibrationChoice {
  readonly rule: ValidityRule;
  /** One, or two that are interpolated between, in order of time. */
  readonly sets: readonly string[];
  /** One sentence. */
  readonly reason: string;
  /** Sets that were not used, the nearest in time first, at most 10. */
  readonly rejected: readonly { readonly set: string; readonly reason: string }[];
}

/**
 * Chooses the calibration of an observation among sets that are in force.
 *
 * Only sets of the same declination strip, whose window holds the observation's middle, are considered. Its own set is
 * used alone. Otherwise solutions are interpolated between the nearest one before and the nearest one after, where both
 * have the same terms; if not, or if all are on one side, the nearest in time holds.
 */
export function chooseCalibration(
  candidates: readonly CalibrationCandidate[],
  subject: CalibrationSubject,
  maxDecOffsetDeg: number,
): CalibrationChoice {
  const distance = ({ midTimeMjdSec }: CalibrationCandidate) => Math.abs(midTimeMjdSec - subject.midTimeMjdSec);
  const nearestFirst = [...candidates].sort((a, b) => distance(a) - distance(b) || (a.id < b.id ? -1 : 1));
  const usable: CalibrationCandidate[] = [];
  const rejected: { set: string; reason: string }[] = [];
  for (const candidate of nearestFirst) {
    const reason = obstacleTo(candidate, subject, maxDecOffsetDeg);
    if (reason === undefined) usable.push(candidate);
    else if (rejected.length < 10) rejected.push({ set: candidate.id, reason });
  }
  return { ...pick(usable, subject), rejected };
}

function obstacleTo(set: CalibrationCandidate, subject: CalibrationSubject, limitDeg: number): string | undefined {
  // Written so that a declination that is not known is refused.
  if (!(Math.abs(set.decDeg - subject.decDeg) <= limitDeg))
    return `It is of declination ${set.decDeg.toFixed(2)}; within ${limitDeg} degrees of ${subject.decDeg.toFixed(2)} is expected`;
  const { midTimeMjdSec: time } = subject;
  if (time >= set.validFromMjdSec && time <= set.validToMjdSec) return undefined;
  const apart = hours(time - set.midTimeMjdSec);
  return time > set.validToMjdSec
    ? `It is too old: ${apart} before the data; it holds for ${hours(set.validToMjdSec - set.midTimeMjdSec)} after`
    : `It is from ${apart} after the data; it holds for ${hours(set.midTimeMjdSec - set.validFromMjdSec)} before`;
}

function pick(
  usable: readonly CalibrationCandidate[],
  { groupId, midTimeMjdSec: time }: CalibrationSubject,
): Omit<CalibrationChoice, 'rejected'> {
  const [nearest] = usable;
  if (nearest === undefined) return { rule: 'none', sets: [], reason: 'No calibration set in force may be applied' };
  const own = usable.find(({ sourceGroupId }) => sourceGroupId === groupId);
  if (own) return { rule: 'own', sets: [own.id], reason: `Its own set, ${own.id}` };
  const earlier = usable.find(set => set.midTimeMjdSec <= time);
  const later = usable.find(set => set.midTimeMjdSec > time);
  const after = earlier && `${earlier.id}, ${hours(time - earlier.midTimeMjdSec)} before`;
  const before = later && `${later.id}, ${hours(later.midTimeMjdSec - time)} after`;
  if (earlier && later) {
    const alike = earlier.terms.join() === later.terms.join();
    if (alike)
      return { rule: 'between', sets: [earlier.id, later.id], reason: `Interpolated: ${after}, and ${before}` };
    const rule = nearest === earlier ? 'after' : 'before';
    const reason = `The nearer of ${after}, and ${before}: they differ in terms`;
    return { rule, sets: [nearest.id], reason };
  }
  return earlier
    ? { rule: 'after', sets: [earlier.id], reason: `The last one before: ${after}` }
    : { rule: 'before', sets: [later!.id], reason: `The first one after: ${before}` };
}

function hours(seconds: number): string {
  return `${(Math.abs(seconds) / 3600).toFixed(2)} h`;
}
