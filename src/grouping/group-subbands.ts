import { basename } from 'node:path';

import { checkObject, checkText } from '../core/check.js';
import { dsa110 } from '../core/dsa110.js';
import { InvalidArgumentError } from '../core/errors.js';
import { findDisagreements } from './agreement.js';
import type { SubbandName } from './file-name.js';
import { isoSecond, jdOfUnixSec, parseSubbandName, unixSecOfJd } from './file-name.js';
import { groupingDefaults } from './defaults.js';
import type { HeaderIndex } from '../uvh5/types.js';
import type { Grouping, GroupProblem, SubbandGroup, SubbandInfo } from './types.js';

/** A file with a proper name. */
interface Member extends SubbandName {
  readonly info: SubbandInfo;
}

/**
 * Groups the subband files of each observation. Nothing is read, and no file is a reason to throw: what is wrong stands
 * in `problems` and `leftOut`, and the result does not depend on the order of the files.
 *
 * Files belong together when their first `time_array` value is the same to the bit. A file whose header tells no time
 * goes by the stamp in its name: to the group that has a stamp within 60 s of it, or else to other such files, in
 * chains without a gap above 60 s. Two files of one subband are both listed, and their group is not complete.
 *
 * @param files - an index, whose unusable files are then among `leftOut`; or headers, or paths where the name alone is
 *   to decide.
 * @throws {InvalidArgumentError} neither an index nor a list of headers or paths.
 * @example
 * const { groups, leftOut } = contimg.groupSubbands(await contimg.indexFolder('incoming'));
 * const ready = groups.filter(group => group.complete);
 */
export function groupSubbands(files: readonly (SubbandInfo | string)[] | HeaderIndex): Grouping {
  const { headers, leftOut: unusable } = indexOf(files);
  const leftOut: GroupProblem[] = [...unusable];
  const members: Member[] = [];
  for (const file of headers) {
    const info = typeof file === 'string' ? { path: file } : file;
    checkText('path of a file', checkObject('a file', info).path);
    const name = parseSubbandName(info.path);
    if (name) members.push({ ...name, info });
    else leftOut.push(unknownName(info.path));
  }
  members.sort((a, b) => a.subband - b.subband || a.stampSec - b.stampSec || compareText(a.info.path, b.info.path));
  const groups = cluster(members)
    .map(describeGroup)
    .sort((a, b) => a.firstTimeJd - b.firstTimeJd || compareText(a.files[0]!.path, b.files[0]!.path));
  return { groups: reportEqualIds(groups), leftOut: sortByPath(leftOut) };
}

function indexOf(files: readonly (SubbandInfo | string)[] | HeaderIndex) {
  if (Array.isArray(files)) return { headers: files as readonly (SubbandInfo | string)[], leftOut: [] };
  const { headers, leftOut } = checkObject('files', files) as HeaderIndex;
  if (!Array.isArray(headers) || !Array.isArray(leftOut))
    throw new InvalidArgumentError('Expected files to be a list, or an index as indexFolder gives it');
  return { headers, leftOut };
}

function unknownName(path: string): GroupProblem {
  const message = `Expected a name like 2026-01-25T22:00:05_sb00.hdf5 but found ${basename(path)}`;
  return { code: 'UNKNOWN_NAME', message, path };
}

function sortByPath(problems: readonly GroupProblem[]): GroupProblem[] {
  return [...problems].sort((a, b) => compareText(a.path ?? '', b.path ?? ''));
}

/** By code units, so that results do not depend on the locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function headerTime({ info }: Member): number | undefined {
  return Number.isFinite(info.firstTimeJd) ? info.firstTimeJd : undefined;
}

/** Sets of files that belong together; the order inside each is kept. */
function cluster(members: readonly Member[]): Member[][] {
  const byTime = new Map<number, Member[]>();
  const untimed: Member[] = [];
  for (const member of members) {
    const time = headerTime(member);
    if (time === undefined) untimed.push(member);
    else byTime.set(time, [...(byTime.get(time) ?? []), member]);
  }
  const timed = [...byTime.values()];
  const adopted = new Map<Member[], Member[]>();
  const orphans: Member[] = [];
  for (const member of untimed) {
    const home = nearestGroup(member, timed);
    if (home) adopted.set(home, [...(adopted.get(home) ?? []), member]);
    else orphans.push(member);
  }
  const joined = timed.map(group => [...group, ...(adopted.get(group) ?? [])].sort((a, b) => a.subband - b.subband));
  return [...joined, ...chains(orphans)];
}

/** The group with the stamp nearest to the member's, if within the tolerance. */
function nearestGroup(member: Member, groups: readonly Member[][]): Member[] | undefined {
  const distance = (group: readonly Member[]) =>
    Math.min(...group.map(other => Math.abs(other.stampSec - member.stampSec)));
  const near = groups
    .map(group => ({ group, distance: distance(group), time: headerTime(group[0]!)! }))
    .filter(candidate => candidate.distance <= groupingDefaults.nameToleranceSec)
    .sort((a, b) => a.distance - b.distance || a.time - b.time);
  return near[0]?.group;
}

/** Runs of stamps without a gap above the tolerance. */
function chains(members: readonly Member[]): Member[][] {
  const result: Member[][] = [];
  let last = -Infinity;
  for (const member of [...members].sort((a, b) => a.stampSec - b.stampSec)) {
    if (member.stampSec - last > groupingDefaults.nameToleranceSec) result.push([]);
    result.at(-1)!.push(member);
    last = member.stampSec;
  }
  return result.map(chain => chain.sort((a, b) => a.subband - b.subband));
}

function describeGroup(members: readonly Member[]): SubbandGroup {
  const lead = members.find(member => headerTime(member) !== undefined);
  const header = lead?.info;
  const firstStampSec = Math.min(...members.map(member => member.stampSec));
  const firstTimeJd = header?.firstTimeJd ?? jdOfUnixSec(firstStampSec);
  const startSec = header ? unixSecOfJd(firstTimeJd) - (header.integrationSec ?? 0) / 2 : firstStampSec;
  const present = new Set(members.map(member => member.subband));
  const missingSubbands = [...Array(dsa110.nSubbands).keys()].filter(subband => !present.has(subband));
  const problems = [
    ...missingSubbands.map(missing),
    ...duplicates(members),
    ...findDisagreements(members),
    ...members.filter(member => headerTime(member) === undefined).map(timeFromName),
  ];
  return {
    id: isoSecond(startSec),
    timeSource: header ? 'header' : 'name',
    firstTimeJd,
    lastTimeJd: header?.lastTimeJd,
    integrationSec: header?.integrationSec,
    pointingDecDeg: header?.pointingDecDeg,
    files: members.map(({ info, subband }) => ({ path: info.path, subband, fileSizeBytes: info.fileSizeBytes })),
    missingSubbands,
    complete: problems.every(problem => problem.code === 'TIME_FROM_NAME'),
    problems,
  };
}

function missing(subband: number): GroupProblem {
  return { code: 'MISSING_SUBBAND', message: `Expected a file of ${label(subband)} but there is none` };
}

function duplicates(members: readonly Member[]): GroupProblem[] {
  return members
    .filter((member, i) => members[i - 1]?.subband === member.subband)
    .map(({ info, subband }) => ({
      code: 'DUPLICATE_SUBBAND',
      message: `Expected one file of ${label(subband)} but ${basename(info.path)} is another. Move one of them away`,
      path: info.path,
    }));
}

function timeFromName({ info }: Member): GroupProblem {
  const message = `${basename(info.path)} was grouped by its name: its header tells no time`;
  return { code: 'TIME_FROM_NAME', message, path: info.path };
}

function label(subband: number): string {
  return `sb${String(subband).padStart(2, '0')}`;
}

/** Ids name outputs, so two groups that start within the same second cannot both be used. */
function reportEqualIds(groups: readonly SubbandGroup[]): SubbandGroup[] {
  return groups.map((group, i) => {
    const twin = groups.find((other, k) => k !== i && other.id === group.id);
    if (!twin) return group;
    const message = `Another group also starts at ${group.id}, with ${basename(twin.files[0]!.path)}: one of them is misdated`;
    return { ...group, complete: false, problems: [...group.problems, { code: 'DUPLICATE_ID', message }] };
  });
}
