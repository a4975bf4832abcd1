import { join } from 'node:path';

import { imageGroup, jointMosaic, mosaicImages, writeFits } from '../../src/index.js';
import type { JointMosaicOptions, Mosaic, MosaicGrid, MosaicTile } from '../../src/index.js';
import type { Group } from '../data/subband-group.js';
import type { Result, Task } from './index.js';

interface MosaicInput {
  readonly groups: readonly Group[];
  readonly imaging: JointMosaicOptions;
  readonly grid: MosaicGrid;
}

/** Subband files to a mosaic that is cleaned as a whole. */
export async function jointMosaicTask({ groups, imaging }: MosaicInput): Promise<Task> {
  return { run: async () => saved(await jointMosaic(groups, imaging)) };
}

/** The same files to images, each cleaned by itself, and to a mosaic of these. */
export async function mosaicOfImagesTask({ groups, imaging, grid }: MosaicInput): Promise<Task> {
  return {
    run: async () => {
      const tiles: MosaicTile[] = [];
      for (const group of groups) {
        const { restored, primaryBeam, rmsJyBeam } = await imageGroup(group, imaging);
        tiles.push({ id: group.id, image: restored, primaryBeam, rmsJyBeam });
      }
      return saved(await mosaicImages(tiles, { grid }));
    },
  };
}

function saved({ mosaic, rms }: Pick<Mosaic, 'mosaic' | 'rms'>): Result {
  return async folder => {
    await writeFits(join(folder, 'mosaic.fits'), mosaic);
    await writeFits(join(folder, 'rms.fits'), rms);
  };
}
