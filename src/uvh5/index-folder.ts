import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';

import { checkKnownOptions, checkText } from '../core/check.js';
import { FileAccessError, isPipelineError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import { HeaderCache } from './header-cache.js';
import type { CacheEntry, Finding } from './header-cache.js';
import { readUvh5Header } from './read-uvh5-header.js';
import type { HeaderIndex, UnusableFile, Uvh5Header } from './types.js';

export interface IndexOptions extends Pick<JobOptions, 'signal' | 'onProgress'> {
  /**
   * SQLite file that keeps what was found: a file that has the same size, time and inode as then is not opened again.
   * It is made where there is none, and may be shared. @default none: every file is opened
   */
  readonly database?: string | undefined;
}

/** Files that are looked at at the same time: enough to hide the latency of a disk, few enough to open. */
const maxInFlight = 8;
/** Files that are remembered together: what was found so far stays when the call is aborted. */
const batchSize = 64;

/**
 * Reads the headers of all UVH5 files in a folder, and tells which files cannot be used.
 *
 * Files are those named `*.hdf5` or `*.uvh5`. Those still being written or copied (`_incomplete`, hidden), empty ones and
 * those without a sound header stand in `leftOut`. Other files and subfolders are passed over. No file is changed.
 * With a `database` only new and changed files are opened, and files that are gone are forgotten.
 *
 * @returns headers in the order of their names; their arrays may be shared: do not write into them.
 * @throws {FileAccessError} the folder or the database cannot be read.
 * @throws `signal.reason` when it is aborted; what was found until then is remembered.
 * @example
 * const index = await contimg.indexFolder('/data/incoming', { database: 'headers.sqlite' });
 * const { groups, leftOut } = contimg.groupSubbands(index);
 */
export async function indexFolder(folder: string, options: IndexOptions = {}): Promise<HeaderIndex> {
  const names = await namesIn(checkText('folder', folder));
  const paths = names.filter(looksLikeUvh5).map(name => join(folder, name));
  return withCache(options, async cache => {
    const index = await indexWith(cache, paths, options);
    const present = new Set(paths.map(path => resolve(path)));
    const vanished = cache?.pathsIn(join(resolve(folder), sep)).filter(path => !present.has(path)) ?? [];
    cache?.forget(vanished);
    return index;
  });
}

/**
 * Reads the headers of the given UVH5 files as {@link indexFolder} does those of a folder, whatever they are called.
 *
 * @throws {FileAccessError} the database cannot be read.
 */
export async function indexFiles(paths: readonly string[], options: IndexOptions = {}): Promise<HeaderIndex> {
  for (const path of paths) checkText('a path', path);
  return withCache(options, cache => indexWith(cache, [...new Set(paths)], options));
}

async function withCache<T>(options: IndexOptions, use: (cache: HeaderCache | undefined) => Promise<T>): Promise<T> {
  checkKnownOptions(options, ['database', 'signal', 'onProgress']);
  const { database } = options;
  const cache = database === undefined ? undefined : new HeaderCache(checkText('database', database));
  try {
    return await use(cache);
  } finally {
    cache?.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter(entry => !entry.isDirectory()).map(entry => entry.name);
  } catch (cause) {
    const message = `Expected a readable folder at ${folder}: ${(cause as Error).message}`;
    throw new FileAccessError(folder, message, { cause });
  }
}

/** Also names under which files are written and copied: rsync's `.NAME.Xa81Qz`, `NAME.part`. */
const isUnfinished = /_incomplete\.(hdf5|uvh5)$|\.(hdf5|uvh5)\.(part|partial|tmp)$/;
function looksLikeUvh5(name: string): boolean {
  return /\.(hdf5|uvh5)$/.test(name) || isUnfinished.test(name) || /^\..*\.(hdf5|uvh5)\./.test(name);
}

async function indexWith(
  cache: HeaderCache | undefined,
  paths: readonly string[],
  { signal, onProgress }: IndexOptions,
): Promise<HeaderIndex> {
  const sorted = [...paths].sort((a, b) => (a < b ? -1 : 1)); // by code units, whatever the locale
  const reader = new CachingReader(cache);
  const found = new Array<Uvh5Header | UnusableFile>(sorted.length);
  const percent = (n: number) => Math.floor((100 * n) / sorted.length);
  let next = 0;
  let done = 0;
  const readOn = async () => {
    try {
      while (next < sorted.length) {
        signal?.throwIfAborted();
        const at = next++;
        found[at] = await reader.read(sorted[at]!);
        if (percent(++done) > percent(done - 1)) onProgress?.(done / sorted.length);
      }
    } catch (error) {
      next = sorted.length; // the others end with what they are at
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: maxInFlight }, readOn));
  reader.save();
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return {
    headers: found.filter((item): item is Uvh5Header => !('code' in item)),
    leftOut: found.filter((item): item is UnusableFile => 'code' in item),
    nOpened: reader.nOpened,
  };
}

/** Reads headers of files that are not known yet. */
class CachingReader {
  nOpened = 0;
  readonly #cache: HeaderCache | undefined;
  #unsaved: CacheEntry[] = [];

  constructor(cache: HeaderCache | undefined) {
    this.#cache = cache;
  }

  async read(path: string): Promise<Uvh5Header | UnusableFile> {
    const refuse = (code: UnusableFile['code'], message: string) => ({ code, message, path });
    const name = basename(path);
    if (name.startsWith('.')) return refuse('DOT_FILE', `${name} is hidden: a file that is still being copied`);
    if (isUnfinished.test(name)) return refuse('INCOMPLETE_NAME', `${name} is still being written`);
    const identity = await identityOf(path);
    if (typeof identity !== 'string') return refuse('UNREADABLE_FILE', identity.message);
    if (identity === empty) return refuse('EMPTY_FILE', `${name} is empty`);

    let finding = this.#cache?.get(resolve(path), identity);
    if (!finding) {
      const opened = await this.#open(path);
      if (opened instanceof Error) return refuse('UNREADABLE_FILE', opened.message);
      if ((await identityOf(path)) !== identity)
        return refuse('CHANGING_FILE', `${name} changed while its header was read: it is still being written`);
      this.#remember({ path: resolve(path), identity, finding: opened });
      finding = opened;
    }
    return 'problem' in finding ? refuse('UNREADABLE_FILE', finding.problem) : { ...finding.header, path };
  }

  save(): void {
    this.#cache?.put(this.#unsaved);
    this.#unsaved = [];
  }

  #remember(entry: CacheEntry): void {
    this.#unsaved.push(entry);
    if (this.#unsaved.length >= batchSize) this.save();
  }

  /** A header, or what is wrong with the file as it is; an error where another try may end otherwise. */
  async #open(path: string): Promise<Finding | Error> {
    this.nOpened++;
    try {
      return { header: await readUvh5Header(path) };
    } catch (error) {
      if (isPipelineError(error, 'UVH5_FORMAT')) return { problem: error.message };
      if (isPipelineError(error, 'FILE_ACCESS')) return error;
      throw error;
    }
  }
}

const empty = 'empty';

/** What changes when a file is written, replaced or copied again. */
async function identityOf(path: string): Promise<string | Error> {
  try {
    const status = await stat(path, { bigint: true });
    if (!status.isFile()) return new Error(`Expected a regular file at ${path}`);
    return status.size === 0n ? empty : `${status.size} ${status.mtimeNs} ${status.ino}`;
  } catch (error) {
    return error as Error;
  }
}
