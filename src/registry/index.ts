export { openRegistry } from './open-registry.js';
export type { Registry } from './open-registry.js';
export type { FoundGroup, GroupTable, GroupRow, MosaicGroupTable, MosaicGroupRow } from './groups.js';
export type { NewProduct, Product, ProductFile } from './product-rows.js';
export type { ProductTable } from './products.js';
export type { EventRow, ProductKind, Validation } from './schema.js';
export { groupMachine, mosaicGroupMachine, productMachine } from './state-machines.js';
export type { GroupState, MosaicGroupState, ProductState, StateMachine } from './state-machines.js';
