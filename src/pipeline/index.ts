export { createPipeline } from './create-pipeline.js';
export type { Pipeline } from './create-pipeline.js';
export type { PipelineConfig } from './pipeline-config.js';
export { putInForce } from './calibrate-group.js';
export { calibrationDefaults, checkCalibrationConfig } from './calibration-config.js';
export type { CalibrationConfig, FlaggingConfig, SetTerm } from './calibration-config.js';
export { chooseCalibration } from './choose-calibration.js';
export type {
  CalibrationCandidate,
  CalibrationChoice,
  CalibrationSubject,
  ValidityRule,
} from './choose-calibration.js';
export { compareCatalogue } from './compare-catalogue.js';
export type { CatalogueComparison, CatalogueMatch } from './compare-catalogue.js';
export { earlierSetOf } from './earlier-set.js';
export type { EarlierSet } from './earlier-set.js';
export { makeCalibrationSet } from './make-calibration-set.js';
export type { CalibrationSetOptions, MadeCalibrationSet } from './make-calibration-set.js';
export { registerCalibrationSet, tablePathsOf } from './register-calibration.js';
export { selfCalibrate } from './self-calibrate.js';
export type { SelfCalibration, SelfCalibrationRound } from './self-calibrate.js';
export type { SelfCalibrationFigures, SelfCalibrationLimits } from './self-calibration-figures.js';
export { selfCalibrationDefaults } from './self-calibration-options.js';
export type { SelfCalibrationOptions } from './self-calibration-options.js';
export type { RunOptions } from './run-pipeline.js';
export type {
  Failure,
  LeftOut,
  PipelineProgress,
  ReportedCalibration,
  ReportedFinding,
  ReportedProduct,
  RunReport,
  StageName,
} from './run-report.js';
export type { TileCalibration } from './stage-files.js';
export { writeCalibrationPictures } from './write-calibration-pictures.js';
export { checkJointMosaicAbsent, writeJointMosaic } from './write-joint-mosaic.js';
export type { JointMosaicFiles } from './write-joint-mosaic.js';
export { checkSelfCalibrationAbsent, writeSelfCalibration } from './write-self-calibration.js';
export { checkMosaicSummaryAbsent, writeMosaicSummary } from './write-mosaic-summary.js';
export type { MosaicSummary, SummarizedMosaic } from './write-mosaic-summary.js';
export { checkTileImagesAbsent, writeTileImages } from './write-tile-images.js';
export { mosaicLimits } from './validate-mosaic.js';
