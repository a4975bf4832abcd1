import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { planMosaicGrid } from '../../src/index.js';
import type { Case, Size } from '../case.js';
import { nCores } from '../data/data-folder.js';
import { mosaicError, mosaicTiles } from '../data/mosaic-tiles.js';
import { commandName, contimgMosaic } from './mosaic.js';

const numbers = [1, 4, 10, 20, 40];
const sizes = {
  full: { npix: 1024, cellArcsec: 12 },
  quick: { npix: 128, cellArcsec: 96 },
} as const satisfies Record<Size, object>;

/** Cost against size: more and more tiles of a strip, seconds and memory by the pixels of their mosaic. */
export function mosaicScalingCases(size: Size): Case[] {
  const { npix, cellArcsec } = sizes[size];
  const most = Math.max(...numbers);
  return numbers.map(nTiles => ({
    name: `mosaic/scaling-${nTiles}`,
    params: { tiles: nTiles, npix, cellArcsec },
    threads: nCores,
    unit: 'Mpixel of mosaic/s',
    errorMeans: "largest relative error of a source's peak",
    maxRounds: 3,
    contenders: [
      { name: 'contimg optimal', task: { node: 'mosaic' } },
      { name: commandName, task: { python: 'command' } },
    ],
    prepare: async data => {
      const { folder, tiles: all, sigma } = await mosaicTiles(data, most, npix, cellArcsec);
      const tiles = all.slice(0, nTiles);
      const grid = await planMosaicGrid(
        tiles.map(tile => ({ image: `${tile}-image.fits`, primaryBeam: `${tile}-pb.fits`, rmsJyBeam: sigma })),
      );
      const output = data.scratch('mosaic');
      return {
        input: { tiles, output, sigma, kernel: 'optimal', allMaps: true, threads: nCores, sync: true, durable: true },
        inputOf: { [commandName]: contimgMosaic(tiles, output) },
        work: (grid.nx * grid.ny) / 1e6,
        errorOf: result => {
          const mosaic = join(result, 'mosaic.fits');
          return Promise.resolve(existsSync(mosaic) ? mosaicError(folder, mosaic) : undefined);
        },
      };
    },
  }));
}
