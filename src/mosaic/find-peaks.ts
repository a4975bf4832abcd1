import { toRaw } from '../core/array.js';
import { checkPositive } from '../core/check.js';
import { MosaicError } from '../core/errors.js';
import type { SkyDirection } from '../core/sky.js';
import type { SkyImage } from '../fits/types.js';
import { pixelToSky } from '../fits/wcs.js';

/** A pixel that is brighter than all others within a beam of it. */
export interface MosaicPeak extends SkyDirection {
  readonly fluxJyBeam: number;
  readonly sigmas: number;
}

/**
 * Finds the peaks of a mosaic or tile: pixels above `minSigmas` times their noise, brighter than every pixel within a
 * beam.
 *
 * @param rms - noise of every pixel, on the same grid, or one for all.
 * @param minSigmas - @default 7
 * @returns the brightest in sigmas first.
 * @throws {MosaicError} images of different shapes, or without a beam.
 */
export function findPeaks(mosaic: SkyImage, rms: SkyImage | number, minSigmas = 7): MosaicPeak[] {
  checkPositive('minSigmas', minSigmas);
  const [ny, nx] = mosaic.pixels.shape as [number, number];
  if (typeof rms !== 'number' && rms.pixels.shape.join() !== mosaic.pixels.shape.join())
    throw new MosaicError(`Expected a noise map of ${ny} x ${nx} pixels but it has ${rms.pixels.shape.join(' x ')}`);
  if (!mosaic.beam) throw new MosaicError('Expected a mosaic with a restoring beam, but it has none');
  const data = toRaw(mosaic.pixels).data;
  const sigma = typeof rms === 'number' ? undefined : toRaw(rms.pixels).data;
  const sigmaAt = (i: number) => sigma?.[i] ?? (rms as number);
  const reach = Math.max(1, Math.round(mosaic.beam.majorArcsec / mosaic.wcs.cellArcsec));
  const peaks: MosaicPeak[] = [];
  for (let y = 0, i = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++, i++) {
      const value = data[i]!;
      if (!(value > minSigmas * sigmaAt(i)) || !isPeak(data, nx, ny, x, y, reach)) continue;
      peaks.push({ ...pixelToSky(mosaic.wcs, x, y), fluxJyBeam: value, sigmas: value / sigmaAt(i) });
    }
  }
  return peaks.sort((a, b) => b.sigmas - a.sigmas);
}

function isPeak(data: Float32Array, nx: number, ny: number, x: number, y: number, reach: number): boolean {
  const value = data[y * nx + x]!;
  for (let py = Math.max(0, y - reach); py <= Math.min(ny - 1, y + reach); py++) {
    for (let px = Math.max(0, x - reach); px <= Math.min(nx - 1, x + reach); px++)
      if (data[py * nx + px]! > value) return false;
  }
  return true;
}
