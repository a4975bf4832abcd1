export { readCalibrationTable, writeCalibrationTable } from './calibration-tables.js';
export { flagDefaults, flagVisibilities, writeFlags } from './flag-visibilities.js';
export type { FlagCount, FlagOptions, FlagReport } from './flag-visibilities.js';
export { fluxStandard, fluxStandards } from './flux-standards.js';
export type { FluxStandard } from './flux-standards.js';
export { readSkyModel } from './sky-model.js';
export { solveCalibration, solveDefaults } from './solve-calibration.js';
export type { SolveOptions } from './solve-calibration.js';
export type { SkySource } from './types.js';
