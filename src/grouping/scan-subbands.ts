import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { checkText } from '../core/check.js';
import { FileAccessError } from '../core/errors.js';
import type { Uvh5Header } from '../uvh5/types.js';
import { parseSubbandName } from './file-name.js';
import { compareText, groupSubbands, sortByPath, unknownName } from './group-subbands.js';
import type { Grouping, GroupProblem } from './types.js';

/**
 * Looks through a folder, or a list of files, and groups what the correlator has finished writing there.
 *
 * Files still being written or copied (`_incomplete`, dot-files), empty ones and those whose header cannot be read are
 * left out and named in `leftOut`. Subfolders are not entered. No file is changed.
 *
 * @param source - a folder, or paths of files.
 * @param readHeader - how a header is read: `readUvh5Header`.
 * @throws {FileAccessError} the folder cannot be read.
 * @example
 * const { groups, leftOut } = await contimg.scanSubbands('/data/incoming', contimg.readUvh5Header);
 */
export async function scanSubbands(
  source: string | readonly string[],
  readHeader: (path: string) => Promise<Uvh5Header>,
): Promise<Grouping> {
  const paths = Array.isArray(source) ? [...new Set(source)] : await filesIn(checkText('source', source));
  const leftOut: GroupProblem[] = [];
  const headers: Uvh5Header[] = [];
  // One by one: headers are read in WebAssembly on this thread, so nothing would run beside.
  for (const path of paths.sort(compareText)) {
    const problem = problemOfName(path) ?? (await problemOfSize(path));
    if (problem) {
      leftOut.push(problem);
      continue;
    }
    try {
      headers.push(await readHeader(path));
    } catch (error) {
      leftOut.push({ code: 'UNREADABLE_FILE', message: (error as Error).message, path });
    }
  }
  const grouping = groupSubbands(headers);
  return { groups: grouping.groups, leftOut: sortByPath([...leftOut, ...grouping.leftOut]) };
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter(entry => !entry.isDirectory()).map(entry => join(folder, entry.name));
  } catch (cause) {
    throw new FileAccessError(folder, `Expected a readable folder at ${folder}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function problemOfName(path: string): GroupProblem | undefined {
  const name = basename(path);
  if (name.startsWith('.'))
    return { code: 'DOT_FILE', message: `${name} is hidden: a file that is still being copied`, path };
  if (name.endsWith('_incomplete.hdf5'))
    return { code: 'INCOMPLETE_NAME', message: `${name} is still being written`, path };
  return parseSubbandName(path) ? undefined : unknownName(path);
}

async function problemOfSize(path: string): Promise<GroupProblem | undefined> {
  try {
    if ((await stat(path)).size > 0) return undefined;
    return { code: 'EMPTY_FILE', message: `${basename(path)} is empty`, path };
  } catch (error) {
    return { code: 'UNREADABLE_FILE', message: (error as Error).message, path };
  }
}
