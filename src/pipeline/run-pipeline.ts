import { basename, join } from 'node:path';

import { MosaicError } from '../core/errors.js';
import type { FlagReport } from '../calibration/index.js';
import type { JobOptions } from '../core/job.js';
import { groupSubbands } from '../grouping/index.js';
import type { SubbandGroup } from '../grouping/index.js';
import { filesArePlaced, publishProduct, resumePublishing } from '../publish/index.js';
import type { PublishOptions } from '../publish/index.js';
import type { MosaicGroupRow, Product, Registry } from '../registry/index.js';
import { indexFolder } from '../uvh5/index.js';
import { CalibrationStage } from './calibration-stage.js';
import { currentMosaicGroups, formMosaics } from './form-mosaics.js';
import { obstacleOf, subjectOf } from './group-subject.js';
import { findProduct, makeProduct } from './make-product.js';
import type { Stage, Workshop } from './make-product.js';
import type { CheckedConfig } from './pipeline-config.js';
import { Reporter } from './reporter.js';
import type { PipelineProgress, RunReport, StageName } from './run-report.js';
import { readMosaic } from './stage-files.js';
import { stagesOf } from './stages.js';
import { findMosaicFaults, findQualityProblems } from './validate-mosaic.js';

export interface RunOptions extends Pick<JobOptions, 'signal'> {
  /** Told what the run is doing. */
  readonly onProgress?: ((progress: PipelineProgress) => void) | undefined;
}

/** With the name that it publishes under: of the work folder, among those of all hosts. */
type RunConfig = CheckedConfig & { readonly owner: string };

/** One run, under the lock of the work folder. */
export async function runPipeline(
  incoming: string,
  config: RunConfig,
  registry: Registry,
  options: RunOptions,
): Promise<RunReport> {
  const run = new PipelineRun(config, registry, options);
  await run.resume();
  const groups = await run.findGroups(incoming);
  await run.makeTiles(groups);
  await run.formMosaics();
  for (const group of await run.mosaicGroups()) await run.publishMosaic(group);
  return run.report();
}

class PipelineRun {
  readonly #config: RunConfig;
  readonly #registry: Registry;
  readonly #signal: AbortSignal | undefined;
  readonly #shop: Workshop;
  readonly #publishing: PublishOptions & { readonly owner: string };
  readonly #stages: ReturnType<typeof stagesOf>;
  readonly #reporter: Reporter;
  /** Undefined where calibration is off. */
  readonly calibration: CalibrationStage | undefined;

  constructor(config: RunConfig, registry: Registry, { signal, onProgress }: RunOptions) {
    this.#config = config;
    this.#registry = registry;
    this.#signal = signal;
    this.#shop = { work: config.work, registry };
    // Whoever has the lock of the work folder is its only owner: what an earlier one claimed need not be waited for.
    this.#publishing = { workRoot: config.work, productsRoot: config.products, owner: config.owner };
    this.#stages = stagesOf(config);
    this.#reporter = new Reporter(onProgress, signal);
    const stage = () => new CalibrationStage(config, this.#shop, this.#reporter, signal);
    this.calibration = config.calibration && stage();
  }

  /**
   * Finishes or takes back what a run that died was publishing. What is taken back is tried again below, but for mosaics
   * made with other options: those are reported.
   */
  async resume(): Promise<void> {
    const deadOwner = this.#publishing.owner;
    const { failed } = await resumePublishing(this.#registry, { ...this.#publishing, deadOwner });
    const current = new Set((await this.mosaicGroups()).map(({ name }) => `mosaics/${name}`));
    for (const { id, error } of failed) {
      if (!current.has(id)) this.#reporter.failed('publish', basename(id), error);
    }
  }

  /** Groups with enough files, in order of time; the others are recorded with the reason. */
  async findGroups(incoming: string): Promise<SubbandGroup[]> {
    const database = join(this.#config.work, 'headers.sqlite');
    const { groups, leftOut } = groupSubbands(await indexFolder(incoming, { database, signal: this.#signal }));
    for (const { path = incoming, code, message } of leftOut) this.#reporter.leaveOut(path, code, message);
    const usable: SubbandGroup[] = [];
    for (const group of groups) {
      const obstacle = obstacleOf(group, this.#config.minSubbands);
      await this.#registry.groups.record(group, obstacle?.reason);
      if (obstacle) this.#reporter.leaveOut(group.id, obstacle.code, obstacle.reason);
      else usable.push(group);
    }
    return usable;
  }

  /**
   * The tiles of groups. One that is solved for a set of its own is imaged with it at once, with the flags that solving
   * found; the others when all sets are known that may be theirs.
   */
  async makeTiles(groups: readonly SubbandGroup[]): Promise<void> {
    const later: SubbandGroup[] = [];
    for (const group of groups) {
      const flags = await this.calibration?.solve(group);
      if (flags) await this.#makeTile(group, flags);
      else later.push(group);
    }
    for (const group of later) await this.#makeTile(group);
  }

  /** The tile of a group, unless it is there already. */
  async #makeTile(group: SubbandGroup, flags?: FlagReport): Promise<void> {
    const { convert, image } = this.#stages;
    const { groups } = this.#registry;
    const { id } = group;
    const fail = (reason: string) => groups.setState(id, 'failed', reason);
    if (this.#config.keepMs) {
      await this.#reporter.attempt('convert', id, fail, async () => this.#obtain(convert, await subjectOf(group), id));
    }
    const tile = await this.#reporter.attempt('image', id, fail, async () => {
      const subject = { ...(await subjectOf(group)), calibration: await this.calibration?.choose(group), flags };
      return this.#obtain(image, subject, id);
    });
    if (tile && (await groups.get(id))!.state !== 'imaged') await groups.setState(id, 'imaged');
  }

  formMosaics(): Promise<void> {
    return formMosaics(this.#config, this.#registry, this.#reporter);
  }

  mosaicGroups(): Promise<MosaicGroupRow[]> {
    return currentMosaicGroups(this.#config, this.#registry);
  }

  /** Makes, validates and publishes a mosaic. One that is published stays as it is, whatever becomes of its tiles. */
  async publishMosaic({ id, name, members }: MosaicGroupRow): Promise<void> {
    const { mosaicGroups, products } = this.#registry;
    const fail = (reason: string) => mosaicGroups.setState(id, 'failed', reason);
    const known = await products.get(`mosaics/${name}`);
    const untouched = known?.state === 'published' && (await filesArePlaced(known, this.#publishing));
    const product = untouched
      ? known
      : await this.#reporter.attempt('mosaic', name, fail, () => this.#makeMosaic(name, members));
    if (!product) return;
    const paths = await this.#reporter.attempt('publish', name, fail, () => this.#publish(name, product, untouched));
    if (paths && (await mosaicGroups.get(id))!.state !== 'published') await mosaicGroups.setState(id, 'published');
  }

  report(): Promise<RunReport> {
    return this.#reporter.report(this.#shop);
  }

  async #makeMosaic(id: string, members: readonly string[]): Promise<Product> {
    const tiles: Product[] = [];
    for (const member of members) {
      const tile = await this.#registry.products.get(`tiles/${member}`);
      if (tile?.state !== 'staged')
        throw new MosaicError(`Expected the tile ${member} of mosaic ${id}, but it is gone`);
      tiles.push(tile);
    }
    const product = await this.#obtain(this.#stages.mosaic, { id, tiles }, id);
    if (product.validation === 'passed' && product.qa === 'passed') return product;
    const { mosaic, rms } = await readMosaic(this.#config.work, product);
    const faults = findMosaicFaults(mosaic, rms);
    const problems = faults.length > 0 ? [] : findQualityProblems(mosaic, rms);
    const { products } = this.#registry;
    await products.setValidation(product.id, outcomeOf(faults), faults.join('; '));
    if (faults.length === 0) await products.setQa(product.id, outcomeOf(problems), problems.join('; '));
    const reasons = [...faults, ...problems].join('; ');
    if (reasons) throw new MosaicError(`The mosaic ${id} is not fit to be published: ${reasons}`);
    return product;
  }

  async #publish(id: string, product: Product, untouched: boolean): Promise<readonly string[]> {
    if (!untouched) this.#reporter.running('publish', id, 0);
    const paths = await publishProduct(this.#registry, product.id, this.#publishing);
    this.#reporter.published(product.id, paths);
    if (untouched) this.#reporter.found('publish', id, product.id);
    else this.#reporter.made('publish', id, product.id);
    return paths;
  }

  #jobOf(stage: StageName, name: string): JobOptions {
    const onProgress = (fraction: number) => this.#reporter.running(stage, name, fraction);
    return { signal: this.#signal, threads: this.#config.threads, onProgress };
  }

  /** The product of a stage: found, or made. */
  async #obtain<Subject>(stage: Stage<Subject>, subject: Subject, name: string): Promise<Product> {
    const found = await findProduct(stage, subject, this.#shop);
    if (found) {
      this.#reporter.found(stage.name, name, found.id);
      return found;
    }
    this.#reporter.running(stage.name, name, 0);
    const product = await makeProduct(stage, subject, this.#shop, this.#jobOf(stage.name, name));
    this.#reporter.made(stage.name, name, product.id);
    return product;
  }
}

const outcomeOf = (problems: readonly string[]) => (problems.length === 0 ? 'passed' : 'failed');
