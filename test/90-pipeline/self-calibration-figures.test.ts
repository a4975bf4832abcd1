import { describe, expect, it } from 'vitest';

import { selfCalibrationDefaults } from '../../src/index.js';
import { verdictOn } from '../../src/pipeline/self-calibration-figures.js';
import type { SelfCalibrationFigures } from '../../src/pipeline/self-calibration-figures.js';

const figures = (rmsJyBeam: number, compactFluxJy: number, dynamicRange: number): SelfCalibrationFigures => ({
  ...{ rmsJyBeam, compactFluxJy, dynamicRange, peakJyBeam: rmsJyBeam * dynamicRange, nVisibilities: 1000 },
});

/** Verdicts on rounds one after another, each on top of those that were accepted. */
function verdictsOn(first: SelfCalibrationFigures, rounds: readonly SelfCalibrationFigures[]): (string | undefined)[] {
  let best = first;
  return rounds.map(now => {
    const verdict = verdictOn(now, best, first, selfCalibrationDefaults);
    if (verdict === undefined) best = now;
    return verdict;
  });
}

const first = figures(1e-3, 2, 1000);

describe('the verdict on a round of self-calibration', () => {
  it('accepts rounds that make an image better and lose less than is allowed in all', () => {
    const rounds = [figures(0.9e-3, 1.99, 1100), figures(0.8e-3, 1.98, 1200), figures(0.7e-3, 1.97, 1300)];
    expect(verdictsOn(first, rounds)).toEqual([undefined, undefined, undefined]);
  });

  it('refuses the second of four rounds that each lose 1.9 % of the flux, and those after it', () => {
    const rounds = [1, 2, 3, 4].map(n => figures(1e-3 * 0.9 ** n, 2 * 0.981 ** n, 1000 * 1.1 ** n));
    const [one, ...others] = verdictsOn(first, rounds);
    expect(one).toBeUndefined();
    expect(others).toEqual([
      'The compact sources would lose 3.8 % of their flux since the first image; at most 2.0 % may go',
      expect.stringMatching(/^The compact sources would lose/),
      expect.stringMatching(/^The compact sources would lose/),
    ]);
  });

  it('refuses the second of two rounds that each raise the noise by 0.9 %', () => {
    const rounds = [1, 2].map(n => figures(1e-3 * 1.009 ** n, 2, 1000 * 1.1 ** n));
    expect(verdictsOn(first, rounds)).toEqual([
      undefined,
      'The noise would rise from 1.000 mJy/beam to 1.018 mJy/beam since the first image',
    ]);
  });

  it('refuses what becomes worse than in the round before, though better than at first', () => {
    const better = figures(0.5e-3, 2, 2000);
    expect(verdictsOn(first, [better, figures(0.6e-3, 2, 2500), figures(0.5e-3, 2, 1900)])).toEqual([
      undefined,
      'The noise would rise from 0.5000 mJy/beam to 0.6000 mJy/beam',
      'The dynamic range would be 1900, which is no more than 2000',
    ]);
  });

  it('refuses to lose visibilities', () => {
    const fewer = { ...figures(0.5e-3, 2, 2000), nVisibilities: 940 };
    expect(verdictsOn(first, [fewer])[0]).toMatch(/^6\.0 % of the visibilities would have no solution; at most 5\.0 %/);
  });
});
