export { mosaicImages } from './mosaic-images.js';
export { checkMosaicOptions, mosaicDefaults } from './options.js';
export type { MosaicOptions } from './options.js';
export { planMosaicGrid } from './plan-mosaic-grid.js';
export { reprojectImage } from './reproject-image.js';
export type { ReprojectOptions } from './reproject-image.js';
export type * from './types.js';
