import { checkNumber, checkPositive } from '../core/check.js';
import type { SkyDirection } from '../core/sky.js';
import type { ImageWcs } from './types.js';

const degree = Math.PI / 180;
const arcsec = degree / 3600;

/** A place in an image, counted from 0 at the center of the first pixel. */
export interface PixelPosition {
  readonly x: number;
  readonly y: number;
}

/**
 * Where a direction lies in an image.
 *
 * Projection SIN, y to the north, x to the west: FITS WCS papers I and II without slant and rotation.
 *
 * @returns NaN for directions more than 90 degrees from the image's center, which SIN cannot show.
 */
export function skyToPixel(wcs: ImageWcs, direction: SkyDirection): PixelPosition {
  const dec = direction.decDeg * degree;
  const dec0 = wcs.center.decDeg * degree;
  const deltaRa = (direction.raDeg - wcs.center.raDeg) * degree;
  const n = Math.sin(dec) * Math.sin(dec0) + Math.cos(dec) * Math.cos(dec0) * Math.cos(deltaRa);
  if (!(n >= 0)) return { x: NaN, y: NaN };
  const l = Math.cos(dec) * Math.sin(deltaRa);
  const m = Math.sin(dec) * Math.cos(dec0) - Math.cos(dec) * Math.sin(dec0) * Math.cos(deltaRa);
  const cell = wcs.cellArcsec * arcsec;
  return { x: wcs.centerX - l / cell, y: wcs.centerY + m / cell };
}

/**
 * The direction that an image shows at a pixel; the inverse of `skyToPixel`.
 *
 * @param x, y - need not be whole, and may lie outside the image.
 * @returns right ascension from 0 to 360; NaN beyond the horizon of the projection.
 */
export function pixelToSky(wcs: ImageWcs, x: number, y: number): SkyDirection {
  const cell = wcs.cellArcsec * arcsec;
  const l = -(x - wcs.centerX) * cell;
  const m = (y - wcs.centerY) * cell;
  const n = Math.sqrt(1 - l * l - m * m);
  const dec0 = wcs.center.decDeg * degree;
  const towardsCenter = n * Math.cos(dec0) - m * Math.sin(dec0);
  const towardsPole = m * Math.cos(dec0) + n * Math.sin(dec0);
  const raDeg = wcs.center.raDeg + Math.atan2(l, towardsCenter) / degree;
  // atan2, not asin: asin has half the digits near the pole.
  const decDeg = Math.atan2(towardsPole, Math.hypot(l, towardsCenter)) / degree;
  return { raDeg: wrapTo360(raDeg), decDeg };
}

function wrapTo360(angleDeg: number): number {
  const wrapped = angleDeg - 360 * Math.floor(angleDeg / 360);
  return wrapped === 360 ? 0 : wrapped;
}

/** Refuses a WCS that is not one: numbers out of range or not finite. */
export function checkWcs(wcs: ImageWcs): void {
  checkNumber('wcs.center.raDeg', wcs.center.raDeg, -360, 720);
  checkNumber('wcs.center.decDeg', wcs.center.decDeg, -90, 90);
  checkPositive('wcs.cellArcsec', wcs.cellArcsec);
  checkNumber('wcs.centerX', wcs.centerX);
  checkNumber('wcs.centerY', wcs.centerY);
}
