import { RegistryError } from '../core/errors.js';

export type ProductState = 'staged' | 'publishing' | 'published' | 'failed' | 'removed';
export type GroupState = 'incomplete' | 'pending' | 'imaged' | 'failed';
export type CalibrationState = 'active' | 'retired' | 'failed';
export type MosaicGroupState = 'formed' | 'published' | 'failed';

/** For every state, the states that may follow. */
export type StateMachine<State extends string> = Readonly<Record<State, readonly State[]>>;

/**
 * A product is staged in the work folder and published from there. It stays `publishing` when a process takes it over from
 * one that died. `failed` means that no attempt is made before somebody asks for it; `removed`, that its files are gone or
 * no longer current, and that it may be made again.
 */
export const productMachine: StateMachine<ProductState> = {
  staged: ['publishing', 'removed'],
  publishing: ['published', 'staged', 'failed', 'publishing'],
  published: ['staged', 'removed'],
  failed: ['staged', 'removed'],
  removed: ['staged'],
};

/**
 * A subband group becomes one measurement set and one tile. Attempts leave no state of their own, only their outcome: a
 * group that failed may fail again, for another reason.
 */
export const groupMachine: StateMachine<GroupState> = {
  incomplete: ['pending'],
  pending: ['imaged', 'failed', 'incomplete'],
  imaged: ['failed', 'incomplete'],
  failed: ['imaged', 'failed', 'incomplete'],
};

/** A mosaic group becomes one mosaic. */
export const mosaicGroupMachine: StateMachine<MosaicGroupState> = {
  formed: ['published', 'failed'],
  published: ['failed'],
  failed: ['published', 'failed'],
};

/** A calibration set is applied while it is active. `failed` is one that did not pass its gate, or of which the
 * tables are missing or malformed. */
export const calibrationMachine: StateMachine<CalibrationState> = {
  active: ['retired', 'failed'],
  retired: ['active'],
  failed: ['active'],
};

/** @throws {RegistryError} the machine knows no way from `from` to `to`. */
export function checkTransition<State extends string>(
  machine: StateMachine<State>,
  subject: string,
  from: State,
  to: State,
): void {
  const allowed = machine[from];
  if (allowed.includes(to)) return;
  throw new RegistryError(
    `Expected ${subject} to become one of ${allowed.join(', ')} from its state ${from}, not ${to}. Nothing was changed`,
  );
}
