import type { RawSinGrid } from '../../bindings/addon.js';
import { toRawDirection } from '../core/sky.js';
import type { ImageWcs } from '../fits/types.js';

/** A grid for the addon. */
export function rawGrid(wcs: ImageWcs, nx: number, ny: number): RawSinGrid {
  const cellRad = (wcs.cellArcsec * Math.PI) / 180 / 3600;
  return { center: toRawDirection(wcs.center), cellRad, centerX: wcs.centerX, centerY: wcs.centerY, nx, ny };
}
