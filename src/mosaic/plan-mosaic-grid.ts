import { MosaicError } from '../core/errors.js';
import { fromRawDirection } from '../core/sky.js';
import type { SkyDirection } from '../core/sky.js';
import { dot, toDirection, toUnitVector } from '../fits/native-axes.js';
import type { ImageWcs } from '../fits/types.js';
import { skyToPixel } from '../fits/wcs.js';
import { checkMosaicOptions } from './options.js';
import type { CheckedMosaicOptions, MosaicOptions } from './options.js';
import type { TileSurvey } from './survey-tile.js';
import { surveyTiles } from './survey-tiles.js';
import type { MosaicGrid, MosaicTile } from './types.js';

const degree = Math.PI / 180;

/** How far from its center a projection may be used: pixels of SIN and TAN are stretched twofold and fourfold there. */
const maxDistanceDeg = { SIN: 60, TAN: 60, ZEA: 120 };

/** Pixels: less than this beyond the last one is a rounding error, not another pixel. */
const rounding = 1e-3;

/**
 * The smallest grid that shows all tiles down to the primary-beam cut-off: north up, centered on the mean direction of
 * the tiles' middles, with the smallest of their cells, in TAN or ZEA where that is what all tiles have, and otherwise in SIN.
 * Right across 0h of right ascension and at the poles.
 *
 * @throws {InvalidArgumentError} no tiles.
 * @throws {MosaicError} tiles too far apart for one image, or a grid of more than `maxPixels`.
 */
export async function planMosaicGrid(tiles: readonly MosaicTile[], options: MosaicOptions = {}): Promise<MosaicGrid> {
  const checked = checkMosaicOptions(options);
  return planGrid((await surveyTiles(tiles, checked)).surveys, checked);
}

export function planGrid(surveys: readonly TileSurvey[], options: CheckedMosaicOptions): MosaicGrid {
  if (options.grid) return checkSize(options.grid, options.maxPixels);
  const center = meanDirection(surveys.map(survey => survey.middle.direction));
  const cellArcsec = options.cellArcsec ?? Math.min(...surveys.map(survey => survey.middle.cellArcsec));
  const projection = options.projection ?? commonProjection(surveys);
  const wcs: ImageWcs = { center, cellArcsec, centerX: 0, centerY: 0, ...(projection === 'SIN' ? {} : { projection }) };

  const limit = maxDistanceDeg[projection];
  const towardsCenter = toUnitVector(center);
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { id, outlineRad } of surveys) {
    for (let i = 0; i < outlineRad.length; i += 2) {
      const direction = fromRawDirection({ raRad: outlineRad[i]!, decRad: outlineRad[i + 1]! });
      if (!(dot(toUnitVector(direction), towardsCenter) > Math.cos(limit * degree)))
        throw new MosaicError(
          `Expected all tiles within ${limit} degrees of their mean direction, but ${id} reaches further. Make several mosaics`,
        );
      const { x, y } = skyToPixel(wcs, direction);
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

function commonProjection(surveys: readonly TileSurvey[]): 'SIN' | 'TAN' | 'ZEA' {
  const [first, ...others] = new Set(surveys.map(({ header }) => header.wcs.projection ?? 'SIN'));
  return others.length === 0 && (first === 'TAN' || first === 'ZEA') ? first : 'SIN';
}

/** Circular mean: the direction of the sum of the unit vectors. */
function meanDirection(directions: readonly SkyDirection[]): SkyDirection {
  const vectors = directions.map(toUnitVector);
  const sum = (i: 0 | 1 | 2) => vectors.reduce((total, vector) => total + vector[i], 0);
  const [x, y, z] = [sum(0), sum(1), sum(2)];
  if (Math.hypot(x, y, z) < 0.1 * directions.length)
    throw new MosaicError('Expected tiles around one direction, but they lie all around the sky. Make several mosaics');
  return toDirection([x, y, z]);
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
