export type * from './types.js';
export { groupingDefaults, mosaicGroupDefaults } from './defaults.js';
export type { MosaicGroupOptions } from './defaults.js';
export { parseSubbandName } from './file-name.js';
export type { SubbandName } from './file-name.js';
export { groupSubbands } from './group-subbands.js';
export { planMosaicGroups } from './plan-mosaic-groups.js';
export type { MosaicPlan, WaitingReason } from './plan-mosaic-groups.js';
export { checkMosaicGroup, memberViolations } from './mosaic-group-rules.js';
export type {
  GroupableTile,
  MosaicGroupCheck,
  MosaicGroupRule,
  MosaicMember,
  TimingRule,
  Violation,
} from './mosaic-group-rules.js';
export { newMosaicGroupId } from './mosaic-group-id.js';
export type { IdentifiedMember } from './mosaic-group-id.js';
export { findImageProblem } from './find-image-problem.js';
