export { amplitudeChange } from './amplitude-change.js';
export { applyCalibration } from './apply-calibration.js';
export type { CorrectedData, ApplyOptions } from './apply-calibration.js';
export {
  calibrationLimits,
  checkCalibrationLimits,
  findCalibrationProblems,
  findChangeProblems,
  measureCalibration,
} from './assess-calibration.js';
export type { CalibrationLimits, CalibrationQuality } from './assess-calibration.js';
export { readCalibrationTable, writeCalibrationTable } from './calibration-tables.js';
export type { WriteTableOptions } from './calibration-tables.js';
export { checkCalibrationTable, findCalibrationFaults } from './check-calibration.js';
export type { CalibrationFault, CalibrationRule, CalibrationTarget } from './check-calibration.js';
export { chooseCalibrators } from './choose-calibrators.js';
export type { CalibratorOptions, CalibratorTransit } from './choose-calibrators.js';
export { flagDefaults, flagVisibilities, writeFlags } from './flag-visibilities.js';
export type { FlagCount, FlagOptions, FlagReport } from './flag-visibilities.js';
export { checkModelFlux, fluxAt, fluxInBeam, modelFluxIn } from './flux-in-beam.js';
export { fluxStandard, fluxStandards, isFluxStandard } from './flux-standards.js';
export type { FluxStandard } from './flux-standards.js';
export { interpolateInFrequency } from './interpolate-solutions.js';
export { joinSolutions } from './join-solutions.js';
export { findingsOf } from './observation-findings.js';
export type { FindingCode, FindingSources, ObservationFinding } from './observation-findings.js';
export { findSwappedFeeds } from './swapped-feeds.js';
export type { SwappedFeeds } from './swapped-feeds.js';
export { predictVisibilities } from './predict-visibilities.js';
export type { PredictedVisibilities, PredictionMethod, PredictOptions } from './predict-visibilities.js';
export { readCalibrators } from './read-calibrators.js';
export type { CalibratorCatalogue } from './read-calibrators.js';
export { readSkyModel } from './sky-model.js';
export { checkSolveOptions, solveCalibration, solveDefaults } from './solve-calibration.js';
export type { SolveOptions } from './solve-calibration.js';
export { predictTransits } from './transits.js';
export type { Transit, TransitOptions } from './transits.js';
export type { SkySource } from './types.js';
export { readVlaCalibrators, toSkySource } from './vla-calibrators.js';
export type { VlaBand, VlaCalibrator, VlaQuality } from './vla-calibrators.js';
