import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { convertToMs, imageGroup, imageMs, writeFits } from '../../src/index.js';
import type { ImagingOptions, TileImages } from '../../src/index.js';
import type { Group } from '../data/subband-group.js';
import type { Result, Task } from './index.js';

interface TileInput {
  readonly group: Group;
  readonly imaging: ImagingOptions;
}

/** Subband files to a tile in memory. */
export async function tileTask({ group, imaging }: TileInput): Promise<Task> {
  return { run: async () => savedTile(await imageGroup(group, imaging)) };
}

/** The same by way of a MeasurementSet. */
export async function tileThroughMsTask({ group, imaging, output }: TileInput & { output: string }): Promise<Task> {
  const path = join(output, 'tile.ms');
  return {
    before: async () => {
      await rm(path, { recursive: true, force: true });
      execFileSync('sync');
    },
    run: async () => savedTile(await imageMs(await convertToMs(group, { path }), imaging)),
  };
}

function savedTile(tile: TileImages): Result {
  return async folder => {
    for (const name of ['dirty', 'restored', 'residual', 'primaryBeam'] as const)
      await writeFits(join(folder, `${name}.fits`), tile[name]);
    await writeFile(join(folder, 'tile.json'), JSON.stringify({ rmsJyBeam: tile.rmsJyBeam }));
  };
}
