import { checkBoolean, checkText } from '../core/check.js';
import { writeFits } from '../fits/index.js';
import type { SkyImage, WriteFitsOptions } from '../fits/index.js';
import type { TileImages } from '../imaging/index.js';
import { checkAbsent } from './check-absent.js';

/** The ends of the names of a tile's images. */
const products = {
  dirty: 'dirty',
  psf: 'psf',
  model: 'model',
  residual: 'residual',
  pb: 'primaryBeam',
  weight: 'weight',
  'spectral-index': 'spectralIndex',
  'image-pb': 'restoredPb',
  image: 'restored',
} as const satisfies Record<string, keyof TileImages>;

/**
 * Writes all images of a tile as FITS files, named as WSClean names them: `NAME-image.fits`, `-image-pb`, `-residual`,
 * `-model`, `-dirty`, `-psf`, and beside them the primary beam `-pb`, the inverse variance `-weight` and,
 * with `spectralTerms`, `-spectral-index`. Where there is no primary beam, `-pb` and `-image-pb` are left out.
 *
 * With `channelsOut` the images of all channels are `NAME-MFS-image.fits` and so on, and those of the parts
 * `NAME-0000-image.fits`, `NAME-0001-image.fits`, in ascending frequency.
 *
 * @param name - path of the files without these ends; its folder exists.
 * @returns the paths, in the order in which they were written.
 * @throws {OutputExistsError} one of the files exists and `overwrite` is not set: nothing is written.
 * @throws {DiskFullError} the file that did not fit is not there, those before it are.
 * @throws {FileAccessError} the folder is missing or forbidden.
 * @example
 * await writeTileImages('obs', await imageMs('obs.ms')); // obs-dirty.fits, ..., obs-image.fits
 */
export async function writeTileImages(
  name: string,
  tile: TileImages,
  options: WriteFitsOptions = {},
): Promise<string[]> {
  const overwrite = checkBoolean('overwrite', options.overwrite ?? false);
  const files = filesOf(checkText('name', name), tile);
  if (!overwrite) await checkAbsent(files.map(([path]) => path));
  for (const [path, image] of files) await writeFits(path, image, { overwrite });
  return files.map(([path]) => path);
}

/**
 * Refuses a name under which images exist, before any work is done.
 *
 * @throws {OutputExistsError}
 */
export function checkTileImagesAbsent(name: string, channelsOut = 1): Promise<void> {
  const parts = channelsOut > 1 ? [...Array(channelsOut).keys()].map(part => partName(name, part)) : [];
  const names = [...parts, parts.length > 0 ? wholeName(name) : name];
  return checkAbsent(names.flatMap(prefix => Object.keys(products).map(end => `${prefix}-${end}.fits`)));
}

function filesOf(name: string, tile: TileImages): [path: string, image: SkyImage][] {
  const named = (prefix: string, images: TileImages) =>
    Object.entries(products).flatMap(([end, key]): [string, SkyImage][] => {
      const image = images[key];
      const isOfBeam = key === 'primaryBeam' || key === 'restoredPb';
      return image === undefined || (isOfBeam && images.dishDiameterMeters === undefined)
        ? []
        : [[`${prefix}-${end}.fits`, image]];
    });
  const parts = tile.channelImages.flatMap(part => named(partName(name, part.channelIndex!), part));
  return [...parts, ...named(parts.length > 0 ? wholeName(name) : name, tile)];
}

const partName = (name: string, part: number) => `${name}-${String(part).padStart(4, '0')}`;
const wholeName = (name: string) => `${name}-MFS`;
