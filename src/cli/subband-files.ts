import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { indexFiles, indexFolder } from '../uvh5/index.js';
import type { HeaderIndex, IndexOptions } from '../uvh5/index.js';

/** The headers of files, and of the UVH5 files in folders; none twice. */
export async function indexPaths(paths: readonly string[], options: IndexOptions): Promise<HeaderIndex> {
  const parts: HeaderIndex[] = [];
  for (const path of paths) {
    const isFolder = await stat(path).then(
      found => found.isDirectory(),
      () => false,
    );
    parts.push(await (isFolder ? indexFolder(path, options) : indexFiles([path], options)));
  }
  const merge = <T extends { path: string }>(items: readonly T[]) =>
    [...new Map(items.map(item => [resolve(item.path), item])).values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    headers: merge(parts.flatMap(part => part.headers)),
    leftOut: merge(parts.flatMap(part => part.leftOut)),
    nOpened: parts.reduce((n, part) => n + part.nOpened, 0),
  };
}
