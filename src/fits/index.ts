export { readFits, readFitsHeader } from './read-fits.js';
export { pngDefaults, renderPng } from './render-png.js';
export type { PngOptions } from './render-png.js';
export { pixelToSky, skyToPixel } from './wcs.js';
export type { PixelPosition } from './wcs.js';
export { writeFits } from './write-fits.js';
export type { WriteFitsOptions } from './write-fits.js';
export type * from './types.js';
