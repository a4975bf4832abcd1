export { calibrationQuantitiesOf } from './calibration-series.js';
export type { CalibrationQuantity } from './calibration-series.js';
export { renderCalibration } from './render-calibration.js';
export type { CalibrationPlotOptions } from './render-calibration.js';
export { renderFlags } from './render-flags.js';
export type { FlaggedObservation } from './flag-fractions.js';
