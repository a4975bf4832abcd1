import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { checkCalibrationTable } from '../calibration/index.js';
import type { FlagReport } from '../calibration/index.js';
import { CalibrationFailedError } from '../core/errors.js';
import { syncPath } from '../core/file-digest.js';
import { fromFileSystem } from '../core/file-errors.js';
import type { JobOptions } from '../core/job.js';
import type { Observation } from '../core/observation.js';
import type { SubbandGroup } from '../grouping/index.js';
import type { CalibrationSet, Registry } from '../registry/index.js';
import { describeSource } from '../uvh5/index.js';
import { earlierSetOf } from './earlier-set.js';
import type { EarlierSet } from './earlier-set.js';
import { makeCalibrationSet } from './make-calibration-set.js';
import type { MadeCalibrationSet } from './make-calibration-set.js';
import type { Workshop } from './make-product.js';
import type { CheckedConfig } from './pipeline-config.js';
import { recipeOf } from './recipe.js';
import { gateProblemsOf, registerCalibrationSet, tablePathsOf, toCandidate } from './register-calibration.js';
import type { GroupSubject } from './stages.js';
import { partialPath } from './work-folder.js';

/** The calibration set that a group gives: its name, by all that decides what it is. */
export function calibrationSetId({ group, fingerprint }: GroupSubject, config: CheckedConfig): string {
  const { minSubbands, earthOrientation, flagging } = config;
  const solving = { ...config.calibration!, minFluxJy: undefined, maxDecOffsetDeg: undefined };
  return `${group.id}_${recipeOf([fingerprint, minSubbands, earthOrientation, flagging, solving]).slice(0, 8)}`;
}

/** An observation of subband files, before its visibilities are read. */
export function describeGroup(group: SubbandGroup, config: CheckedConfig, job: JobOptions = {}): Promise<Observation> {
  const { minSubbands, earthOrientation } = config;
  return describeSource(group, { minSubbands, earthOrientation, ...job });
}

/** Whether all tables of a set are there and whole. */
export async function isWhole(set: CalibrationSet, work: string): Promise<boolean> {
  for (const path of tablePathsOf(set, work)) if ((await checkCalibrationTable(path)).length > 0) return false;
  return true;
}

/**
 * Solves a group and registers the set, in force if it passed the gate; earlier sets of the group are retired then.
 *
 * @returns the set, and the flags that were left out in solving: those of the group, where it is imaged next.
 * @param known - the set as it is registered, where its tables have to be made again.
 * @throws {CalibrationFailedError} it did not pass: it is registered as failed.
 */
export async function calibrateGroup(
  subject: {
    readonly group: SubbandGroup;
    readonly decDeg: number;
    readonly midTimeMjdSec: number;
    readonly id: string;
  },
  config: CheckedConfig,
  shop: Workshop,
  known: CalibrationSet | undefined,
  job: JobOptions,
): Promise<{ set: CalibrationSet; flags: FlagReport | undefined }> {
  const { group, decDeg, midTimeMjdSec, id } = subject;
  const { work, registry } = shop;
  const earlier = await earlierSetOf(shop, { midTimeMjdSec, groupId: group.id });
  const made = await makeTables(join(work, 'calibration', id), group, { ...config, earlier }, job);
  const { flags } = made;
  if (known) return { set: await putInForce(known, registry), flags };
  const { validHours } = config.calibration!;
  const set = await registerCalibrationSet(registry, made, { id, work, decDeg, validHours, groupId: group.id });
  if (set.state === 'failed') throw new CalibrationFailedError(failureOf(id, gateProblemsOf(set)));
  return { set: await putInForce(set, registry), flags };
}

/** Takes a set up, where it was not in force, and retires others of its group: those of other options. */
export async function putInForce(set: CalibrationSet, { calibrationSets }: Registry): Promise<CalibrationSet> {
  if (set.state !== 'active') await calibrationSets.setState(set.id, 'active', 'taken up again');
  const { sourceGroupId } = toCandidate(set);
  for (const other of sourceGroupId === undefined ? [] : await calibrationSets.list('active'))
    if (toCandidate(other).sourceGroupId === sourceGroupId && other.id !== set.id)
      await calibrationSets.setState(other.id, 'retired', replacedBy(set));
  return (await calibrationSets.get(set.id))!;
}

/** Whether a person has retired a set, for which the reason stands, and not another set of its group. */
export async function isWithdrawn(set: CalibrationSet, { calibrationSets }: Registry): Promise<boolean> {
  if (set.state !== 'retired') return false;
  return !(await calibrationSets.list()).some(other => set.reason === replacedBy(other));
}

const replacedBy = ({ id }: CalibrationSet) => `replaced by ${id}`;

/** The message for a set that did not pass the gate. */
export function failureOf(id: string, problems: readonly string[]): string {
  return `The calibration set ${id} is not fit to be applied, those before it stay in force: ${problems.join('; ')}`;
}

/** Under a hidden name first, so that a folder of this name holds a whole set. */
async function makeTables(
  folder: string,
  group: SubbandGroup,
  config: CheckedConfig & { readonly earlier: EarlierSet | undefined },
  job: JobOptions,
): Promise<MadeCalibrationSet> {
  const { minSubbands, earthOrientation, flagging, earlier } = config;
  const temporary = partialPath(folder);
  try {
    await rm(folder, { recursive: true, force: true });
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    const options = { ...config.calibration!, flagging, earlier, source: { minSubbands, earthOrientation } };
    const made = await makeCalibrationSet(join(temporary, group.id), group, options, job);
    await rename(temporary, folder);
    await syncPath(dirname(folder));
    const placed = (path: string) => join(folder, basename(path));
    const tables = made.tables.map(table => ({ ...table, path: placed(table.path) }));
    return { ...made, tables, pictures: made.pictures.map(placed) };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw fromFileSystem(folder, error);
  }
}
