import type { SkySource } from '../calibration/index.js';
import { checkBoolean, checkText } from '../core/check.js';
import { median } from '../core/median.js';
import { writeFits } from '../fits/index.js';
import type { WriteFitsOptions } from '../fits/index.js';
import type { JointMosaic } from '../imaging/index.js';
import { mosaicTiers } from '../mosaic/index.js';
import type { MosaicCheck } from '../mosaic/index.js';
import { checkAbsent } from './check-absent.js';
import { checkMosaicSummaryAbsent, writeMosaicSummary } from './write-mosaic-summary.js';
import type { MosaicSummary } from './write-mosaic-summary.js';

/** The ends of the names of a joint mosaic's images; where the first stands the others do. */
const products = {
  '-residual': 'residual',
  '-model': 'model',
  '-weight': 'weight',
  '-rms': 'rms',
  '-coverage': 'coverage',
  '': 'mosaic',
} as const satisfies Record<string, keyof JointMosaic>;

export interface JointMosaicFiles extends MosaicSummary {
  /** The mosaic's first, then weight, rms, coverage, residual and model. */
  readonly images: readonly string[];
  /** Of each tile its noise. */
  readonly checks: readonly MosaicCheck[];
}

/**
 * Writes a joint mosaic as `mosaicFiles` and `writeMosaicSummary` write one of images: `NAME.fits`, `-weight`, `-rms`,
 * `-coverage`, `NAME.png`, `NAME.json`; and beside them `-residual` and `-model`.
 *
 * @param name - path of the files without these ends; its folder exists.
 * @param catalogue - sources whose fluxes and positions the mosaic's are compared with.
 * @throws {OutputExistsError} one of the images, the picture or the figures exists and `overwrite` is not set: nothing is written.
 * @throws {DiskFullError, FileAccessError} as `writeFits`.
 */
export async function writeJointMosaic(
  name: string,
  joint: JointMosaic,
  options: WriteFitsOptions & { readonly catalogue?: readonly SkySource[] | undefined } = {},
): Promise<JointMosaicFiles> {
  const overwrite = checkBoolean('overwrite', options.overwrite ?? false);
  if (!overwrite) await checkJointMosaicAbsent(name);
  for (const [end, key] of Object.entries(products)) await writeFits(`${name}${end}.fits`, joint[key], { overwrite });
  const { wcs, pixels } = joint.mosaic;
  const [ny, nx] = pixels.shape as [number, number];
  const images = ['', '-weight', '-rms', '-coverage', '-residual', '-model'].map(end => `${name}${end}.fits`);
  const { tiles, leftOut, cycles, stop } = joint;
  const checks = checkNoise(tiles);
  const made = { files: images, grid: { wcs, nx, ny }, tiles, leftOut, checks, clean: { cycles, stop } };
  return { images, checks, ...(await writeMosaicSummary(name, made, options.catalogue)) };
}

/** The noise of each tile against the median, with the limit of mosaics of images for science. */
function checkNoise(tiles: JointMosaic['tiles']): MosaicCheck[] {
  const limit = mosaicTiers.science.maxNoiseRatio;
  const middle = median(tiles.map(({ rmsJyBeam }) => rmsJyBeam));
  return tiles.map(({ id, rmsJyBeam }) => {
    const value = rmsJyBeam / middle;
    return { check: 'noise', tile: id, value, limit, passed: value <= limit };
  });
}

/**
 * Refuses a name under which images or a summary exist, before any work is done.
 *
 * @throws {OutputExistsError}
 */
export async function checkJointMosaicAbsent(name: string): Promise<void> {
  await checkAbsent(Object.keys(products).map(end => `${checkText('name', name)}${end}.fits`));
  await checkMosaicSummaryAbsent(name);
}
