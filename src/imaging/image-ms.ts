import { checkObject, checkText } from '../core/check.js';
import type { MsChoice } from '../core/source.js';
import { toRawSource } from '../core/source.js';
import { imageTile } from './image-tile.js';
import type { ImagingOptions } from './options.js';
import type { TileImages } from './tile-images.js';

/**
 * Images a MeasurementSet of one observation: weighting, w-correct gridding, clean, primary beam.
 *
 * The fields are moved to one phase center; images are `(ny, nx)`, north up, east left.
 *
 * @param ms - its path, or what `convertToMs` and `readMs` give.
 * @param options - also which column, field and data descriptions to read.
 * @throws {MeasurementSetError} it cannot be read, or its fields or windows do not go together and none was chosen.
 * @throws {NoValidDataError} everything is flagged, or too few baselines have data to make a beam.
 * @throws {InvalidArgumentError} an option out of range.
 * @example
 * const tile = await imageMs('obs.ms', { npix: 2048, cellArcsec: 3 });
 * tile; // Tile 2048x2048, 3", beam 38"x27", rms 1.9 mJy/beam
 */
export async function imageMs(
  ms: string | { readonly path: string },
  options: ImagingOptions & MsChoice = {},
): Promise<TileImages> {
  const path = checkText('ms', typeof ms === 'string' ? ms : (ms as Partial<typeof ms> | undefined)?.path);
  return imageTile(toRawSource(path, checkObject('options', options)), options);
}
