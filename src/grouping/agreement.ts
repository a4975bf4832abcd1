import { basename } from 'node:path';

import { dsa110 } from '../core/dsa110.js';
import type { GroupProblem, SubbandInfo } from './types.js';

interface Member {
  readonly info: SubbandInfo;
  readonly subband: number;
}

/** What all files of an observation have in common, in words and as comparable text; undefined where not known. */
const traits: readonly (readonly [name: string, of: (info: SubbandInfo) => string | undefined])[] = [
  ['number of rows', info => text(info.nBlts)],
  ['number of integrations', info => text(info.nTimes)],
  ['number of channels', info => text(info.nFreqs)],
  ['polarizations', info => text(info.polarizations)],
  ['last integration', info => text(info.lastTimeJd)],
  ['integration time', info => text(info.integrationSec)],
  ['pointing declination', info => text(info.pointingDecDeg)],
  ['telescope', info => text(info.telescopeName)],
  ['location', info => info.site && text(Object.values(info.site))],
  ['antennas', info => info.antennaNames && textOnce(info.antennaNames, text)],
  ['antenna positions', info => info.antennaPositionsMeters && textOnce(info.antennaPositionsMeters, textOfArray)],
];

/** Long arrays are often shared by many headers: their text is made once. */
const texts = new WeakMap<object, string>();
function textOnce<T extends object>(array: T, textOf: (array: T) => string | undefined): string {
  const known = texts.get(array) ?? textOf(array)!;
  texts.set(array, known);
  return known;
}

function textOfArray({ data }: { data: Float64Array }): string {
  return data.join();
}

function text(value: number | string | readonly (number | string)[] | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** Files that differ from most of their group, or hold frequencies of another subband than their name says. */
export function findDisagreements(members: readonly Member[]): GroupProblem[] {
  const differences = new Map<Member, string[]>();
  for (const [name, of] of traits) {
    const known = members.filter(({ info }) => of(info) !== undefined);
    const usual = mostFrequent(known.map(({ info }) => of(info)!));
    for (const member of known) {
      if (of(member.info) !== usual) differences.set(member, [...(differences.get(member) ?? []), name]);
    }
  }
  const outliers = [...differences].map(([{ info }, names]) =>
    inconsistent(info.path, `it differs from most others in ${names.join(', ')}`),
  );
  return [...outliers, ...misplaced(members)];
}

/** The value that occurs most often; of equals the first. */
function mostFrequent(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts].find(([, count]) => count === most)?.[0];
}

function misplaced(members: readonly Member[]): GroupProblem[] {
  return members.flatMap(({ info, subband }) => {
    if (!info.freqHz?.length) return [];
    const actual = subbandOfFrequencies(info.freqHz);
    if (actual === subband) return [];
    return [inconsistent(info.path, `its name says subband ${subband} but its frequencies are those of ${actual}`)];
  });
}

/** The place of a file's middle frequency on DSA-110's grid, which descends; outside 0 to 15 off the band. */
function subbandOfFrequencies(freqHz: Float64Array): number {
  const middleHz = (freqHz[0]! + freqHz.at(-1)!) / 2;
  const topEdgeHz = dsa110.topChannelHz + dsa110.channelWidthHz / 2;
  return Math.floor((topEdgeHz - middleHz) / (dsa110.nChannelsPerSubband * dsa110.channelWidthHz));
}

function inconsistent(path: string, reason: string): GroupProblem {
  const message = `Expected the files of a group to be of one observation but ${basename(path)} is not: ${reason}`;
  return { code: 'INCONSISTENT_FILE', message, path };
}
