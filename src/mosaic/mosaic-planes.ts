import { checkText } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import { checkWriting, writeMosaic } from './mosaic-images.js';
import type { MosaicFilesOptions } from './mosaic-images.js';
import type { TileChecks } from './check-tiles.js';
import { checkMosaicOptions } from './options.js';
import { planGrid } from './plan-mosaic-grid.js';
import { planAgreeing, surveyAndCheck, surveyShare } from './prepare-mosaic.js';
import type { MosaicPlan } from './prepare-mosaic.js';
import type { MosaicFiles, MosaicTile } from './types.js';

/** The tiles of one part of the band, or of one Stokes parameter. */
export interface MosaicPlane {
  /** What its files are called by, such as `0000`, `MFS` or `XX`: letters, digits, - and _. */
  readonly name: string;
  readonly tiles: readonly MosaicTile[];
}

/**
 * Makes one mosaic for each part of the band or Stokes parameter, all on the same pixels: `NAME-PLANE.fits` with its maps.
 * None is written where one cannot be made. Every plane has its own noise, beams and primary beams; `commonBeam`, given as a beam, gives them all one.
 *
 * @param name - path of the files without these ends; its folder exists.
 * @param planes - at least one; tiles may be missing in some.
 * @returns one entry per plane, in their order.
 * @throws as `mosaicFiles`; {InvalidArgumentError} a name that is no name, or two planes of one name.
 * @example
 * const part = (plane: string) => ({
 *   name: plane,
 *   tiles: ['a', 'b'].map(id => ({ image: `${id}-${plane}-image.fits`, primaryBeam: `${id}-${plane}-pb.fits` })),
 * });
 * await mosaicPlanes('strip', ['0000', '0001', 'MFS'].map(part));
 */
export async function mosaicPlanes(
  name: string,
  planes: readonly MosaicPlane[],
  options: MosaicFilesOptions = {},
): Promise<MosaicFiles[]> {
  checkText('name', name);
  const names = planes.map(plane => plane.name);
  if (names.length === 0 || new Set(names).size < names.length || !names.every(text => /^[\w-]+$/.test(text)))
    throw new InvalidArgumentError(
      `Expected planes with names of their own, of letters, digits, - and _, but received ${JSON.stringify(names)}`,
    );
  const { overwrite, maps, onProgress, ...shared } = options;
  const written = checkWriting({ overwrite, maps });
  const checked = checkMosaicOptions(shared);
  const surveyed: TileChecks[] = [];
  for (const [i, plane] of planes.entries()) {
    const progress = onProgress && planesProgress(onProgress, i, planes.length);
    surveyed.push(await surveyAndCheck(plane.tiles, { ...checked, onProgress: progress }));
  }
  const all = surveyed.flatMap(({ good }) => good);
  const grid = planGrid(all, checked);
  const plans: MosaicPlan[] = [];
  for (const [i, checks] of surveyed.entries()) {
    // All are planned before the first is made: what keeps one from being made leaves no file of another.
    const progress = onProgress && planesProgress(onProgress, i, planes.length);
    plans.push(await planAgreeing(checks, { ...checked, grid, onProgress: progress }));
  }
  const made: MosaicFiles[] = [];
  for (const [i, plan] of plans.entries()) made.push(await writeMosaic(`${name}-${names[i]}`, plan, written));
  onProgress?.(1);
  return made;
}

/** Progress of one plane, whose survey comes before the making of all, as that of the whole. */
function planesProgress(onProgress: (fraction: number) => void, plane: number, n: number) {
  return (fraction: number) => {
    const [surveyed, later] = [Math.min(fraction, surveyShare), Math.max(fraction - surveyShare, 0)];
    if (later === 0) onProgress((plane * surveyShare + surveyed) / n);
    else onProgress(surveyShare + (plane * (1 - surveyShare) + later) / n);
  };
}
