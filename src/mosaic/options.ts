import type { RawKernel } from '../../bindings/addon.js';
import { checkInteger, checkKnownOptions, checkNumber, checkOneOf, checkPositive } from '../core/check.js';
import type { JobOptions } from '../core/job.js';
import type { MosaicGrid } from './types.js';

export interface MosaicOptions extends JobOptions {
  /** A tile counts where its primary beam is at least this. @default 0.1 */
  readonly primaryBeamCutoff?: number | undefined;
  /**
   * Interpolation between pixels. A source whose beam is 5 pixels wide loses of its peak, at most: bilinear 6 %,
   * lanczos3 0.4 %, optimal 0.08 %. @default 'optimal'
   */
  readonly kernel?: RawKernel | undefined;
  /** Pixel size. @default the smallest of the tiles' */
  readonly cellArcsec?: number | undefined;
  /** Pixels of the mosaic, instead of those that hold all tiles. */
  readonly grid?: MosaicGrid | undefined;
  /** Refuse a larger mosaic; a pixel takes 32 bytes of memory. @default 1e8 */
  readonly maxPixels?: number | undefined;
  /** Refuse a tile whose beam axes differ by a larger fraction from the median. @default 0.2 */
  readonly maxBeamDifference?: number | undefined;
  /** Refuse tiles whose frequencies are further apart. @default 50e6 */
  readonly maxFreqDifferenceHz?: number | undefined;
  /** FITS OBJECT of the mosaic. @default 'mosaic' */
  readonly objectName?: string | undefined;
}

export const mosaicDefaults = Object.freeze({
  primaryBeamCutoff: 0.1,
  kernel: 'optimal',
  maxPixels: 1e8,
  maxBeamDifference: 0.2,
  maxFreqDifferenceHz: 50e6,
  objectName: 'mosaic',
} as const);

type Defaulted = keyof typeof mosaicDefaults;

/** Options with defaults filled in. */
export type CheckedMosaicOptions = Omit<MosaicOptions, Defaulted> & {
  readonly [key in Defaulted]: NonNullable<MosaicOptions[key]>;
};

export function checkMosaicOptions(options: MosaicOptions): CheckedMosaicOptions {
  checkKnownOptions(options, [...Object.keys(mosaicDefaults), 'cellArcsec', 'grid', 'signal', 'onProgress', 'threads']);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const checked = { ...mosaicDefaults, ...given } as CheckedMosaicOptions;
  checkNumber('primaryBeamCutoff', checked.primaryBeamCutoff, 1e-3, 1);
  checkOneOf('kernel', checked.kernel, ['bilinear', 'lanczos3', 'optimal']);
  if (checked.cellArcsec !== undefined) checkPositive('cellArcsec', checked.cellArcsec);
  checkPositive('maxPixels', checked.maxPixels);
  checkPositive('maxBeamDifference', checked.maxBeamDifference);
  checkPositive('maxFreqDifferenceHz', checked.maxFreqDifferenceHz);
  if (checked.grid) {
    checkInteger('grid.nx', checked.grid.nx, 1);
    checkInteger('grid.ny', checked.grid.ny, 1);
  }
  return checked;
}
