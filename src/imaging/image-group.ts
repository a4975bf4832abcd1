import { checkGroup, checkObject } from '../core/check.js';
import { toRawSource } from '../core/source.js';
import type { SubbandGroup } from '../grouping/types.js';
import { imageTile } from './image-tile.js';
import { imagingDefaults } from './options.js';
import type { ImagingOptions } from './options.js';
import type { TileImages } from './tile-images.js';

/**
 * Images one observation straight from its subband files: weighting, w-correct gridding, clean, primary beam.
 *
 * All integrations are moved to one phase center; images are `(ny, nx)`, north up, east left.
 *
 * @param group - from `groupSubbands`.
 * @throws {IncompleteGroupError} fewer subbands than `minSubbands`.
 * @throws {InconsistentGroupError} files of different observations.
 * @throws {NoValidDataError} everything is flagged, or too few baselines have data to make a beam.
 * @throws {InvalidArgumentError} an option out of range.
 * @example
 * const tile = await imageGroup(group, { npix: 2048, cellArcsec: 3 });
 * tile.restoredPb.pixels.get(1024, 1024); // Jy/beam at the phase center
 */
export async function imageGroup(
  group: Pick<SubbandGroup, 'files'>,
  options: ImagingOptions = {},
): Promise<TileImages> {
  const { minSubbands = imagingDefaults.minSubbands } = checkObject('options', options);
  return imageTile(toRawSource(checkGroup(group), { ...options, minSubbands }), options);
}
