export * from './core/errors.js';
export { dsa110 } from './core/dsa110.js';
export type { JobOptions } from './core/job.js';
export { defaultEarthOrientation, meridianIcrs } from './core/sky.js';
export type { EarthOrientation, Site, SkyDirection } from './core/sky.js';
