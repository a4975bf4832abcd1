export { createPipeline } from './create-pipeline.js';
export type { Pipeline } from './create-pipeline.js';
export type { PipelineConfig } from './pipeline-config.js';
export type { RunOptions } from './run-pipeline.js';
export type { Failure, LeftOut, PipelineProgress, ReportedProduct, RunReport, StageName } from './run-report.js';
export { writeMosaicSummary } from './write-mosaic-summary.js';
export { checkTileImagesAbsent, writeTileImages } from './write-tile-images.js';
export { mosaicLimits } from './validate-mosaic.js';
