import ndarray from 'ndarray';
import type { NdArray } from 'ndarray';

import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { InvalidArgumentError } from '../core/errors.js';
import { commonReference, referTo } from './shared-reference.js';

/**
 * Joins solutions of one term from several times, so that applying them interpolates between those.
 *
 * Their phases are turned to one reference antenna: that of the first, unless another is solved more often in all.
 *
 * @throws {InvalidArgumentError} they are not of the same term, antennas, feeds and bands, overlap in time, or have no
 *   antenna in common that is solved.
 * @example
 * const bandpass = joinSolutions([evening, morning]);
 */
export function joinSolutions(parts: readonly CalibrationSolutions[]): CalibrationSolutions {
  const byTime = [...parts].sort((a, b) => a.timeMjdSec[0]! - b.timeMjdSec[0]!);
  const [first, ...others] = byTime;
  if (first === undefined) throw new InvalidArgumentError('Expected solutions to join but received none');
  for (const [i, other] of others.entries()) {
    const difference = differenceOf(first, other);
    if (difference !== undefined)
      throw new InvalidArgumentError(`Expected solutions that go together but they differ in ${difference}`);
    if (byTime[i]!.timeMjdSec.at(-1)! >= other.timeMjdSec[0]!)
      throw new InvalidArgumentError('Expected solutions of different times but they overlap');
  }
  const refAnt = commonReference(byTime);
  if (refAnt === undefined && others.length > 0)
    throw new InvalidArgumentError('Expected solutions that go together but no antenna is solved in all of them');
  const ordered = refAnt === undefined ? byTime : byTime.map(one => referTo(refAnt, one));
  return {
    ...ordered[0]!,
    phaseOnly: ordered.every(({ phaseOnly }) => phaseOnly),
    history: ordered.flatMap(({ history }) => history),
    timeMjdSec: ordered.flatMap(({ timeMjdSec }) => timeMjdSec),
    intervalSec: ordered.flatMap(({ intervalSec }) => intervalSec),
    values: stack(ordered.map(({ values }) => values)),
    errors: stack(ordered.map(({ errors }) => errors)),
    snr: stack(ordered.map(({ snr }) => snr)),
    flags: stack(ordered.map(({ flags }) => flags)),
  };
}

/** In what two solutions cannot be joined. */
function differenceOf(a: CalibrationSolutions, b: CalibrationSolutions): string | undefined {
  const compared = {
    term: a.term === b.term,
    antennas: a.antennaNames.join('\n') === b.antennaNames.join('\n'),
    polarizations: a.polarizations.join() === b.polarizations.join(),
    frequencies: a.freqHz.length === b.freqHz.length && a.freqHz.every((hz, k) => Math.abs(hz - b.freqHz[k]!) < 1),
  };
  return Object.entries(compared).find(([, same]) => !same)?.[0];
}

/** Along the first axis. */
function stack<D extends Float64Array | Float32Array | Uint8Array>(arrays: readonly NdArray<D>[]): NdArray<D> {
  const Kind = arrays[0]!.data.constructor as new (length: number) => D;
  const whole = new Kind(arrays.reduce((n, { data }) => n + data.length, 0));
  let at = 0;
  for (const { data } of arrays) {
    whole.set(data, at);
    at += data.length;
  }
  const times = arrays.reduce((n, { shape }) => n + shape[0]!, 0);
  return ndarray(whole, [times, ...arrays[0]!.shape.slice(1)]);
}
