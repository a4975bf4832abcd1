import type { Generated, Selectable } from 'kysely';

import type { CalibrationState, GroupState, MosaicGroupState, ProductState } from './state-machines.js';

/** What a product is; published products stand in the folder `<kind>s` of the products folder. */
export type ProductKind = 'ms' | 'tile' | 'mosaic';

/** Kinds of which only what passed its quality checks may be published; of others it suffices to be valid. */
export const kindsWithQa: readonly ProductKind[] = ['tile', 'mosaic'];

/** Whether a product passed its checks. */
export type Validation = 'pending' | 'passed' | 'failed';

/** Instants are ISO 8601 UTC text, JSON is text, paths are relative to the work folder unless the name says otherwise. */
export interface ProductsTable {
  id: string;
  kind: ProductKind;
  /** The subband group that it was made from, if one. */
  group_id: string | null;
  /** File or folder that the product is, below the work folder. */
  path: string;
  /** SHA-256 of all that decides the content: inputs and options. */
  recipe: string;
  state: ProductState;
  /** 1 once its files are whole and will not change. */
  finalized: number;
  validation: Validation;
  qa: Validation;
  metadata: string;
  publish_attempts: Generated<number>;
  publish_error: string | null;
  /** Not to be tried before; null for at once. */
  next_attempt_at: string | null;
  /** While it is `publishing`: who does it, by which claim, and until when nobody else may. */
  claim_owner: string | null;
  claim_token: string | null;
  lease_expires_at: string | null;
  published_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface ProductFilesTable {
  product_id: string;
  /** Order in which the files of one product are published. */
  position: number;
  path: string;
  size_bytes: number;
  sha256: string;
}

export interface ProductParentsTable {
  child_id: string;
  parent_id: string;
}

export interface GroupsTable {
  id: string;
  state: GroupState;
  /** Why it is incomplete or failed. */
  reason: string | null;
  created_at: string;
  updated_at: string;
}

export interface GroupFilesTable {
  group_id: string;
  /** Absolute, as the scan found it. */
  path: string;
  subband: number;
  size_bytes: number | null;
}

export interface MosaicGroupsTable {
  id: string;
  /** Of the mosaic: the same for the same members and options, on any host at any time. */
  name: string;
  /** The ids of its members in order, with spaces between: unique among groups with the same options. */
  member_list: string;
  /** The options that its tiles and mosaic are made with, as one hash: a tile is mosaicked once per set of options. */
  options: string;
  state: MosaicGroupState;
  reason: string | null;
  created_at: string;
  updated_at: string;
}

export interface MosaicGroupMembersTable {
  mosaic_group_id: string;
  position: number;
  group_id: string;
}

export interface CalibrationSetsTable {
  id: string;
  state: CalibrationState;
  /** Why it is retired or failed. */
  reason: string | null;
  /** The subband group that it was solved from, if one. */
  source_group_id: string | null;
  /** UTC, MJD seconds, both inclusive. */
  valid_from_mjd_sec: number;
  valid_to_mjd_sec: number;
  metadata: string;
  created_at: string;
  updated_at: string;
}

export interface CalibrationTablesTable {
  set_id: string;
  /** Order in which the tables of a set are applied. */
  position: number;
  path: string;
  /** What it corrects: `delay`, `bandpass`, `gain`. */
  term: string;
}

/** The history: rows are added and never changed, which triggers enforce. */
export interface EventsTable {
  id: Generated<number>;
  at: string;
  subject: 'product' | 'group' | 'mosaic_group' | 'calibration_set';
  subject_id: string;
  from_state: string | null;
  to_state: string;
  message: string | null;
}

export interface Tables {
  schema_migrations: { id: number; name: string; applied_at: string };
  products: ProductsTable;
  product_files: ProductFilesTable;
  product_parents: ProductParentsTable;
  groups: GroupsTable;
  group_files: GroupFilesTable;
  mosaic_groups: MosaicGroupsTable;
  mosaic_group_members: MosaicGroupMembersTable;
  calibration_sets: CalibrationSetsTable;
  calibration_tables: CalibrationTablesTable;
  events: EventsTable;
}

export type EventRow = Selectable<EventsTable>;
