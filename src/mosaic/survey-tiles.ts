import { basename } from 'node:path';

import { InvalidArgumentError, MosaicError } from '../core/errors.js';
import type { CheckedMosaicOptions } from './options.js';
import { surveyTile } from './survey-tile.js';
import type { TileSurvey } from './survey-tile.js';
import type { MosaicTile } from './types.js';

/** Tiles that can be in a mosaic, and those that cannot, with the sentence that says why. */
export interface SurveyedTiles {
  readonly surveys: readonly TileSurvey[];
  readonly unfit: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * Surveys tiles; of those that cannot be in a mosaic, such as blank ones, the first is an error unless `badTiles` is
 * `leaveOut` and there are others.
 *
 * @throws {InvalidArgumentError} no tiles.
 * @throws {MosaicError} as `surveyTile`.
 */
export async function surveyTiles(
  tiles: readonly MosaicTile[],
  options: CheckedMosaicOptions,
  onProgress?: (fraction: number) => void,
): Promise<SurveyedTiles> {
  if (!Array.isArray(tiles)) throw new InvalidArgumentError('Expected a list of tiles for a mosaic');
  if (tiles.length === 0) throw new InvalidArgumentError('Expected at least one tile for a mosaic but received none');
  const surveys: TileSurvey[] = [];
  const unfit: { id: string; reason: string }[] = [];
  for (const [i, tile] of (tiles as readonly MosaicTile[]).entries()) {
    options.signal?.throwIfAborted();
    try {
      surveys.push(await surveyTile(tile, i, options.primaryBeamCutoff, options));
    } catch (error) {
      const isLast = i === tiles.length - 1 && surveys.length === 0;
      if (options.badTiles === 'fail' || isLast || !(error instanceof MosaicError)) throw error;
      unfit.push({ id: nameOf(tile, i), reason: error.message });
    }
    onProgress?.((i + 1) / tiles.length);
  }
  return { surveys, unfit };
}

function nameOf({ id, image }: MosaicTile, index: number): string {
  return id ?? (typeof image === 'string' ? basename(image) : image.objectName || `tile ${index + 1}`);
}
