import type { RawCelestialGrid } from '../../bindings/addon.js';
import { nativeAxes } from '../fits/native-axes.js';
import type { ImageWcs } from '../fits/types.js';
import { checkWcs, pixelMatrix } from '../fits/wcs.js';

/** A grid for the addon. */
export function rawGrid(wcs: ImageWcs, nx: number, ny: number): RawCelestialGrid {
  checkWcs(wcs);
  const { l, m, n } = nativeAxes(wcs);
  return {
    projection: wcs.projection ?? 'SIN',
    slantX: wcs.slant?.[0] ?? 0,
    slantY: wcs.slant?.[1] ?? 0,
    matrix: pixelMatrix(wcs),
    referenceX: wcs.centerX,
    referenceY: wcs.centerY,
    axisL: l,
    axisM: m,
    axisN: n,
    nx,
    ny,
  };
}
