import { isAbsolute, join, relative } from 'node:path';

import { RegistryError } from '../core/errors.js';
import type { ObservationFinding } from '../calibration/index.js';
import type { CalibrationSet, Registry } from '../registry/index.js';
import type { CalibrationCandidate } from './choose-calibration.js';
import type { MadeCalibrationSet } from './make-calibration-set.js';

/** What the registry keeps of a calibration set. */
interface CalibrationMetadata {
  readonly midTimeMjdSec: number;
  /** Of the observation, whether or not a run has seen it. */
  readonly groupId?: string | undefined;
  /** Apparent declination of the observation. */
  readonly decDeg: number;
  readonly refAnt: string;
  readonly quality: Readonly<Record<string, unknown>>;
  /** Why the set did not pass the gate. */
  readonly problems: readonly string[];
  /** Fractions by reason, and antennas by name. */
  readonly flagged: Readonly<Record<string, number>>;
  readonly deadAntennas: readonly string[];
  /** What was wrong with the observation. */
  readonly findings: readonly ObservationFinding[];
}

/**
 * Registers a set whose tables were read back: in force if it passed the gate, otherwise as failed, so that those before
 * it stay in force.
 *
 * @param set.decDeg - apparent declination of the observation.
 */
export async function registerCalibrationSet(
  registry: Registry,
  made: MadeCalibrationSet,
  set: {
    readonly id: string;
    readonly work: string;
    readonly decDeg: number;
    readonly validHours: number;
    readonly groupId?: string | undefined;
  },
): Promise<CalibrationSet> {
  const { midTimeMjdSec, refAnt, problems, findings, tables, flags } = made;
  const metadata: CalibrationMetadata = {
    ...{ midTimeMjdSec, groupId: set.groupId, decDeg: set.decDeg, refAnt, problems, findings },
    quality: Object.fromEntries(tables.map(({ term, quality }) => [term, quality])),
    flagged: Object.fromEntries(Object.entries(flags?.counts ?? {}).map(([name, { fraction }]) => [name, fraction])),
    deadAntennas: flags?.deadAntennas ?? [],
  };
  const known = set.groupId !== undefined && (await registry.groups.get(set.groupId)) !== undefined;
  await registry.calibrationSets.register({
    id: set.id,
    tables: tables.map(({ path, term }) => ({ path: belowWork(set.work, path), term })),
    validFromMjdSec: midTimeMjdSec - set.validHours * 3600,
    validToMjdSec: midTimeMjdSec + set.validHours * 3600,
    sourceGroupId: known ? set.groupId : undefined,
    metadata: { ...metadata },
    failure: problems.length > 0 ? problems.join('; ') : undefined,
  });
  return (await registry.calibrationSets.get(set.id))!;
}

/** Paths of the tables of a set. */
export function tablePathsOf(set: CalibrationSet, work: string): string[] {
  return set.tables.map(({ path }) => (isAbsolute(path) ? path : join(work, path)));
}

/** A set, as choosing among sets knows it. */
export function toCandidate(set: CalibrationSet): CalibrationCandidate {
  const { id, validFromMjdSec, validToMjdSec, tables } = set;
  const { midTimeMjdSec, decDeg, groupId } = set.metadata as unknown as CalibrationMetadata;
  if (![midTimeMjdSec, decDeg].every(Number.isFinite))
    throw new RegistryError(`Expected the registry to know time and declination of the calibration set ${id}`);
  const sourceGroupId = set.sourceGroupId ?? groupId;
  const terms = tables.map(({ term }) => term);
  return { id, sourceGroupId, validFromMjdSec, validToMjdSec, midTimeMjdSec, decDeg, terms };
}

/** Why a set did not pass the gate when it was made. */
export function gateProblemsOf(set: CalibrationSet): readonly string[] {
  return (set.metadata as Partial<CalibrationMetadata>).problems ?? [];
}

/** What was wrong with the observation that a set is of. */
export function setFindingsOf(set: CalibrationSet): readonly ObservationFinding[] {
  return (set.metadata as Partial<CalibrationMetadata>).findings ?? [];
}

function belowWork(work: string, path: string): string {
  const below = relative(work, path);
  return below.startsWith('..') || isAbsolute(below) ? path : below;
}
