import type { SkyDirection } from '../core/sky.js';
import type { ImageWcs } from './types.js';

const degree = Math.PI / 180;

/** A vector on ICRS axes. */
export type Vector = readonly [number, number, number];

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function toUnitVector({ raDeg, decDeg }: SkyDirection): Vector {
  const [ra, dec] = [raDeg * degree, decDeg * degree];
  return [Math.cos(dec) * Math.cos(ra), Math.cos(dec) * Math.sin(ra), Math.sin(dec)];
}

/** The direction of a vector of any length; right ascension from 0 to 360. */
export function toDirection([x, y, z]: Vector): SkyDirection {
  const raDeg = Math.atan2(y, x) / degree;
  // atan2, not asin: asin has half the digits near the pole.
  return { raDeg: raDeg < 0 ? (raDeg + 360) % 360 : raDeg, decDeg: Math.atan2(z, Math.hypot(x, y)) / degree };
}

/**
 * The directions on the sky of an image's native axes: n to the native pole, and l and m so that native longitude phi
 * and latitude theta give l = cos(theta) sin(phi), m = -cos(theta) cos(phi). In a zenithal projection with north up they
 * are the center, east and north.
 */
export function nativeAxes(wcs: ImageWcs): NativeAxes {
  const known = axesOf.get(wcs);
  if (known) return known;
  const axes = computeAxes(wcs);
  axesOf.set(wcs, axes);
  return axes;
}

interface NativeAxes {
  readonly l: Vector;
  readonly m: Vector;
  readonly n: Vector;
}

/** Images have many pixels and one WCS, which nobody changes. */
const axesOf = new WeakMap<ImageWcs, NativeAxes>();

function computeAxes(wcs: ImageWcs): NativeAxes {
  const { raDeg, decDeg, lonPoleDeg } = nativePole(wcs);
  const [ra, dec, lonPole] = [raDeg * degree, decDeg * degree, lonPoleDeg * degree];
  // Paper II, equation 2, for the unit vectors (cos(theta) cos(phi), cos(theta) sin(phi), sin(theta)).
  const rotate = (cosPhi: number, sinPhi: number, z: number): Vector => {
    const x = cosPhi * Math.cos(lonPole) + sinPhi * Math.sin(lonPole);
    const y = sinPhi * Math.cos(lonPole) - cosPhi * Math.sin(lonPole);
    const towards = z * Math.cos(dec) - x * Math.sin(dec);
    return [
      towards * Math.cos(ra) + y * Math.sin(ra),
      towards * Math.sin(ra) - y * Math.cos(ra),
      z * Math.sin(dec) + x * Math.cos(dec),
    ];
  };
  return { l: rotate(0, 1, 0), m: rotate(-1, 0, 0), n: rotate(0, 0, 1) };
}

/** Direction of the native pole, and native longitude of the pole of the sky: paper II, section 2.4. */
function nativePole({ center, projection, lonPoleDeg, latPoleDeg = 90 }: ImageWcs): SkyDirection & {
  lonPoleDeg: number;
} {
  if (projection !== 'CAR') return { ...center, lonPoleDeg: lonPoleDeg ?? 180 };
  // The reference point of a cylindrical projection is native (0, 0), 90 degrees from the native pole.
  const dec0 = center.decDeg * degree;
  const lonPole = (lonPoleDeg ?? (center.decDeg >= 0 ? 0 : 180)) * degree;
  const base = Math.atan2(0, Math.cos(lonPole));
  const angle = Math.acos(Math.min(1, Math.max(-1, Math.sin(dec0) / Math.abs(Math.cos(lonPole)))));
  const wrap = (value: number) => value - 2 * Math.PI * Math.round(value / (2 * Math.PI));
  const candidates = [wrap(base + angle), wrap(base - angle)].filter(value => Math.abs(value) <= Math.PI / 2 + 1e-12);
  const distance = (value: number) => Math.abs(value - latPoleDeg * degree);
  const dec = candidates.reduce(
    (best, value) => (distance(value) < distance(best) ? value : best),
    candidates[0] ?? NaN,
  );
  const result = (raDeg: number) => ({ raDeg, decDeg: dec / degree, lonPoleDeg: lonPole / degree });
  if (Math.abs(center.decDeg) === 90) return result(center.raDeg);
  if (Math.cos(dec) < 1e-12) {
    const turn = lonPole / degree;
    return result(dec > 0 ? center.raDeg + turn - 180 : center.raDeg - turn);
  }
  const sine = Math.sin(lonPole) / Math.cos(dec0);
  const cosine = (-Math.sin(dec) * Math.sin(dec0)) / (Math.cos(dec) * Math.cos(dec0));
  return result(center.raDeg - Math.atan2(sine, cosine) / degree);
}
