import { modelFluxIn } from '../calibration/index.js';
import type { FlagReport } from '../calibration/index.js';
import type { Observation } from '../core/observation.js';
import type { SubbandGroup } from '../grouping/index.js';
import {
  calibrateGroup,
  calibrationSetId,
  describeGroup,
  failureOf,
  isWhole,
  isWithdrawn,
  putInForce,
} from './calibrate-group.js';
import { CalibrationShelf } from './calibration-shelf.js';
import type { AppliedCalibration } from './calibration-shelf.js';
import { subjectOf } from './group-subject.js';
import type { Workshop } from './make-product.js';
import type { CheckedConfig } from './pipeline-config.js';
import { gateProblemsOf, setFindingsOf } from './register-calibration.js';
import type { Reporter } from './reporter.js';
import { recordOf } from './stages.js';

/** What a run does about calibration: solves for sets first, and chooses among all sets then. */
export class CalibrationStage {
  readonly #config: CheckedConfig;
  readonly #shop: Workshop;
  readonly #reporter: Reporter;
  readonly #signal: AbortSignal | undefined;
  readonly #shelf: CalibrationShelf;

  constructor(config: CheckedConfig, shop: Workshop, reporter: Reporter, signal: AbortSignal | undefined) {
    this.#config = config;
    this.#shop = shop;
    this.#reporter = reporter;
    this.#signal = signal;
    this.#shelf = new CalibrationShelf(shop, config.calibration!.maxDecOffsetDeg);
  }

  /**
   * Makes the set of a group in whose beam the model is bright enough, unless it is there already.
   *
   * @returns the flags of the group, if it was flagged for this: it need not be flagged again for its image.
   */
  async solve(group: SubbandGroup): Promise<FlagReport | undefined> {
    const { model } = this.#config.calibration!;
    if (model.length === 0) return undefined;
    const keep = () => Promise.resolve(); // the group may still be imaged with other sets
    return this.#reporter.attempt('calibrate', group.id, keep, () => this.#solve(group));
  }

  async #solve(group: SubbandGroup): Promise<FlagReport | undefined> {
    const observation = await describeGroup(group, this.#config, { signal: this.#signal });
    const { model, minFluxJy } = this.#config.calibration!;
    if (modelFluxIn(observation, model) < minFluxJy) return undefined;
    const id = calibrationSetId(await subjectOf(group), this.#config);
    const known = await this.#shop.registry.calibrationSets.get(id);
    const problems = known ? gateProblemsOf(known) : [];
    if (problems.length > 0) {
      this.#reporter.leaveOut(id, 'CALIBRATION_FAILED', failureOf(id, problems));
      return undefined;
    }
    if (known && (await isWithdrawn(known, this.#shop.registry))) {
      const reason = `The calibration set ${id} is retired, and not taken up again: ${known.reason ?? 'no reason given'}`;
      this.#reporter.leaveOut(id, 'CALIBRATION_RETIRED', reason);
      return undefined;
    }
    if (known && (await isWhole(known, this.#config.work))) {
      await putInForce(known, this.#shop.registry);
      this.#reporter.found('calibrate', group.id, id);
      this.#reporter.observed(group.id, setFindingsOf(known));
      return undefined;
    }
    const onProgress = (fraction: number) => this.#reporter.running('calibrate', group.id, fraction);
    onProgress(0);
    const subject = { group, decDeg: decOf(group, observation), midTimeMjdSec: midTimeOf(observation), id };
    const job = { signal: this.#signal, threads: this.#config.threads, onProgress };
    const { set, flags } = await calibrateGroup(subject, this.#config, this.#shop, known, job);
    this.#reporter.made('calibrate', group.id, id);
    this.#reporter.observed(group.id, setFindingsOf(set));
    return flags;
  }

  /** What is to be applied to a group; the choice is reported. */
  async choose(group: SubbandGroup): Promise<AppliedCalibration> {
    const observation = await describeGroup(group, this.#config, { signal: this.#signal });
    const subject = { groupId: group.id, midTimeMjdSec: midTimeOf(observation), decDeg: decOf(group, observation) };
    const applied = await this.#shelf.calibrationOf(subject, observation);
    this.#reporter.calibrated({ subject: group.id, ...recordOf(applied)! });
    return applied;
  }
}

function midTimeOf({ timeMjdSec }: Observation): number {
  return (timeMjdSec[0]! + timeMjdSec.at(-1)!) / 2;
}

/** Apparent declination of the pointing; where the header does not say, that of ICRS, which is within 0.2 degrees. */
function decOf({ pointingDecDeg }: SubbandGroup, { pointings }: Observation): number {
  return pointingDecDeg ?? pointings[0]!.decDeg;
}
