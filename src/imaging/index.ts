export { degridVisibilities, griddingDefaults, gridVisibilities, imagingWeights } from './grid-visibilities.js';
export type { GriddingOptions, PixelGrid, UvSamples } from './grid-visibilities.js';
export type { Weighting } from './weighting.js';
