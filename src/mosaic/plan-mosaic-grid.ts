import { InvalidArgumentError, MosaicError } from '../core/errors.js';
import type { SkyDirection } from '../core/sky.js';
import type { ImageWcs } from '../fits/types.js';
import { skyToPixel } from '../fits/wcs.js';
import { checkMosaicOptions } from './options.js';
import type { CheckedMosaicOptions, MosaicOptions } from './options.js';
import { surveyTile } from './survey-tile.js';
import type { TileSurvey } from './survey-tile.js';
import type { MosaicGrid, MosaicTile } from './types.js';

const degree = Math.PI / 180;

/** SIN pixels are stretched by 1/cos of the distance from the center; at this distance twofold. */
const maxDistanceDeg = 60;

/** Pixels: less than this beyond the last one is a rounding error, not another pixel. */
const rounding = 1e-3;

/**
 * The smallest grid that shows all tiles down to the primary-beam cut-off: SIN, north up, centered on the tiles' mean
 * direction, with the smallest of their cells. Right across 0h of right ascension and at the poles.
 *
 * @throws {InvalidArgumentError} no tiles.
 * @throws {MosaicError} tiles too far apart for one SIN image, or a grid of more than `maxPixels`.
 */
export function planMosaicGrid(tiles: readonly MosaicTile[], options: MosaicOptions = {}): MosaicGrid {
  const checked = checkMosaicOptions(options);
  return planGrid(
    tiles.map((tile, i) => surveyTile(tile, i, checked.primaryBeamCutoff)),
    checked,
  );
}

export function planGrid(surveys: readonly TileSurvey[], options: CheckedMosaicOptions): MosaicGrid {
  if (surveys.length === 0) throw new InvalidArgumentError('Expected at least one tile for a mosaic but received none');
  if (options.grid) return checkSize(options.grid, options.maxPixels);
  const center = meanDirection(surveys.map(survey => survey.header.wcs.center));
  const cellArcsec = options.cellArcsec ?? Math.min(...surveys.map(survey => survey.header.wcs.cellArcsec));
  const wcs: ImageWcs = { center, cellArcsec, centerX: 0, centerY: 0 };

  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { id, outline } of surveys) {
    for (const direction of outline) {
      const { x, y } = skyToPixel(wcs, direction);
      if (!(Math.hypot(x, y) * cellArcsec < Math.sin(maxDistanceDeg * degree) * (3600 / degree)))
        throw new MosaicError(
          `Expected all tiles within ${maxDistanceDeg} degrees of their mean direction, but ${id} reaches further. Make several mosaics`,
        );
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [bottom, top] = [Math.min(bottom, y), Math.max(top, y)];
    }
  }
  // Pixels whose centers lie inside; the others would be empty.
  const centerX = Math.floor(-left + rounding);
  const centerY = Math.floor(-bottom + rounding);
  const grid: MosaicGrid = {
    wcs: { ...wcs, centerX, centerY },
    nx: evenAtLeast(centerX + Math.floor(right + rounding) + 1),
    ny: evenAtLeast(centerY + Math.floor(top + rounding) + 1),
  };
  return checkSize(grid, options.maxPixels);
}

/** Circular mean: the direction of the sum of the unit vectors. */
function meanDirection(directions: readonly SkyDirection[]): SkyDirection {
  let [x, y, z] = [0, 0, 0];
  for (const { raDeg, decDeg } of directions) {
    x += Math.cos(decDeg * degree) * Math.cos(raDeg * degree);
    y += Math.cos(decDeg * degree) * Math.sin(raDeg * degree);
    z += Math.sin(decDeg * degree);
  }
  if (Math.hypot(x, y, z) < 0.1 * directions.length)
    throw new MosaicError('Expected tiles around one direction, but they lie all around the sky. Make several mosaics');
  const raDeg = Math.atan2(y, x) / degree;
  return { raDeg: raDeg < 0 ? raDeg + 360 : raDeg, decDeg: Math.atan2(z, Math.hypot(x, y)) / degree };
}

function evenAtLeast(n: number): number {
  return n + (n % 2);
}

function checkSize(grid: MosaicGrid, maxPixels: number): MosaicGrid {
  if (grid.nx * grid.ny > maxPixels)
    throw new MosaicError(
      `Expected a mosaic of at most ${maxPixels} pixels, but ${grid.nx} x ${grid.ny} at ${grid.wcs.cellArcsec}" are ` +
        `${grid.nx * grid.ny}. Give a larger cellArcsec or maxPixels, or make several mosaics`,
    );
  return grid;
}
