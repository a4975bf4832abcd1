import type { SkyDirection } from '../../src/core/sky.js';
import type { PixelPosition } from '../../src/fits/index.js';
import { pixelToSky, skyToPixel } from '../../src/fits/index.js';
import type { SkyImage } from '../../src/fits/types.js';
import type { MosaicTile } from '../../src/mosaic/index.js';
import { makeSkyImage } from './sky-image.js';

export interface SkySource extends SkyDirection {
  readonly fluxJy: number;
}

/** A tile whose images are in memory. */
export interface MemoryTile extends MosaicTile {
  readonly image: SkyImage;
  readonly primaryBeam: SkyImage;
  readonly rmsJyBeam: number;
}

export interface TileSpec {
  readonly center: SkyDirection;
  readonly npix: number;
  readonly cellArcsec: number;
  /** Restoring beam. */
  readonly beamPixels: number;
  /** Primary beam, a Gaussian. */
  readonly beamFwhmDeg: number;
  readonly rmsJyBeam: number;
  readonly sources: readonly SkySource[];
}

function gaussianAt(distance: number, fwhm: number): number {
  return Math.exp((-4 * Math.LN2 * distance * distance) / (fwhm * fwhm));
}

/**
 * A tile without noise: the sky convolved with the restoring beam, times the primary beam. (An imager attenuates before
 * it convolves, which moves a source by the beam's variance times the slope of ln A: not what is tested with these.)
 */
export function makeTile(spec: TileSpec): MemoryTile {
  const { center, npix, cellArcsec, beamPixels, sources } = spec;
  const wcs = { center, cellArcsec, centerX: npix >> 1, centerY: npix >> 1 };
  const fwhmPixels = (spec.beamFwhmDeg * 3600) / cellArcsec;
  const response = (x: number, y: number) => gaussianAt(Math.hypot(x - wcs.centerX, y - wcs.centerY), fwhmPixels);
  const primaryBeam = makeSkyImage([npix, npix], response, { wcs, unit: '', beam: undefined });
  const beam = { majorArcsec: beamPixels * cellArcsec, minorArcsec: beamPixels * cellArcsec, positionAngleDeg: 0 };
  const image = makeSkyImage([npix, npix], () => 0, { wcs, beam });
  for (const source of sources) addGaussian(image, skyToPixel(wcs, source), source.fluxJy, beamPixels);
  image.pixels.data.forEach((value, i, data) => (data[i] = value * primaryBeam.pixels.data[i]!));
  return { image, primaryBeam, rmsJyBeam: spec.rmsJyBeam };
}

/** Directions on a spiral of `radiusDeg`, none of them on a pixel center, of 0.5 to 1.5 Jy. */
export function spiral(center: SkyDirection, radiusDeg: number, n: number): SkySource[] {
  const wcs = { center, cellArcsec: 3600, centerX: 0, centerY: 0 };
  return Array.from({ length: n }, (_, i) => {
    const radius = radiusDeg * Math.sqrt((i + 0.5) / n);
    return { ...pixelToSky(wcs, radius * Math.cos(2.4 * i), radius * Math.sin(2.4 * i)), fluxJy: 0.5 + i / n };
  });
}

function addGaussian(image: SkyImage, at: PixelPosition, peak: number, fwhm: number): void {
  const [ny, nx] = image.pixels.shape as [number, number];
  const reach = Math.ceil(4 * fwhm);
  for (let y = Math.max(0, Math.floor(at.y) - reach); y < Math.min(ny, at.y + reach); y++) {
    for (let x = Math.max(0, Math.floor(at.x) - reach); x < Math.min(nx, at.x + reach); x++) {
      image.pixels.data[y * nx + x]! += peak * gaussianAt(Math.hypot(x - at.x, y - at.y), fwhm);
    }
  }
}

/** Place and height of a Gaussian peak: its logarithm is a paraboloid, fitted to the nine pixels around `near`. */
export function measurePeak(image: SkyImage, near: PixelPosition): PixelPosition & { peak: number } {
  const [ix, iy] = [Math.round(near.x), Math.round(near.y)];
  let [s, sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0, 0];
  for (let j = -1; j <= 1; j++) {
    for (let i = -1; i <= 1; i++) {
      const z = Math.log(image.pixels.get(iy + j, ix + i));
      s += z;
      sx += i * z;
      sy += j * z;
      sxx += i * i * z;
      syy += j * j * z;
      sxy += i * j * z;
    }
  }
  const [a, b, c, d, e] = [sx / 6, sy / 6, sxx / 2 - s / 3, syy / 2 - s / 3, sxy / 4];
  const f = (5 * s - 3 * (sxx + syy)) / 9;
  const det = 4 * c * d - e * e;
  const x = (e * b - 2 * d * a) / det;
  const y = (e * a - 2 * c * b) / det;
  return { x: ix + x, y: iy + y, peak: Math.exp(f + a * x + b * y + c * x * x + d * y * y + e * x * y) };
}

/** A round Gaussian of the angle between two directions close to each other. */
export function gaussianOnSky(a: SkyDirection, b: SkyDirection, fwhmArcsec: number): number {
  const { x, y } = skyToPixel({ center: b, cellArcsec: 1, centerX: 0, centerY: 0 }, a);
  return Math.exp((-4 * Math.LN2 * (x * x + y * y)) / fwhmArcsec ** 2);
}
