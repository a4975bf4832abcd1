export { findPeaks } from './find-peaks.js';
export type { MosaicPeak } from './find-peaks.js';
export { mosaicFiles, mosaicImages } from './mosaic-images.js';
export { checkMosaicOptions, mosaicDefaults, mosaicTiers } from './options.js';
export type { MosaicKernel, MosaicOptions } from './options.js';
export { planMosaicGrid } from './plan-mosaic-grid.js';
export { reprojectImage } from './reproject-image.js';
export type { ReprojectOptions } from './reproject-image.js';
export type * from './types.js';
