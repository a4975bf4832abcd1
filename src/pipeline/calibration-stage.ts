import type { Observation } from '../core/observation.js';
import type { SubbandGroup } from '../grouping/index.js';
import {
  calibrateGroup,
  calibrationSetId,
  describeGroup,
  failureOf,
  isWhole,
  modelFluxIn,
  putInForce,
} from './calibrate-group.js';
import { CalibrationShelf } from './calibration-shelf.js';
import type { AppliedCalibration } from './calibration-shelf.js';
import { subjectOf } from './group-subject.js';
import type { Workshop } from './make-product.js';
import type { CheckedConfig } from './pipeline-config.js';
import { gateProblemsOf } from './register-calibration.js';
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

  /** Makes the set of a group in whose beam the model is bright enough, unless it is there already. */
  async solve(group: SubbandGroup): Promise<void> {
    const { model } = this.#config.calibration!;
    if (model.length === 0) return;
    const keep = () => Promise.resolve(); // the group may still be imaged with other sets
    await this.#reporter.attempt('calibrate', group.id, keep, () => this.#solve(group));
  }

  async #solve(group: SubbandGroup): Promise<void> {
    const observation = await describeGroup(group, this.#config, { signal: this.#signal });
    if (modelFluxIn(observation, this.#config) < this.#config.calibration!.minFluxJy) return;
    const id = calibrationSetId(await subjectOf(group), this.#config);
    const known = await this.#shop.registry.calibrationSets.get(id);
    const problems = known ? gateProblemsOf(known) : [];
    if (problems.length > 0) {
      this.#reporter.leaveOut(id, 'CALIBRATION_FAILED', failureOf(id, problems));
      return;
    }
    if (known && (await isWhole(known, this.#config.work))) {
      await putInForce(known, this.#shop.registry);
      this.#reporter.found('calibrate', group.id, id);
      return;
    }
    const onProgress = (fraction: number) => this.#reporter.running('calibrate', group.id, fraction);
    onProgress(0);
    const source = { group, decDeg: decOf(group, observation), id };
    const job = { signal: this.#signal, threads: this.#config.threads, onProgress };
    await calibrateGroup(source, this.#config, this.#shop, known, job);
    this.#reporter.made('calibrate', group.id, id);
  }

  /** What is to be applied to a group; the choice is reported. */
  async choose(group: SubbandGroup): Promise<AppliedCalibration> {
    const observation = await describeGroup(group, this.#config, { signal: this.#signal });
    const times = observation.timeMjdSec;
    const midTimeMjdSec = (times[0]! + times.at(-1)!) / 2;
    const subject = { groupId: group.id, midTimeMjdSec, decDeg: decOf(group, observation) };
    const applied = await this.#shelf.calibrationOf(subject, observation);
    this.#reporter.calibrated({ subject: group.id, ...recordOf(applied)! });
    return applied;
  }
}

/** Apparent declination of the pointing; where the header does not say, that of ICRS, which is within 0.2 degrees. */
function decOf({ pointingDecDeg }: SubbandGroup, { pointings }: Observation): number {
  return pointingDecDeg ?? pointings[0]!.decDeg;
}
