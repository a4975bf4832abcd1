import { join } from 'node:path';

import type { SubbandGroup } from '../grouping/index.js';
import { imageGroup } from '../imaging/index.js';
import { convertToMs } from '../ms/index.js';
import { mosaicFiles } from '../mosaic/index.js';
import type { Product } from '../registry/index.js';
import type { Stage } from './make-product.js';
import type { CheckedConfig } from './pipeline-config.js';
import { recipeOf } from './recipe.js';
import { mosaicTile, mosaicResult, writeTile } from './stage-files.js';

/** Files that become one tile, and one MeasurementSet. */
export interface GroupSubject {
  readonly group: SubbandGroup;
  /** Hash of names, sizes and times of the files: a file that was copied again is another file. */
  readonly fingerprint: string;
}

/** Tiles that become one mosaic. */
export interface MosaicSubject {
  readonly id: string;
  readonly tiles: readonly Product[];
}

/**
 * The flow: a subband group becomes a tile, and a MeasurementSet where it is kept; tiles become a mosaic, which is then
 * validated and published. A stage says what its product depends on and how it is made; the rest is common to all: makeProduct.
 */
export function stagesOf(config: CheckedConfig) {
  const { minSubbands, earthOrientation, conversion, imaging, mosaic: mosaicking } = config;

  const convert: Stage<GroupSubject> = {
    name: 'convert',
    kind: 'ms',
    path: ({ group }) => `ms/${group.id}.ms`,
    recipe: ({ fingerprint }) => recipeOf(['ms', fingerprint, earthOrientation, conversion]),
    parents: () => [],
    groupId: ({ group }) => group.id,
    run: async ({ group }, path, job) => {
      const ms = await convertToMs(group, { path, minSubbands, earthOrientation, ...conversion, ...job });
      return { files: [], metadata: { nRows: ms.nRows, nTimes: ms.nTimes, nFreqs: ms.nFreqs } };
    },
  };

  const image: Stage<GroupSubject> = {
    name: 'image',
    kind: 'tile',
    path: ({ group }) => `tiles/${group.id}`,
    recipe: ({ fingerprint }) => recipeOf(['tile', fingerprint, earthOrientation, imaging]),
    parents: () => [],
    groupId: ({ group }) => group.id,
    run: async ({ group }, folder, job) => {
      const tile = await imageGroup(group, { minSubbands, earthOrientation, ...imaging, ...job });
      const { files, metadata } = await writeTile(folder, group, tile);
      return { files, metadata: { ...metadata, options: config.tileOptionsHash } };
    },
  };

  const mosaic: Stage<MosaicSubject> = {
    name: 'mosaic',
    kind: 'mosaic',
    path: ({ id }) => `mosaics/${id}`,
    recipe: ({ tiles }) => recipeOf(['mosaic', tiles.map(tile => tile.recipe), mosaicking]),
    parents: ({ tiles }) => tiles.map(tile => tile.id),
    run: async ({ id, tiles }, folder, job) => {
      const sources = tiles.map(tile => mosaicTile(config.work, tile));
      return mosaicResult(
        folder,
        id,
        await mosaicFiles(join(folder, id), sources, { objectName: id, ...mosaicking, ...job }),
      );
    },
  };

  return { convert, image, mosaic };
}
