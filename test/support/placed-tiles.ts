import { cp, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { mjdSecToIso } from '../../src/core/time.js';
import { openRegistry } from '../../src/registry/index.js';
import type { FinishedRun } from './small-run.js';

/**
 * Puts tiles into a work folder and its registry as a run leaves them: copies of the first tile of a finished run, with
 * middles so many seconds after one another. Gives their ids.
 */
export async function placeTiles(
  finished: FinishedRun,
  work: string,
  location: string,
  seconds: readonly number[],
): Promise<string[]> {
  const [original] = finished.tiles;
  const source = await openRegistry(join(finished.folder, 'work', 'registry.sqlite'));
  const tile = (await source.products.get(`tiles/${original}`))!;
  await source.close();
  const start = Math.round(tile.metadata['midTimeMjdSec'] as number); // whole: doubles of seconds end at 1e-6
  // Their noise is the same, and does not average out: that of a mosaic of them all is to come out as that of one.
  const rmsJyBeam = (tile.metadata['rmsJyBeam'] as number) * Math.sqrt(seconds.length);
  const registry = await openRegistry(location);
  const ids: string[] = [];
  for (const offset of seconds) {
    const midTimeMjdSec = start + offset;
    const id = mjdSecToIso(midTimeMjdSec).slice(0, 19);
    const renamed = (path: string) => path.replaceAll(original!, id);
    const folder = join(work, 'tiles', id);
    await mkdir(join(work, 'tiles'), { recursive: true });
    await cp(join(finished.folder, 'work', tile.path), folder, { recursive: true });
    for (const name of await readdir(folder)) await rename(join(folder, name), join(folder, renamed(name)));
    await registry.groups.record({ id, files: [] });
    await registry.groups.setState(id, 'imaged');
    await registry.products.register({
      ...tile,
      ...{ id: `tiles/${id}`, path: `tiles/${id}`, groupId: id },
      files: tile.files.map(file => ({ ...file, path: renamed(file.path) })),
      metadata: { ...tile.metadata, midTimeMjdSec, rmsJyBeam },
    });
    ids.push(id);
  }
  await registry.close();
  return ids;
}
