import { addon } from '../core/addon.js';
import { fromRaw } from '../core/array.js';
import { checkText } from '../core/check.js';
import { runJob } from '../core/job.js';
import { unwrapHistory } from './history.js';
import { parseHeader } from './parse-header.js';
import type { SkyImage } from './types.js';

/**
 * Reads a FITS image of the sky: one that `writeFits` wrote, or another radio imager's in projection SIN.
 *
 * @throws {FileAccessError} missing or forbidden.
 * @throws {FitsFormatError} not FITS, truncated, no two-dimensional image, or a header without what an image needs.
 */
export async function readFits(path: string): Promise<SkyImage> {
  checkText('path', path);
  const { pixels, cards, history } = await runJob({}, onProgress => addon().readFitsImage({ path }, onProgress));
  return { pixels: fromRaw(pixels), ...parseHeader(path, cards), history: unwrapHistory(history) };
}
