import { checkObject, checkPositive } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import { toRawDirection } from '../core/sky.js';
import type { SkyDirection } from '../core/sky.js';
import type { Beam, SkyImage } from '../fits/types.js';
import { inArcsec, localMatrix, pixelToSky, skyToPixel } from '../fits/wcs.js';
import type { PixelMatrix } from '../fits/wcs.js';

/** A source as an image shows it. */
export interface SourceMeasurement {
  readonly position: SkyDirection;
  /** Peak, Jy/beam: the flux, for a source that is a point. */
  readonly fluxJy: number;
  /** From where it was looked for, arcsec, to the east and to the north. */
  readonly eastArcsec: number;
  readonly northArcsec: number;
}

export interface MeasureSourcesOptions {
  /** How far from its position a source's brightest pixel may be. @default the beam's major axis */
  readonly searchRadiusArcsec?: number | undefined;
}

/** A Gaussian of the beam's shape, exp(-(a x^2 + b x y + c y^2)) in pixels from its center. */
interface Shape {
  a: number;
  b: number;
  c: number;
}

interface Peak {
  flux: number;
  x: number;
  y: number;
}

/**
 * Measures point sources near given positions by fitting the restoring beam's shape to them.
 *
 * Three parameters, flux and position, are fitted to the pixels above the half maximum. Without noise a point source is
 * measured to 1e-4 of its flux and 1e-3 of a pixel; with noise sigma the errors are about sigma, and the beam over twice
 * the signal-to-noise ratio. Neighbors nearer than two beams, and sources that are extended, are not told apart.
 *
 * @param image - with a beam, in Jy/beam.
 * @returns one entry per position; undefined outside the image, on NaN, or where no peak is found.
 * @throws {InvalidArgumentError} the image has no beam, or a position is none.
 */
export function measureSources(
  image: SkyImage,
  positions: readonly SkyDirection[],
  options: MeasureSourcesOptions = {},
): (SourceMeasurement | undefined)[] {
  const { beam } = checkObject('image', image);
  if (!beam) throw new InvalidArgumentError('Expected an image with a restoring beam but it has none');
  if (!Array.isArray(positions)) throw new InvalidArgumentError('Expected an array of positions');
  positions.forEach(toRawDirection);
  const radius = checkPositive(
    'searchRadiusArcsec',
    checkObject('options', options).searchRadiusArcsec ?? beam.majorArcsec,
  );
  return positions.map(position => {
    const expected = skyToPixel(image.wcs, position);
    const start = brightestPixel(image, expected.x, expected.y, radius / image.wcs.cellArcsec);
    if (!start) return undefined;
    // What pixels are on the sky there: away from the reference point not what they are at it.
    const perPixel = inArcsec(localMatrix(image.wcs, start.x, start.y));
    const [eastX, eastY, northX, northY] = perPixel;
    const peak = fitPeak(image, start, shapeOf(beam, perPixel), beam.majorArcsec / image.wcs.cellArcsec);
    return (
      peak && {
        position: pixelToSky(image.wcs, peak.x, peak.y),
        fluxJy: peak.flux,
        eastArcsec: eastX * (peak.x - expected.x) + eastY * (peak.y - expected.y),
        northArcsec: northX * (peak.x - expected.x) + northY * (peak.y - expected.y),
      }
    );
  });
}

/** @param perPixel - arcsec to the east and to the north. */
function shapeOf(beam: Beam, perPixel: PixelMatrix): Shape {
  const [eastX, eastY, northX, northY] = perPixel;
  const along = (4 * Math.LN2) / beam.majorArcsec ** 2;
  const across = (4 * Math.LN2) / beam.minorArcsec ** 2;
  const east = Math.sin((beam.positionAngleDeg * Math.PI) / 180);
  const north = Math.cos((beam.positionAngleDeg * Math.PI) / 180);
  // Arcsec along the major and the minor axis per pixel along x and y.
  const [majorX, majorY] = [eastX * east + northX * north, eastY * east + northY * north];
  const [minorX, minorY] = [eastX * north - northX * east, eastY * north - northY * east];
  return {
    a: along * majorX ** 2 + across * minorX ** 2,
    b: 2 * (along * majorX * majorY + across * minorX * minorY),
    c: along * majorY ** 2 + across * minorY ** 2,
  };
}

/** Calls `visit` for every pixel within `radius` of a place. */
function forPixelsNear(
  image: SkyImage,
  centerX: number,
  centerY: number,
  radius: number,
  visit: (x: number, y: number, value: number) => void,
): void {
  const [ny, nx] = image.pixels.shape as [number, number];
  for (let y = Math.max(0, Math.ceil(centerY - radius)); y <= Math.min(ny - 1, centerY + radius); y++)
    for (let x = Math.max(0, Math.ceil(centerX - radius)); x <= Math.min(nx - 1, centerX + radius); x++)
      if (Math.hypot(x - centerX, y - centerY) <= radius) visit(x, y, image.pixels.get(y, x));
}

function brightestPixel(image: SkyImage, x: number, y: number, radius: number): Peak | undefined {
  let best: Peak | undefined;
  forPixelsNear(image, x, y, Math.max(radius, 1), (px, py, flux) => {
    if (flux > (best?.flux ?? 0)) best = { flux, x: px, y: py };
  });
  return best;
}

/**
 * Gauss-Newton from the brightest pixel. The pixels used are those inside the half maximum of the first guess, and all next
 * to it: of a narrow beam the half maximum may hold pixels of one row alone, which do not say where across it the peak is.
 */
function fitPeak(image: SkyImage, start: Peak, { a, b, c }: Shape, radius: number): Peak | undefined {
  const samples: [number, number, number][] = [];
  forPixelsNear(image, start.x, start.y, Math.max(radius, 1.5), (x, y, value) => {
    const [dx, dy] = [x - start.x, y - start.y];
    const isNextToPeak = Math.max(Math.abs(dx), Math.abs(dy)) <= 1;
    if (isNextToPeak || a * dx * dx + b * dx * dy + c * dy * dy <= Math.LN2) samples.push([x, y, value]);
  });
  if (samples.length < 3 || samples.some(([, , value]) => Number.isNaN(value))) return undefined;
  const peak = { ...start };
  for (let iteration = 0; iteration < 10; iteration++) {
    const normal = [0, 0, 0, 0, 0, 0];
    const right = [0, 0, 0];
    for (const [x, y, value] of samples) {
      const [dx, dy] = [x - peak.x, y - peak.y];
      const g = Math.exp(-(a * dx * dx + b * dx * dy + c * dy * dy));
      const gradient = [g, peak.flux * g * (2 * a * dx + b * dy), peak.flux * g * (b * dx + 2 * c * dy)] as const;
      const difference = value - peak.flux * g;
      accumulate(normal, right, gradient, difference);
    }
    const step = solve3(normal, right);
    if (!step) return undefined;
    peak.flux += step[0];
    peak.x += step[1];
    peak.y += step[2];
    if (!(Math.hypot(peak.x - start.x, peak.y - start.y) < radius)) return undefined;
  }
  return peak;
}

type Three = readonly [number, number, number];

/** Adds one equation to the normal equations; `normal` is the upper triangle, row by row. */
function accumulate(normal: number[], right: number[], gradient: Three, value: number): void {
  let k = 0;
  for (let i = 0; i < 3; i++) {
    right[i]! += gradient[i]! * value;
    for (let j = i; j < 3; j++) normal[k++]! += gradient[i]! * gradient[j]!;
  }
}

/** Solves a symmetric 3 x 3 system by the adjugate; undefined where it is singular. */
function solve3(normal: readonly number[], right: readonly number[]): Three | undefined {
  const [a, b, c, d, e, f] = normal as [number, number, number, number, number, number];
  const [p, q, r] = right as [number, number, number];
  const [aa, bb, cc] = [d * f - e * e, c * e - b * f, b * e - c * d];
  const determinant = a * aa + b * bb + c * cc;
  if (!(Math.abs(determinant) > 0)) return undefined;
  return [
    (aa * p + bb * q + cc * r) / determinant,
    (bb * p + (a * f - c * c) * q + (b * c - a * e) * r) / determinant,
    (cc * p + (b * c - a * e) * q + (a * d - b * b) * r) / determinant,
  ];
}
