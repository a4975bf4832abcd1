import { basename } from 'node:path';

import { Command } from 'commander';

import { groupSubbands } from '../../grouping/index.js';
import type { Grouping, GroupProblem } from '../../grouping/index.js';
import type { Uvh5Header } from '../../uvh5/index.js';
import type { MakeCommand } from '../command-context.js';
import { exitCodes } from '../exit-codes.js';
import { indexPaths } from '../subband-files.js';

/** `contimg inspect`: what files say about themselves, and how they group. */
export const inspectCommand: MakeCommand = ({ signal }, exitWith) =>
  new Command('inspect')
    .description('Print the headers of UVH5 files, and the groups that they form.')
    .argument('<path...>', 'files, or folders of files')
    .option('--index <file>', 'keep what was found in this SQLite file: the next time only new files are opened')
    .option('--json', 'print one line of JSON: headers, groups, and files left out')
    .action(async (paths: string[], options: { index?: string; json?: boolean }) => {
      const index = await indexPaths(paths, { database: options.index, signal });
      const grouping = groupSubbands(index);
      if (options.json) printJson(index.headers, grouping);
      else if (index.headers.length + index.leftOut.length === 0)
        console.log(`There are no UVH5 files in ${paths.join(', ')}`);
      else printText(index.headers, grouping);
      const failed = grouping.leftOut.filter(isFailure);
      for (const { message } of failed) console.error(message);
      if (failed.length > 0) exitWith(exitCodes.failed);
    });

/** What is still being written or has another name is no failure. */
function isFailure({ code }: GroupProblem): boolean {
  return code === 'UNREADABLE_FILE' || code === 'EMPTY_FILE';
}

function printText(headers: readonly Uvh5Header[], { groups, leftOut }: Grouping): void {
  for (const header of headers) {
    const { freqHz, nTimes, nAntsData, nPols, nBlts, pointingDecDeg } = header;
    const mhz = [Math.min(...freqHz), Math.max(...freqHz)].map(freq => (freq / 1e6).toFixed(3)).join(' to ');
    const start = new Date((header.firstTimeJd - 2440587.5) * 86400e3).toISOString();
    const dec = pointingDecDeg === undefined ? 'unknown' : `${pointingDecDeg.toFixed(3)} deg`;
    console.log(
      `${basename(header.path)}: ${freqHz.length} channels ${mhz} MHz, ${nTimes} integrations from ${start}, ` +
        `${nAntsData} antennas, ${nPols} polarizations, ${nBlts} rows, ${header.visibilityType}, declination ${dec}`,
    );
  }
  for (const group of groups) {
    console.log(`Group ${group.id}: ${group.files.length} files, ${group.complete ? 'complete' : 'not complete'}`);
    for (const { message } of group.problems) console.log(`  ${message}`);
  }
  for (const problem of leftOut) if (!isFailure(problem)) console.log(`In no group: ${problem.message}`);
}

function printJson(headers: readonly Uvh5Header[], grouping: Grouping): void {
  const plain = headers.map(({ antennaPositionsMeters, freqHz, channelWidthHz, ...header }) => ({
    ...header,
    nAntennaPositions: antennaPositionsMeters.shape[0],
    freqHz: [...freqHz],
    channelWidthHz: [...channelWidthHz],
  }));
  console.log(JSON.stringify({ headers: plain, ...grouping }));
}
