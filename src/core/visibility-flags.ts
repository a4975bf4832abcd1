import type { NdArray } from 'ndarray';

import type { RawArray } from '../../bindings/addon.js';
import { toRaw } from './array.js';
import { InvalidArgumentError } from './errors.js';

/** Why a visibility is flagged: the bits of `VisibilityFlags.reasons`. */
export const flagReasons = Object.freeze({
  /** In the data: flagged, of weight 0, or not finite. */
  flaggedBefore: 1,
  autocorrelation: 2,
  /** Exactly 0. */
  invalid: 4,
  deadAntenna: 8,
  bandEdge: 16,
  shadowed: 32,
  interference: 64,
});

export type FlagReason = keyof typeof flagReasons;

/** What not to use of an observation, and why. */
export interface VisibilityFlags {
  /** `(nRows, nFreqs, nPols)`, bits of {@link flagReasons}; 0: good. */
  readonly reasons: NdArray<Uint8Array>;
}

/** Flags for the addon. */
export function toRawFlags(flags: VisibilityFlags): RawArray<Uint8Array> {
  if (!((flags as Partial<VisibilityFlags>).reasons?.data instanceof Uint8Array))
    throw new InvalidArgumentError('Expected flags as flagVisibilities gives them');
  return toRaw(flags.reasons);
}
