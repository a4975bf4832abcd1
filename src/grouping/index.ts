export type * from './types.js';
export { groupingDefaults, mosaicGroupDefaults } from './defaults.js';
export type { MosaicGroupOptions } from './defaults.js';
export { parseSubbandName } from './file-name.js';
export type { SubbandName } from './file-name.js';
export { groupSubbands } from './group-subbands.js';
export { planMosaicGroups } from './plan-mosaic-groups.js';
export type { MosaicPlan, GroupableTile, WaitingReason } from './plan-mosaic-groups.js';
