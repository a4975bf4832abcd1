import type { RawKernel } from '../../bindings/addon.js';
import {
  checkBoolean,
  checkInteger,
  checkKnownOptions,
  checkNumber,
  checkOneOf,
  checkPositive,
  checkText,
} from '../core/check.js';
import { jobOptions } from '../core/job.js';
import type { JobOptions } from '../core/job.js';
import type { Beam } from '../fits/types.js';
import type { MosaicGrid } from './types.js';

export type MosaicKernel = RawKernel;
export const kernels: readonly MosaicKernel[] = ['bilinear', 'bicubic', 'lanczos3', 'optimal', 'adaptive'];

export interface MosaicOptions extends JobOptions {
  /** A tile counts where its primary beam is at least this. @default 0.1 */
  readonly primaryBeamCutoff?: number | undefined;
  /**
   * Interpolation between pixels. A source whose beam is 5 pixels wide loses of its peak, at most: bilinear 5 %,
   * bicubic 0.6 %, lanczos3 0.4 %, optimal 0.07 %. `adaptive` keeps its flux and widens it. @default 'optimal'
   */
  readonly kernel?: MosaicKernel | undefined;
  /** Pixel size. @default the smallest of the tiles' */
  readonly cellArcsec?: number | undefined;
  /** @default the tiles', where they have TAN or ZEA in common; otherwise SIN */
  readonly projection?: 'SIN' | 'TAN' | 'ZEA' | undefined;
  /** Pixels of the mosaic, instead of those that hold all tiles. */
  readonly grid?: MosaicGrid | undefined;
  /** Refuse a larger mosaic. @default 1e8 */
  readonly maxPixels?: number | undefined;
  /**
   * Convolve all tiles to this beam, or, given true, to the smallest that holds them all. The noise of a tile is taken to
   * have the shape of its beam. @default false: beams as they are
   */
  readonly commonBeam?: Beam | boolean | undefined;
  /**
   * Refuse a tile whose beam is, along some direction, wider or narrower than the median by a larger fraction, unless
   * there is a common one. @default 0.2
   */
  readonly maxBeamDifference?: number | undefined;
  /** Refuse a tile whose frequency is further from the median. @default 50e6 */
  readonly maxFreqDifferenceHz?: number | undefined;
  /** Refuse a tile whose peak is less than this times its noise. @default 0: none */
  readonly minDynamicRange?: number | undefined;
  /** Refuse a tile whose noise is more than this times the tiles' median. @default Infinity: none */
  readonly maxNoiseRatio?: number | undefined;
  /** What refusing a tile means: by the four limits above, or because it cannot be in a mosaic. @default 'fail' */
  readonly badTiles?: 'fail' | 'leaveOut' | undefined;
  /**
   * Where three tiles or more count, leave out pixels further from their median than this times their noise and 10 % of
   * it. @default 0: none
   */
  readonly rejectSigma?: number | undefined;
  /** Compare each tile with the others where they overlap, and make the map of chi-square. @default false */
  readonly compareTiles?: boolean | undefined;
  /** A tile disagrees whose sources are brighter or fainter than in the others by a larger fraction. @default 0.2 */
  readonly maxFluxDifference?: number | undefined;
  /** A tile disagrees whose sources are further from where the others have them. @default 2 */
  readonly maxOffsetArcsec?: number | undefined;
  /**
   * Whether a tile that disagrees is told of alone, where tiles are compared, or left out: of three or more the one that
   * disagrees most, until none does. Tiles are combined once more for each that is left out. @default 'keep'
   */
  readonly disagreeingTiles?: 'keep' | 'leaveOut' | undefined;
  /** FITS OBJECT of the mosaic. @default 'mosaic' */
  readonly objectName?: string | undefined;
}

export const mosaicDefaults = Object.freeze({
  primaryBeamCutoff: 0.1,
  kernel: 'optimal',
  maxPixels: 1e8,
  commonBeam: false,
  maxBeamDifference: 0.2,
  maxFreqDifferenceHz: 50e6,
  minDynamicRange: 0,
  maxNoiseRatio: Infinity,
  badTiles: 'fail',
  rejectSigma: 0,
  compareTiles: false,
  maxFluxDifference: 0.2,
  maxOffsetArcsec: 2,
  disagreeingTiles: 'keep',
  objectName: 'mosaic',
} as const);

/** Options for a first look, for science, and for the deepest image. */
export const mosaicTiers = Object.freeze({
  quicklook: { kernel: 'bilinear', badTiles: 'leaveOut', maxNoiseRatio: 5 },
  science: { compareTiles: true, badTiles: 'leaveOut', maxNoiseRatio: 5, minDynamicRange: 5 },
  deep: { compareTiles: true, badTiles: 'leaveOut', maxNoiseRatio: 3, minDynamicRange: 5, rejectSigma: 6 },
} as const satisfies Record<string, MosaicOptions>);

type Defaulted = keyof typeof mosaicDefaults;

/** Options with defaults filled in. */
export type CheckedMosaicOptions = Omit<MosaicOptions, Defaulted> & {
  readonly [key in Defaulted]: NonNullable<MosaicOptions[key]>;
};

export function checkMosaicOptions(options: MosaicOptions): CheckedMosaicOptions {
  const others = ['cellArcsec', 'projection', 'grid', ...jobOptions];
  checkKnownOptions(options, [...Object.keys(mosaicDefaults), ...others]);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const checked = { ...mosaicDefaults, ...given } as CheckedMosaicOptions;
  checkNumber('primaryBeamCutoff', checked.primaryBeamCutoff, 1e-3, 1);
  checkOneOf('kernel', checked.kernel, kernels);
  if (checked.cellArcsec !== undefined) checkPositive('cellArcsec', checked.cellArcsec);
  if (checked.projection !== undefined) checkOneOf('projection', checked.projection, ['SIN', 'TAN', 'ZEA']);
  checkPositive('maxPixels', checked.maxPixels);
  checkPositive('maxBeamDifference', checked.maxBeamDifference);
  checkPositive('maxFreqDifferenceHz', checked.maxFreqDifferenceHz);
  checkNumber('minDynamicRange', checked.minDynamicRange, 0);
  if (checked.maxNoiseRatio !== Infinity) checkNumber('maxNoiseRatio', checked.maxNoiseRatio, 1);
  checkOneOf('badTiles', checked.badTiles, ['fail', 'leaveOut']);
  checkNumber('rejectSigma', checked.rejectSigma, 0);
  checkBoolean('compareTiles', checked.compareTiles);
  checkPositive('maxFluxDifference', checked.maxFluxDifference);
  checkPositive('maxOffsetArcsec', checked.maxOffsetArcsec);
  checkOneOf('disagreeingTiles', checked.disagreeingTiles, ['keep', 'leaveOut']);
  checkText('objectName', checked.objectName);
  if (typeof checked.commonBeam === 'object') {
    checkPositive('commonBeam.majorArcsec', checked.commonBeam.majorArcsec);
    checkPositive('commonBeam.minorArcsec', checked.commonBeam.minorArcsec);
    checkNumber('commonBeam.positionAngleDeg', checked.commonBeam.positionAngleDeg);
  }
  if (checked.grid) {
    checkInteger('grid.nx', checked.grid.nx, 1);
    checkInteger('grid.ny', checked.grid.ny, 1);
  }
  return checked;
}
