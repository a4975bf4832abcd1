import { basename } from 'node:path';

import type { RawSource } from '../../bindings/addon.js';
import { toAscii } from '../core/ascii.js';
import { mjdSecToIso } from '../core/time.js';

/** What was read, and how, as lines of HISTORY. */
export function sourceHistory(source: RawSource): string[] {
  const { calibration = [], flags, earthOrientation } = source;
  const { ut1MinusUtcSec, xPoleArcsec, yPoleArcsec } = earthOrientation;
  const solutions = calibration.map(
    ({ term, phaseOnly, timeMjdSec }) =>
      `${term}${phaseOnly ? ', phases alone,' : ''} of ${mjdSecToIso(timeMjdSec[0]!).slice(0, 19)}`,
  );
  return [
    `read ${source.kind === 'ms' ? describeMs(source) : describeFiles(source.paths)}`,
    ...(solutions.length > 0 ? [`calibrated: ${solutions.join('; ')}`] : []),
    ...(flags ? ['left out what was flagged beside the data'] : []),
    ...([ut1MinusUtcSec, xPoleArcsec, yPoleArcsec].some(value => value !== 0)
      ? [`UT1-UTC ${ut1MinusUtcSec} s, polar motion ${xPoleArcsec}", ${yPoleArcsec}"`]
      : []),
  ].map(toAscii);
}

function describeMs({
  path,
  dataColumn,
  fieldIds,
  fieldNames,
  dataDescriptions,
}: Extract<RawSource, { kind: 'ms' }>): string {
  const fields = [...fieldIds, ...fieldNames];
  return [
    `${basename(path)}, ${dataColumn}`,
    ...(fields.length > 0 ? [`fields ${fields.join(', ')}`] : []),
    ...(dataDescriptions.length > 0 ? [`data descriptions ${dataDescriptions.join(', ')}`] : []),
  ].join('; ');
}

/**
 * Names without their folders; those that differ in a number alone as one, its ranges in braces.
 *
 * @example
 * describeFiles(['in/obs_sb00.hdf5', 'in/obs_sb01.hdf5', 'in/obs_sb03.hdf5']); // 'obs_sb{00-01,03}.hdf5'
 */
export function describeFiles(paths: readonly string[]): string {
  const names = paths.map(path => basename(path)).sort();
  const [first, last] = [names[0]!, names.at(-1)!];
  let start = 0;
  while (start < first.length && first[start] === last[start]) start++;
  const prefix = first.slice(0, start).replace(/\d+$/, '');
  const parts = names.map(name => /^(\d+)(.*)$/.exec(name.slice(prefix.length)));
  const [, { length: width } = '', suffix] = parts[0] ?? [];
  if (names.length === 1 || !parts.every(part => part?.[1]!.length === width && part[2] === suffix))
    return names.join(', ');
  return `${prefix}{${rangesOf(parts.map(part => part![1]!))}}${suffix}`;
}

/** `00-03,05` of ascending numbers of the same width. */
function rangesOf(numbers: readonly string[]): string {
  const runs: [string, string][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && Number(number) === Number(run[1]) + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(',');
}
