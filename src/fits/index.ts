export { readFits } from './read-fits.js';
export { pixelToSky, skyToPixel } from './wcs.js';
export type { PixelPosition } from './wcs.js';
export { writeFits } from './write-fits.js';
export type { WriteFitsOptions } from './write-fits.js';
export type * from './types.js';
