import { findCalibrationFaults, joinSolutions, readCalibrationTable } from '../calibration/index.js';
import type { CalibrationTarget } from '../calibration/index.js';
import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { isPipelineError } from '../core/errors.js';
import type { CalibrationSet } from '../registry/index.js';
import { chooseCalibration } from './choose-calibration.js';
import type { CalibrationChoice, CalibrationSubject } from './choose-calibration.js';
import type { Workshop } from './make-product.js';
import { tablePathsOf, toCandidate } from './register-calibration.js';

/** What is applied to an observation, and why. */
export interface AppliedCalibration extends CalibrationChoice {
  /** Sets that would have been applied, but whose tables are not fit to be: why. */
  readonly skipped: readonly { readonly set: string; readonly reason: string }[];
  readonly solutions: readonly CalibrationSolutions[];
  /** What they are made of, set by set, the nearest in time first. */
  readonly contents: readonly CalibrationSetContents[];
}

/** The solutions of one set. */
export interface CalibrationSetContents {
  readonly id: string;
  readonly solutions: readonly CalibrationSolutions[];
}

type Contents = { readonly solutions: readonly CalibrationSolutions[] } | { readonly fault: string };

/** The calibration sets of a registry, whose tables are checked before they are applied. */
export class CalibrationShelf {
  readonly #shop: Workshop;
  readonly #maxDecOffsetDeg: number;
  readonly #contents = new Map<string, Contents>();

  constructor(shop: Workshop, maxDecOffsetDeg: number) {
    this.#shop = shop;
    this.#maxDecOffsetDeg = maxDecOffsetDeg;
  }

  /**
   * The calibration of an observation. A set that is not fit for it is skipped, and the choice made among the others;
   * one whose tables are missing or damaged is marked as failed besides.
   *
   * @param target - what the tables are compared with.
   */
  async calibrationOf(subject: CalibrationSubject, target: CalibrationTarget): Promise<AppliedCalibration> {
    const sets = new Map((await this.#shop.registry.calibrationSets.list('active')).map(set => [set.id, set]));
    const skipped: { set: string; reason: string }[] = [];
    for (;;) {
      const choice = chooseCalibration([...sets.values()].map(toCandidate), subject, this.#maxDecOffsetDeg);
      const unfit: { set: string; reason: string }[] = [];
      const parts: CalibrationSetContents[] = [];
      for (const id of choice.sets) {
        const contents = await this.#open(sets.get(id)!, target);
        if ('fault' in contents) unfit.push({ set: id, reason: contents.fault });
        else parts.push({ id, solutions: contents.solutions });
      }
      const joined = unfit.length === 0 ? joinParts(parts.map(({ solutions }) => solutions)) : undefined;
      if (joined) {
        const distance = ({ id }: CalibrationSetContents) => distanceOf(sets.get(id)!, subject);
        const contents = parts.sort((a, b) => distance(a) - distance(b));
        return { ...choice, skipped, solutions: joined, contents };
      }
      // Two good sets that do not go together: without the farther one the nearer holds.
      if (unfit.length === 0) unfit.push(farther(choice, subject, sets));
      for (const { set, reason } of unfit) {
        sets.delete(set);
        skipped.push({ set, reason });
      }
    }
  }

  async #open(set: CalibrationSet, target: CalibrationTarget): Promise<Contents> {
    const contents = this.#contents.get(set.id) ?? (await this.#read(set));
    this.#contents.set(set.id, contents);
    if ('fault' in contents) return contents;
    const faults = contents.solutions.flatMap(one =>
      findCalibrationFaults(one, target).flatMap(({ severity, rule, message }) =>
        severity === 'error' ? [`${one.term}: ${message} [${rule}]`] : [],
      ),
    );
    return faults.length > 0 ? { fault: faults.join('; ') } : contents;
  }

  async #read(set: CalibrationSet): Promise<Contents> {
    const solutions: CalibrationSolutions[] = [];
    for (const path of tablePathsOf(set, this.#shop.work)) {
      try {
        solutions.push(await readCalibrationTable(path));
      } catch (error) {
        if (!isPipelineError(error, 'CALIBRATION_TABLE', 'FILE_ACCESS')) throw error;
        await this.#shop.registry.calibrationSets.setState(set.id, 'failed', error.message);
        return { fault: error.message };
      }
    }
    return { solutions };
  }
}

/** Term by term, two sets as one that is interpolated in time; undefined where they do not go together. */
function joinParts(parts: readonly (readonly CalibrationSolutions[])[]): CalibrationSolutions[] | undefined {
  const [first = [], ...others] = parts;
  try {
    return first.map((one, i) => joinSolutions([one, ...others.map(other => other[i]!)]));
  } catch (error) {
    if (isPipelineError(error, 'INVALID_ARGUMENT')) return undefined;
    throw error;
  }
}

function farther(
  { sets: ids }: CalibrationChoice,
  subject: CalibrationSubject,
  sets: ReadonlyMap<string, CalibrationSet>,
): { set: string; reason: string } {
  const distance = (id: string) => distanceOf(sets.get(id)!, subject);
  const [nearer, set] = [...ids].sort((a, b) => distance(a) - distance(b)) as [string, string];
  return {
    set,
    reason: `It does not go together with ${nearer}, which is nearer: they cannot be interpolated between`,
  };
}

/** Seconds between the middles of a set's observation and another. */
function distanceOf(set: CalibrationSet, { midTimeMjdSec }: CalibrationSubject): number {
  return Math.abs(toCandidate(set).midTimeMjdSec - midTimeMjdSec);
}
