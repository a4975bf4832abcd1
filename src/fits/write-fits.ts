import { addon } from '../core/addon.js';
import { toRaw } from '../core/array.js';
import { checkText } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import { runJob } from '../core/job.js';
import { checkAscii, headerOf } from './header.js';
import { wrapHistory } from './history.js';
import type { SkyImage } from './types.js';

export interface WriteFitsOptions {
  /** Replace what stands at the path. @default false */
  readonly overwrite?: boolean | undefined;
}

/**
 * Writes an image as FITS: 32-bit floats, axes right ascension, declination, frequency and Stokes.
 *
 * At every moment there is no file at `path`, the one that was there before, or the whole new one. The same image gives
 * the same bytes.
 *
 * @throws {OutputExistsError} `path` exists and `overwrite` is not set.
 * @throws {DiskFullError} nothing is left of the file.
 * @throws {FileAccessError} the folder is missing or forbidden.
 * @throws {InvalidArgumentError} the image says something that a FITS header cannot hold: text that is not printable
 *   ASCII, a keyword of more than 8 characters, numbers that are not finite.
 */
export async function writeFits(path: string, image: SkyImage, options: WriteFitsOptions = {}): Promise<void> {
  checkText('path', path);
  const { pixels } = image;
  if (pixels.shape.length !== 2 || !(pixels.data instanceof Float32Array) || pixels.shape.includes(0))
    throw new InvalidArgumentError(
      `Expected pixels to be float32 of shape (ny, nx) but received ${pixels.dtype} of shape (${pixels.shape.join(', ')})`,
    );
  image.history.forEach(line => checkAscii('history', line));
  const native = {
    path,
    pixels: toRaw(pixels),
    cards: headerOf(image),
    history: wrapHistory(image.history),
    overwrite: options.overwrite ?? false,
  };
  await runJob({}, onProgress => addon().writeFitsImage(native, onProgress));
}
