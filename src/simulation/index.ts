export { simulationDefaults } from './simulation-options.js';
export { simulateObservation } from './simulate-observation.js';
export type { PointSource, Simulation, SimulationOptions, SimulationTruth } from './types.js';
