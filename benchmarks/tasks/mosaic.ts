import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { mosaicFiles } from '../../src/index.js';
import type { MosaicGrid, MosaicKernel } from '../../src/index.js';
import type { Task } from './index.js';

/** Tiles and their primary beams to a mosaic and its weight, FITS to FITS; where `allMaps` to its other maps too. */
export function mosaicTask(input: {
  tiles: string[];
  output: string;
  /** Planned anew without it. */
  grid?: MosaicGrid;
  sigma: number;
  kernel: MosaicKernel;
  allMaps?: boolean;
  threads: number;
}): Promise<Task> {
  const { grid, kernel, threads } = input;
  const maps = input.allMaps ? undefined : (['weight'] as const);
  const name = join(input.output, `contimg-${kernel}${input.allMaps ? '-all' : ''}`);
  const tiles = input.tiles.map(tile => {
    return { id: tile, image: `${tile}-image.fits`, primaryBeam: `${tile}-pb.fits`, rmsJyBeam: input.sigma };
  });
  return Promise.resolve({
    before: () => Promise.resolve(void execFileSync('sync')),
    run: async () => {
      await mosaicFiles(name, tiles, { grid, kernel, maps, threads, overwrite: true });
      return folder => symlink(`${name}.fits`, join(folder, 'mosaic.fits'));
    },
  });
}
