import type { RawCovariance } from '../../bindings/addon.js';
import { median } from '../core/median.js';
import type { Beam } from '../fits/types.js';
import { inArcsec } from '../fits/wcs.js';
import type { PixelMatrix } from '../fits/wcs.js';

/** A Gaussian's covariance over (east, north), arcsec^2. */
type Shape = RawCovariance;

const perVariance = 8 * Math.LN2; // squared full width at half maximum per variance

function toShape({ majorArcsec, minorArcsec, positionAngleDeg }: Beam): Shape {
  const [a, b] = [majorArcsec ** 2 / perVariance, minorArcsec ** 2 / perVariance];
  const [east, north] = [Math.sin((positionAngleDeg * Math.PI) / 180), Math.cos((positionAngleDeg * Math.PI) / 180)];
  return {
    xx: a * east * east + b * north * north,
    xy: (a - b) * east * north,
    yy: a * north * north + b * east * east,
  };
}

function determinant({ xx, xy, yy }: Shape): number {
  return xx * yy - xy * xy;
}

/** Area of a beam: of the Gaussian, in arcsec^2. */
export function beamArea(beam: Beam): number {
  return (2 * Math.PI * beam.majorArcsec * beam.minorArcsec) / perVariance;
}

/** The smallest factor by which `shape` must grow to hold `other`: the largest eigenvalue of shape^-1 other. */
function growthToHold(shape: Shape, other: Shape): number {
  const area = determinant(shape);
  const trace = (shape.yy * other.xx - 2 * shape.xy * other.xy + shape.xx * other.yy) / area;
  return trace / 2 + Math.sqrt(Math.max(0, (trace / 2) ** 2 - determinant(other) / area));
}

/**
 * A beam that every one of the given can be convolved to: of the shapes of the given ones and a circle, grown until they
 * hold all, the smallest.
 */
export function commonBeamOf(beams: readonly Beam[]): Beam {
  const shapes = beams.map(toShape);
  const widest = Math.max(...beams.map(beam => beam.majorArcsec));
  const circle: Beam = { majorArcsec: widest, minorArcsec: widest, positionAngleDeg: 0 };
  const candidates = [...beams, circle].map(beam => {
    const growth = Math.sqrt(Math.max(...shapes.map(shape => growthToHold(toShape(beam), shape)))) * (1 + 1e-9);
    return { ...beam, majorArcsec: growth * beam.majorArcsec, minorArcsec: growth * beam.minorArcsec };
  });
  return candidates.reduce((best, beam) => (beamArea(beam) < beamArea(best) ? beam : best));
}

/**
 * The beam in the middle: the medians of mean size and of elongation along and across two axes, all as logarithms, so that
 * beams of opposite orientation give a round one.
 */
export function medianBeam(beams: readonly Beam[]): Beam {
  const parts = beams.map(({ majorArcsec, minorArcsec, positionAngleDeg }) => {
    const elongation = Math.log(majorArcsec / minorArcsec) / 2;
    const doubled = (positionAngleDeg * Math.PI) / 90; // angles of axes, the same after half a turn
    return {
      size: Math.log(majorArcsec * minorArcsec) / 2,
      along: elongation * Math.cos(doubled),
      across: elongation * Math.sin(doubled),
    };
  });
  const middle = (part: 'size' | 'along' | 'across') => median(parts.map(values => values[part]));
  const [size, along, across] = [middle('size'), middle('along'), middle('across')];
  const elongation = Math.hypot(along, across);
  return {
    majorArcsec: Math.exp(size + elongation),
    minorArcsec: Math.exp(size - elongation),
    positionAngleDeg: (Math.atan2(across, along) * 90) / Math.PI,
  };
}

/** The largest difference of two beams' widths along any direction, as a fraction of the second's. */
export function beamDifference(beam: Beam, reference: Beam): number {
  const widest = Math.sqrt(growthToHold(toShape(reference), toShape(beam)));
  const narrowest = 1 / Math.sqrt(growthToHold(toShape(beam), toShape(reference)));
  return Math.max(widest - 1, 1 - narrowest);
}

/** Whether a beam can be convolved to another: at least as wide in every direction. */
export function canConvolve(from: Beam, to: Beam): boolean {
  return growthToHold(toShape(to), toShape(from)) <= 1 + 1e-6;
}

/** Covariance of a beam on pixels that are `matrix` radians to the east and to the north of each other. */
export function beamOnPixels(beam: Beam, matrix: PixelMatrix): RawCovariance {
  const [a, b, c, d] = inArcsec(matrix);
  const area = a * d - b * c;
  const [p, q, r, s] = [d / area, -b / area, -c / area, a / area]; // pixels per arcsec east and north
  const { xx, xy, yy } = toShape(beam);
  return {
    xx: p * p * xx + 2 * p * q * xy + q * q * yy,
    xy: p * r * xx + (p * s + q * r) * xy + q * s * yy,
    yy: r * r * xx + 2 * r * s * xy + s * s * yy,
  };
}
