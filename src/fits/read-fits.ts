import { addon } from '../core/addon.js';
import { fromRaw, toRaw } from '../core/array.js';
import { checkText } from '../core/check.js';
import { runJob } from '../core/job.js';
import { unwrapHistory } from './history.js';
import { parseHeader } from './parse-header.js';
import type { SkyImage, SkyImageHeader } from './types.js';

/**
 * Reads a FITS image of the sky: one that `writeFits` wrote, or another radio imager's in projection SIN, TAN, ZEA or CAR.
 *
 * @throws {FileAccessError} missing or forbidden.
 * @throws {FitsFormatError} not FITS, truncated, no two-dimensional image, or a header without what an image needs.
 */
export async function readFits(path: string): Promise<SkyImage> {
  checkText('path', path);
  const { pixels, cards, history } = await runJob({}, onProgress => addon().readFitsImage({ path }, onProgress));
  return { pixels: fromRaw(pixels), ...parseHeader(path, cards), history: unwrapHistory(history) };
}

/**
 * Reads a FITS image over the pixels of another of its shape, which are not needed any more: no memory is taken.
 *
 * @throws as `readFits`; {InvalidArgumentError} images of different shapes.
 */
export async function readFitsOver(path: string, { pixels: used }: SkyImage): Promise<SkyImage> {
  const pixels = toRaw(used);
  const { cards, history } = await runJob({}, onProgress => addon().readFitsInto({ path, pixels }, onProgress));
  return { pixels: fromRaw(pixels), ...parseHeader(path, cards), history: unwrapHistory(history) };
}

/**
 * Reads what a FITS image says of itself, without its pixels.
 *
 * @throws as `readFits`.
 */
export async function readFitsHeader(path: string): Promise<SkyImageHeader> {
  checkText('path', path);
  const { nx, ny, cards, history } = await runJob({}, onProgress => addon().readFitsHeader({ path }, onProgress));
  return { shape: [ny, nx], ...parseHeader(path, cards), history: unwrapHistory(history) };
}
