import type { NdArray } from 'ndarray';

import { addon } from './addon.js';
import { fromRaw, toRaw } from './array.js';
import { checkKnownOptions } from './check.js';
import { InvalidArgumentError } from './errors.js';
import type { JobOptions } from './job.js';
import { runJob, threadCount, jobOptions } from './job.js';
import type { Observation } from './observation.js';
import type { SkyDirection } from './sky.js';
import { checkEarthOrientation, toRawDirection, toRawSite } from './sky.js';

/** What of an observation decides how its visibilities move with the phase center. */
export type RephasableObservation = Pick<
  Observation,
  | 'site'
  | 'earthOrientation'
  | 'antennas'
  | 'freqHz'
  | 'timeMjdSec'
  | 'phaseCenters'
  | 'timeIndex'
  | 'antenna1'
  | 'antenna2'
  | 'uvwMeters'
>;

/** Visibilities at another phase center, with what changes along. */
export interface Rephased {
  /** `(nRows, nFreqs, nPols, 2)`, new memory. */
  readonly visibilities: NdArray<Float32Array>;
  /** `(nRows, 3)` */
  readonly uvwMeters: NdArray<Float64Array>;
  /** Per integration: the new center. */
  readonly phaseCenters: readonly SkyDirection[];
}

/**
 * Moves visibilities in memory to another phase center, exactly: uvw is recomputed from the antenna positions at each
 * time, not rotated, and `V` multiplied by `exp(+2 pi i nu/c (w' - w))`.
 *
 * Integrations that are there already keep their uvw and values. What is read block by block need not be moved in memory:
 * imaging, conversion and `readSource` take a `phaseCenter`.
 *
 * @param data - an observation and its visibilities `(nRows, nFreqs, nPols, 2)`, as `readMs` gives, or `describeSource`
 *   and `readSource` together.
 * @throws {InvalidArgumentError} a direction out of range, arrays that disagree in shape, indices out of range.
 * @example
 * const data = await readMs('obs.ms');
 * const moved = { ...data, ...(await rephase(data, { raDeg: 337.5, decDeg: 16.2 })) };
 */
export async function rephase(
  data: RephasableObservation & { readonly visibilities: NdArray<Float32Array> },
  phaseCenter: SkyDirection,
  options: JobOptions = {},
): Promise<Rephased> {
  checkKnownOptions(options, jobOptions);
  const { antennas, visibilities, uvwMeters } = data;
  if (visibilities.shape.length !== 4 || uvwMeters.shape[1] !== 3)
    throw new InvalidArgumentError(
      'Expected visibilities (nRows, nFreqs, nPols, 2) and uvwMeters (nRows, 3) but received shapes ' +
        `(${visibilities.shape.join(', ')}) and (${uvwMeters.shape.join(', ')})`,
    );
  const centers = data.phaseCenters.map(toRawDirection);
  const request = {
    site: toRawSite(data.site),
    earthOrientation: checkEarthOrientation(data.earthOrientation),
    positionsMeters: rowsOfThree(antennas.map(antenna => antenna.positionMeters)),
    freqHz: vector(data.freqHz),
    timeMjdSec: vector(data.timeMjdSec),
    phaseCentersRad: rowsOfThree(centers.map(({ raRad, decRad }) => [raRad, decRad, 0])),
    timeIndex: vector(data.timeIndex),
    antenna1: vector(data.antenna1),
    antenna2: vector(data.antenna2),
    uvwMeters: toRaw(uvwMeters),
    visibilities: toRaw(visibilities),
    center: toRawDirection(phaseCenter),
    threads: threadCount(options),
  };
  const raw = await runJob(options, onProgress => addon().rephase(request, onProgress));
  return {
    visibilities: fromRaw(raw.visibilities),
    uvwMeters: fromRaw(raw.uvwMeters),
    phaseCenters: data.phaseCenters.map(() => ({ ...phaseCenter })),
  };
}

function vector<D extends Float64Array | Uint32Array>(data: D) {
  return { data, shape: [data.length] };
}

function rowsOfThree(rows: readonly (readonly number[])[]) {
  return { data: Float64Array.from(rows.flat()), shape: [rows.length, 3] };
}
