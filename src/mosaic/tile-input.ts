import { basename } from 'node:path';

import type { RawMosaicTile, RawPixels } from '../../bindings/addon.js';
import { toRaw } from '../core/array.js';
import { checkNumber, checkPositive } from '../core/check.js';
import { MosaicError } from '../core/errors.js';
import { toRawDirection } from '../core/sky.js';
import { readFitsHeader } from '../fits/index.js';
import type { ImageWcs, SkyImage, SkyImageHeader } from '../fits/types.js';
import { rawGrid } from './raw-grid.js';
import { beamOnPixels } from './shared-beam.js';
import { middleOf } from './tile-middle.js';
import type { TileMiddle } from './tile-middle.js';
import type { MosaicTile } from './types.js';

/** A tile with its header read, as the addon takes it. */
export interface TileInput {
  readonly id: string;
  readonly tile: MosaicTile;
  readonly header: SkyImageHeader;
  readonly middle: TileMiddle;
  /** `sigma` is 0 where it is still to be measured. */
  readonly raw: RawMosaicTile;
}

/**
 * Reads the headers of a tile's files and checks that they go together.
 *
 * @throws {MosaicError} what keeps it from going into a mosaic.
 */
export async function readTileInput(tile: MosaicTile, index: number): Promise<TileInput> {
  const header = await headerOfImage(tile.image);
  const id =
    tile.id ?? (header.objectName || (typeof tile.image === 'string' ? basename(tile.image) : `tile ${index + 1}`));
  checkImage(id, tile, header);
  const [ny, nx] = header.shape;
  const middle = middleOf(header);
  const primaryBeam = await primaryBeamOf(id, tile, header, middle);
  if (tile.noise !== undefined) await checkPlace(id, 'noise map', header, tile.noise);
  const raw: RawMosaicTile = {
    image: pixelsOf(tile.image),
    primaryBeam,
    ...(tile.noise === undefined ? {} : { noise: pixelsOf(tile.noise) }),
    sigma: tile.rmsJyBeam ?? 0,
    scale: checkPositive(`fluxScale of ${id}`, tile.fluxScale ?? 1),
    grid: rawGrid(shifted(id, header.wcs, middle, tile.shiftArcsec), nx, ny),
    noiseBeam: beamOnPixels(header.beam!, middle.matrix),
  };
  return { id, tile, header, middle, raw };
}

async function headerOfImage(image: SkyImage | string): Promise<SkyImageHeader> {
  if (typeof image === 'string') return readFitsHeader(image);
  const { pixels, ...header } = image;
  return { ...header, shape: pixels.shape as [number, number] };
}

function pixelsOf(image: SkyImage | string): RawPixels {
  return typeof image === 'string' ? { path: image } : toRaw(image.pixels);
}

function checkImage(id: string, { rmsJyBeam }: MosaicTile, header: SkyImageHeader): void {
  if (header.unit.trim().toLowerCase() !== 'jy/beam')
    throw new MosaicError(`Expected ${id} in Jy/beam but its unit is "${header.unit}"`);
  if (!header.beam) throw new MosaicError(`Expected ${id} to have a restoring beam, but it has none`);
  if (rmsJyBeam !== undefined && (!Number.isFinite(rmsJyBeam) || rmsJyBeam <= 0))
    throw new MosaicError(`Expected the rms of ${id} to be a positive number of Jy/beam but received ${rmsJyBeam}`);
}

async function primaryBeamOf(
  id: string,
  { primaryBeam }: MosaicTile,
  header: SkyImageHeader,
  middle: TileMiddle,
): Promise<RawMosaicTile['primaryBeam']> {
  if (typeof primaryBeam === 'string' || 'pixels' in primaryBeam) {
    await checkPlace(id, 'primary beam', header, primaryBeam);
    return pixelsOf(primaryBeam);
  }
  const pointings = (primaryBeam.pointings ?? [middle.direction]).map(toRawDirection);
  if ('anglesDeg' in primaryBeam) {
    const anglesRad = primaryBeam.anglesDeg.map(angle => (checkNumber('anglesDeg', angle, 0, 90) * Math.PI) / 180);
    return { anglesRad, power: [...primaryBeam.power], pointings };
  }
  const freqsHz = primaryBeam.freqsHz ?? [header.freqHz];
  const weights = primaryBeam.weights ?? freqsHz.map(() => 1);
  const diameterMeters = checkPositive('dishDiameterMeters', primaryBeam.dishDiameterMeters);
  return { diameterMeters, freqsHz, weights, pointings };
}

async function checkPlace(id: string, what: string, header: SkyImageHeader, image: SkyImage | string): Promise<void> {
  const { shape, wcs } = await headerOfImage(image);
  const [a, b] = [header.shape.join(' x '), shape.join(' x ')];
  if (a !== b) throw new MosaicError(`Expected the ${what} of ${id} to have the image's shape ${a} but it has ${b}`);
  const [here, there] = [describe(header.wcs), describe(wcs)];
  if (here !== there)
    throw new MosaicError(
      `Expected the ${what} of ${id} on the image's pixels (RA, Dec, cell, x, y) = (${here}) but it is on (${there})`,
    );
}

function describe(wcs: ImageWcs): string {
  const { center, cellArcsec, centerX, centerY, projection = 'SIN', matrixDeg, slant } = wcs;
  const numbers = [center.raDeg, center.decDeg, cellArcsec, centerX, centerY].map(value => value.toFixed(6));
  const more = [...(matrixDeg ?? []), ...(slant ?? [])].map(value => value.toPrecision(9));
  return [...numbers, ...(projection === 'SIN' ? [] : [projection]), ...more].join(', ');
}

/** Moves an image on the sky, in its own plane, by as much as its middle is to move. */
function shifted(
  id: string,
  wcs: ImageWcs,
  { matrix: [a, b, c, d] }: TileMiddle,
  [eastArcsec, northArcsec]: readonly [number, number] = [0, 0],
): ImageWcs {
  checkNumber(`shiftArcsec of ${id}`, eastArcsec);
  checkNumber(`shiftArcsec of ${id}`, northArcsec);
  const determinant = a * d - b * c;
  const [east, north] = [eastArcsec, northArcsec].map(value => (value * Math.PI) / 180 / 3600) as [number, number];
  return {
    ...wcs,
    centerX: wcs.centerX - (d * east - b * north) / determinant,
    centerY: wcs.centerY - (a * north - c * east) / determinant,
  };
}
