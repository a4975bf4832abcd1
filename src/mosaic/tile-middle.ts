import type { SkyDirection } from '../core/sky.js';
import type { SkyImageHeader } from '../fits/types.js';
import type { PixelMatrix } from '../fits/wcs.js';
import { localMatrix, pixelToSky } from '../fits/wcs.js';

/** Where an image is and how its pixels lie there: what its reference point tells only where that is its middle. */
export interface TileMiddle {
  readonly direction: SkyDirection;
  /** A step of one pixel in x and in y, to the east and to the north, radians: [dE/dx, dE/dy, dN/dx, dN/dy]. */
  readonly matrix: PixelMatrix;
  /** The side of a square with a pixel's area. */
  readonly cellArcsec: number;
}

/** The middle pixel of an image; its reference point, where the middle pixel shows no sky. */
export function middleOf({ wcs, shape: [ny, nx] }: Pick<SkyImageHeader, 'wcs' | 'shape'>): TileMiddle {
  const at = { x: nx >> 1, y: ny >> 1 };
  const shows = !Number.isNaN(pixelToSky(wcs, at.x, at.y).raDeg);
  const { x, y } = shows ? at : { x: wcs.centerX, y: wcs.centerY };
  const isCenter = x === wcs.centerX && y === wcs.centerY;
  const matrix = localMatrix(wcs, x, y);
  const [a, b, c, d] = matrix;
  const cellArcsec = (Math.sqrt(Math.abs(a * d - b * c)) * 180 * 3600) / Math.PI;
  return {
    direction: isCenter ? wcs.center : pixelToSky(wcs, x, y),
    matrix,
    cellArcsec: Number(cellArcsec.toPrecision(9)),
  };
}
