import { checkNumber, checkOneOf, checkPositive } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { SkyDirection } from '../core/sky.js';
import { dot, nativeAxes, toDirection, toUnitVector } from './native-axes.js';
import type { ImageWcs, Projection } from './types.js';

const degree = Math.PI / 180;
const arcsec = degree / 3600;

export const projections: readonly Projection[] = ['SIN', 'TAN', 'ZEA', 'CAR'];

/** A place in an image, counted from 0 at the center of the first pixel. */
export interface PixelPosition {
  readonly x: number;
  readonly y: number;
}

type Pair = readonly [number, number];
type Triple = readonly [number, number, number];
const nowhere: Pair = [NaN, NaN];

/** What a step of one pixel in x and in y makes of two coordinates (p, q): [dp/dx, dp/dy, dq/dx, dq/dy], radians. */
export type PixelMatrix = readonly [number, number, number, number];

/** The same in arcsec. */
export function inArcsec(matrix: PixelMatrix): PixelMatrix {
  return matrix.map(value => (value * 3600 * 180) / Math.PI) as [number, number, number, number];
}

/** Intermediate coordinates, radians per pixel, as `ImageWcs.matrixDeg`. */
export function pixelMatrix({ cellArcsec, matrixDeg }: ImageWcs): PixelMatrix {
  if (!matrixDeg) return [-cellArcsec * arcsec, 0, 0, cellArcsec * arcsec];
  const [a, b, c, d] = matrixDeg;
  return [a * degree, b * degree, c * degree, d * degree];
}

/**
 * Where a direction lies in an image: FITS WCS papers I and II.
 *
 * @returns NaN for directions that the projection cannot show, such as those more than 90 degrees from the center of SIN.
 */
export function skyToPixel(wcs: ImageWcs, direction: SkyDirection): PixelPosition {
  const vector = toUnitVector(direction);
  const { l, m, n } = nativeAxes(wcs);
  const [p, q] = project(wcs, [dot(vector, l), dot(vector, m), dot(vector, n)]);
  const [a, b, c, d] = pixelMatrix(wcs);
  const determinant = a * d - b * c;
  return { x: wcs.centerX + (d * p - b * q) / determinant, y: wcs.centerY + (a * q - c * p) / determinant };
}

/**
 * The direction that an image shows at a pixel; the inverse of `skyToPixel`.
 *
 * @param x, y - need not be whole, and may lie outside the image.
 * @returns right ascension from 0 to 360; NaN where the projection shows nothing, as beyond the horizon of SIN.
 */
export function pixelToSky(wcs: ImageWcs, x: number, y: number): SkyDirection {
  const [a, b, c, d] = pixelMatrix(wcs);
  const [dx, dy] = [x - wcs.centerX, y - wcs.centerY];
  const local = deproject(wcs, a * dx + b * dy, c * dx + d * dy);
  const { l, m, n } = nativeAxes(wcs);
  const sum = (i: 0 | 1 | 2) => local[0] * l[i] + local[1] * m[i] + local[2] * n[i];
  return toDirection([sum(0), sum(1), sum(2)]);
}

/**
 * What a step of one pixel makes to the east and to the north, at a pixel: `pixelMatrix` where that is the reference point
 * of a projection with north up, and elsewhere what the projection makes of it, to 1e-9 for pixels of minutes of arc.
 *
 * At a pole east is that of the right ascension from which `pixelToSky` counts there.
 */
export function localMatrix(wcs: ImageWcs, x: number, y: number): PixelMatrix {
  const [a, b, c, d] = pixelMatrix(wcs);
  const [dx, dy] = [x - wcs.centerX, y - wcs.centerY];
  if (dx === 0 && dy === 0 && wcs.projection !== 'CAR' && (wcs.lonPoleDeg ?? 180) === 180) return [a, b, c, d];
  const local = (i: number, j: number) => deproject(wcs, a * (dx + i) + b * (dy + j), c * (dx + i) + d * (dy + j));
  const { raDeg, decDeg } = pixelToSky(wcs, x, y);
  const [ra, dec] = [raDeg * degree, decDeg * degree];
  const east: Triple = [-Math.sin(ra), Math.cos(ra), 0];
  const north: Triple = [-Math.sin(dec) * Math.cos(ra), -Math.sin(dec) * Math.sin(ra), Math.cos(dec)];
  const axes = nativeAxes(wcs);
  const along = (axis: Triple, from: Triple, to: Triple) =>
    dot(axis, axes.l) * (to[0] - from[0]) +
    dot(axis, axes.m) * (to[1] - from[1]) +
    dot(axis, axes.n) * (to[2] - from[2]);
  const [left, right, below, above] = [local(-0.5, 0), local(0.5, 0), local(0, -0.5), local(0, 0.5)];
  return [along(east, left, right), along(east, below, above), along(north, left, right), along(north, below, above)];
}

/** Intermediate coordinates (radians) of (l, m, n): native/mosaic/celestial_grid.h. */
function project({ projection = 'SIN', slant: [xi, eta] = [0, 0] }: ImageWcs, [l, m, n]: Triple): Pair {
  switch (projection) {
    case 'SIN':
      return n + xi * l + eta * m >= 0 ? [l + xi * (1 - n), m + eta * (1 - n)] : nowhere;
    case 'TAN':
      return n > 0 ? [l / n, m / n] : nowhere;
    case 'ZEA': {
      const scale = Math.sqrt(2 / (1 + n));
      return n > -1 ? [l * scale, m * scale] : nowhere;
    }
    case 'CAR':
      return [Math.atan2(l, -m), Math.atan2(n, Math.hypot(l, m))];
  }
}

/** The inverse of `project`. */
function deproject({ projection = 'SIN', slant: [xi, eta] = [0, 0] }: ImageWcs, p: number, q: number): Triple {
  const r2 = p * p + q * q;
  switch (projection) {
    case 'SIN': {
      // l = X + xi n, m = Y + eta n with X = p - xi, Y = q - eta: a quadratic in n, of which the root near the pole.
      const [x, y] = [p - xi, q - eta];
      const [a, b, c] = [1 + xi * xi + eta * eta, x * xi + y * eta, x * x + y * y - 1];
      const n = (Math.sqrt(b * b - a * c) - b) / a;
      return [x + xi * n, y + eta * n, n];
    }
    case 'TAN': {
      const n = 1 / Math.sqrt(1 + r2);
      return [p * n, q * n, n];
    }
    case 'ZEA': {
      const scale = Math.sqrt(1 - r2 / 4);
      return [p * scale, q * scale, 1 - r2 / 2];
    }
    case 'CAR':
      if (Math.abs(p) > Math.PI || Math.abs(q) > Math.PI / 2) return [NaN, NaN, NaN];
      return [Math.cos(q) * Math.sin(p), -Math.cos(q) * Math.cos(p), Math.sin(q)];
  }
}

/** Whether an image is as contimg's imager makes it: SIN without slant, north up, square pixels. */
export function isNorthUpSin({ projection = 'SIN', matrixDeg, slant, lonPoleDeg = 180 }: ImageWcs): boolean {
  return projection === 'SIN' && !matrixDeg && !slant && lonPoleDeg === 180;
}

/** Refuses a WCS that is not one: numbers out of range or not finite. */
export function checkWcs(wcs: ImageWcs): void {
  checkNumber('wcs.center.raDeg', wcs.center.raDeg, -360, 720);
  checkNumber('wcs.center.decDeg', wcs.center.decDeg, -90, 90);
  checkPositive('wcs.cellArcsec', wcs.cellArcsec);
  checkNumber('wcs.centerX', wcs.centerX);
  checkNumber('wcs.centerY', wcs.centerY);
  checkOneOf('wcs.projection', wcs.projection ?? 'SIN', projections);
  wcs.slant?.forEach((value, i) => checkNumber(`wcs.slant[${i}]`, value, -10, 10));
  const [a, b, c, d] = pixelMatrix(wcs).map((value, i) => checkNumber(`wcs.matrixDeg[${i}]`, value)) as [
    number,
    number,
    number,
    number,
  ];
  if (!(Math.abs(a * d - b * c) > 0))
    throw new InvalidArgumentError('Expected wcs.matrixDeg to have an inverse, but its determinant is 0');
}
