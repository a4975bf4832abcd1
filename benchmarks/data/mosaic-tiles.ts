import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../../src/core/addon.js';
import { debianPython } from '../peers.js';
import type { DataFolder } from './data-folder.js';

/** Tiles of a drift scan, as benchmarks/python/make_tiles.py makes them. */
export interface MosaicTiles {
  readonly folder: string;
  /** Paths without their ends: `-image.fits`, `-pb.fits`, `-imagepb.fits`, `-weight.fits`. */
  readonly tiles: readonly string[];
  readonly sigma: number;
  readonly grid: Record<'raDeg' | 'decDeg' | 'cellArcsec' | 'nx' | 'ny' | 'centerX' | 'centerY', number>;
}

export async function mosaicTiles(
  data: DataFolder,
  nTiles: number,
  npix: number,
  cellArcsec: number,
): Promise<MosaicTiles> {
  const folder = await data.once(`mosaic-${nTiles}x${npix}`, path => {
    mkdirSync(path);
    const script = join(packageRoot(), 'benchmarks', 'python', 'make_tiles.py');
    execFileSync(debianPython, [script, path, `${nTiles}`, `${npix}`, `${cellArcsec}`], { stdio: 'inherit' });
    return Promise.resolve();
  });
  const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as Pick<MosaicTiles, 'sigma' | 'grid'>;
  return { folder, ...truth, tiles: Array.from({ length: nTiles }, (_, i) => join(folder, `tile${i}`)) };
}

/** The largest relative error of a source's peak in a mosaic of such tiles. */
export function mosaicError(folder: string, mosaic: string): number {
  const script = join(packageRoot(), 'benchmarks', 'python', 'mosaic_error.py');
  return Number(execFileSync(debianPython, [script, mosaic, join(folder, 'truth.json')], { encoding: 'utf8' }));
}
