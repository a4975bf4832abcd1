import type { NdArray } from 'ndarray';

import type { NumberArray, RawArray } from '../core/array.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { ImageWcs, SkyImage } from '../fits/types.js';
import { isNorthUpSin } from '../fits/wcs.js';

/** Pixels to clean: an array `(ny, nx)`, or an image such as `readFits` gives; what is not 0 is cleaned. */
export type CleanMask = NdArray<NumberArray> | Pick<SkyImage, 'pixels' | 'wcs'>;

/** A mask for the addon, and the grid that it stands for. */
export interface RawCleanMask {
  readonly mask: RawArray<Uint8Array>;
  readonly nx: number;
  readonly ny: number;
  /** Absent from a mask that is an array. */
  readonly wcs?: ImageWcs | undefined;
}

/** Checks a mask and makes it one byte per pixel; NaN masks as 0 does. */
export function toRawMask(mask: CleanMask): RawCleanMask {
  const { pixels = mask as NdArray<NumberArray>, wcs } = (mask ?? {}) as Partial<SkyImage>;
  if ((pixels as Partial<NdArray> | null | undefined)?.shape?.length !== 2)
    throw new InvalidArgumentError('Expected mask to be an array (ny, nx), or an image with such pixels');
  const [ny, nx] = pixels.shape as [number, number];
  if (wcs !== undefined && (wcs.centerX !== Math.floor(nx / 2) || wcs.centerY !== Math.floor(ny / 2))) {
    throw new InvalidArgumentError(
      `Expected the center of the mask at pixel (${Math.floor(nx / 2)}, ${Math.floor(ny / 2)}), as in a tile, ` +
        `but it is at (${wcs.centerX}, ${wcs.centerY})`,
    );
  }
  if (wcs !== undefined && !isNorthUpSin(wcs))
    throw new InvalidArgumentError('Expected a mask in projection SIN, north up and without slant, as a tile is');
  const data = new Uint8Array(ny * nx);
  for (let y = 0, i = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++, i++) data[i] = pixels.get(y, x) ? 1 : 0; // NaN is falsy
  }
  return { mask: { data, shape: [ny, nx] }, nx, ny, wcs };
}
