/** Seeded random numbers for the few things that are drawn in TypeScript: sky, gains, file names. */
export interface RandomStream {
  /** From `min` to `max`. */
  uniform(min: number, max: number): number;
  /** Mean 0, variance 1. */
  normal(): number;
}

/** What a stream is for: each purpose has numbers of its own, so that more sources do not change the gains. */
const purposes = { sky: 1, gains: 2, names: 3 };

export function randomStream(seed: number, purpose: keyof typeof purposes): RandomStream {
  let state = (seed ^ Math.imul(purposes[purpose], 0x9e3779b9)) >>> 0;
  // mulberry32 (Tommy Ettinger): period 2^32, enough for a few thousand draws.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    uniform: (min, max) => min + (max - min) * next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
