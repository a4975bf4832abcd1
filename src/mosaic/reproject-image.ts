import { addon } from '../core/addon.js';
import { fromRaw, toRaw } from '../core/array.js';
import { checkInteger, checkOneOf } from '../core/check.js';
import { runJob, threadCount } from '../core/job.js';
import type { JobOptions } from '../core/job.js';
import type { SkyImage } from '../fits/types.js';
import { kernels, mosaicDefaults } from './options.js';
import type { MosaicKernel } from './options.js';
import { rawGrid } from './raw-grid.js';
import type { MosaicGrid } from './types.js';

export interface ReprojectOptions extends JobOptions {
  /** Interpolation between pixels; see `MosaicOptions.kernel`. @default 'optimal' */
  readonly kernel?: MosaicKernel | undefined;
}

/**
 * Puts an image onto other pixels of the sky. Values stay what they are (Jy/beam); NaN where the image shows nothing.
 *
 * @throws {InvalidArgumentError} a grid that is none.
 */
export async function reprojectImage(
  image: SkyImage,
  grid: MosaicGrid,
  options: ReprojectOptions = {},
): Promise<SkyImage> {
  const output = rawGrid(grid.wcs, checkInteger('grid.nx', grid.nx, 1), checkInteger('grid.ny', grid.ny, 1));
  const [ny, nx] = image.pixels.shape as [number, number];
  const native = {
    image: toRaw(image.pixels),
    grid: rawGrid(image.wcs, nx, ny),
    output,
    kernel: checkOneOf('kernel', options.kernel ?? mosaicDefaults.kernel, kernels),
    threads: threadCount(options),
  };
  const pixels = await runJob(options, onProgress => addon().reprojectImage(native, onProgress));
  return { ...image, pixels: fromRaw(pixels), wcs: grid.wcs };
}
