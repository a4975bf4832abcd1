import { basename } from 'node:path';

import { Command } from 'commander';

import { scanSubbands } from '../../grouping/index.js';
import type { Grouping } from '../../grouping/index.js';
import { readUvh5Header } from '../../uvh5/index.js';
import type { Uvh5Header } from '../../uvh5/index.js';
import type { MakeCommand } from '../command-context.js';
import { exitCodes } from '../exit-codes.js';
import { filesOf } from '../subband-files.js';

/** A file with its header, or with what is wrong with it. */
type Inspected = { readonly path: string } & ({ readonly header: Uvh5Header } | { readonly error: Error });

/** `contimg inspect`: what files say about themselves, and how they group. */
export const inspectCommand: MakeCommand = ({ signal }, exitWith) =>
  new Command('inspect')
    .description('Print the headers of UVH5 files, and the groups that they form.')
    .argument('<path...>', 'files, or folders of files')
    .option('--json', 'print one line of JSON: headers, groups, and files left out')
    .action(async (paths: string[], options: { json?: boolean }) => {
      const files: Inspected[] = [];
      for (const path of (await Promise.all(paths.map(filesOf))).flat()) {
        signal.throwIfAborted();
        files.push(await inspect(path));
      }
      const headers = new Map(files.flatMap(file => ('header' in file ? [[file.path, file.header] as const] : [])));
      const grouping = await scanSubbands([...headers.keys()], path => Promise.resolve(headers.get(path)!));
      const failed = files.flatMap(file => ('error' in file ? [file] : []));
      if (options.json) printJson([...headers.values()], grouping, failed);
      else if (files.length === 0) console.log(`There are no UVH5 files in ${paths.join(', ')}`);
      else printText([...headers.values()], grouping);
      for (const { path, error } of failed) console.error(`${basename(path)}: ${error.message}`);
      if (failed.length > 0) exitWith(exitCodes.failed);
    });

async function inspect(path: string): Promise<Inspected> {
  try {
    return { path, header: await readUvh5Header(path) };
  } catch (error) {
    return { path, error: error as Error };
  }
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
  for (const { message } of leftOut) console.log(`In no group: ${message}`);
}

function printJson(
  headers: readonly Uvh5Header[],
  grouping: Grouping,
  failed: readonly { path: string; error: Error }[],
): void {
  const plain = headers.map(({ antennaPositionsMeters, freqHz, channelWidthHz, ...header }) => ({
    ...header,
    nAntennaPositions: antennaPositionsMeters.shape[0],
    freqHz: [...freqHz],
    channelWidthHz: [...channelWidthHz],
  }));
  const errors = failed.map(({ path, error }) => ({ path, error: error.message }));
  console.log(JSON.stringify({ headers: plain, ...grouping, failed: errors }));
}
