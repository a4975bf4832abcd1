import { toRaw } from '../core/array.js';
import { MosaicError } from '../core/errors.js';
import type { SkyDirection } from '../core/sky.js';
import type { SkyImage } from '../fits/types.js';
import { pixelToSky } from '../fits/wcs.js';
import type { MosaicTile } from './types.js';

/** All that a mosaic must know of a tile before its pixels are added. */
export interface TileSurvey {
  readonly id: string;
  readonly rmsJyBeam: number;
  readonly shape: readonly [ny: number, nx: number];
  /** The tile's image without its pixels. */
  readonly header: Omit<SkyImage, 'pixels'>;
  /** Directions around the part where the primary beam reaches the cut-off. */
  readonly outline: readonly SkyDirection[];
}

/**
 * Checks a tile and finds its outline.
 *
 * @throws {MosaicError} what keeps it from going into a mosaic.
 */
export function surveyTile(tile: MosaicTile, index: number, primaryBeamCutoff: number): TileSurvey {
  const id = tile.id ?? (tile.image.objectName || `tile ${index + 1}`);
  checkHeaders(id, tile);
  const { outline, nUsable } = outlineOf(id, tile, primaryBeamCutoff);
  if (nUsable === 0)
    throw new MosaicError(
      `Expected ${id} to have pixels where its primary beam is ${primaryBeamCutoff} or more, but all are NaN`,
    );
  const { pixels, ...header } = tile.image;
  return { id, rmsJyBeam: tile.rmsJyBeam, shape: pixels.shape as [number, number], header, outline };
}

function checkHeaders(id: string, { image, primaryBeam, rmsJyBeam }: MosaicTile): void {
  if (image.unit !== 'Jy/beam') throw new MosaicError(`Expected ${id} in Jy/beam but its unit is "${image.unit}"`);
  if (!image.beam) throw new MosaicError(`Expected ${id} to have a restoring beam, but it has none`);
  if (!Number.isFinite(rmsJyBeam) || rmsJyBeam <= 0)
    throw new MosaicError(`Expected the rms of ${id} to be a positive number of Jy/beam but received ${rmsJyBeam}`);
  const [a, b] = [image.pixels.shape.join(' x '), primaryBeam.pixels.shape.join(' x ')];
  if (a !== b)
    throw new MosaicError(`Expected the primary beam of ${id} to have the image's shape ${a} but it has ${b}`);
  const places = [image.wcs, primaryBeam.wcs].map(({ center, cellArcsec, centerX, centerY }) =>
    [center.raDeg, center.decDeg, cellArcsec, centerX, centerY].map(value => value.toFixed(6)).join(', '),
  );
  if (places[0] !== places[1])
    throw new MosaicError(
      `Expected the primary beam of ${id} on the image's pixels (RA, Dec, cell, x, y) = (${places[0]}) but it is on (${places[1]})`,
    );
}

/**
 * First and last pixel at the cut-off of every row and column: between them they hold the whole border of the part, so
 * its extent in any other projection is theirs.
 */
function outlineOf(id: string, tile: MosaicTile, cutoff: number): { outline: SkyDirection[]; nUsable: number } {
  const [ny, nx] = tile.image.pixels.shape as [number, number];
  const image = toRaw(tile.image.pixels).data;
  const beam = toRaw(tile.primaryBeam.pixels).data;
  const [firstX, lastX] = [new Int32Array(ny).fill(nx), new Int32Array(ny).fill(-1)];
  const [firstY, lastY] = [new Int32Array(nx).fill(ny), new Int32Array(nx).fill(-1)];
  let [peak, nUsable] = [-Infinity, 0];
  for (let y = 0, i = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++, i++) {
      const response = beam[i]!;
      if (response > peak) peak = response;
      if (!(response >= cutoff)) continue;
      if (image[i]! - image[i]! === 0) nUsable++; // finite
      if (x < firstX[y]!) firstX[y] = x;
      lastX[y] = x;
      if (y < firstY[x]!) firstY[x] = y;
      lastY[x] = y;
    }
  }
  if (!(peak >= cutoff && peak < 1.1))
    throw new MosaicError(
      `Expected the primary beam of ${id} to have its peak between the cut-off ${cutoff} and 1, but the peak is ${peak}`,
    );
  const outline: SkyDirection[] = [];
  const add = (x: number, y: number) => outline.push(pixelToSky(tile.image.wcs, x, y));
  for (let y = 0; y < ny; y++) if (lastX[y]! >= 0) [firstX[y]!, lastX[y]!].forEach(x => add(x, y));
  for (let x = 0; x < nx; x++) if (lastY[x]! >= 0) [firstY[x]!, lastY[x]!].forEach(y => add(x, y));
  return { outline, nUsable };
}
