import ndarray from 'ndarray';

import { findSwappedFeeds, measureCalibration, solveCalibration } from '../calibration/index.js';
import type { FindingSources, FlagReport } from '../calibration/index.js';
import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { solutionFlags } from '../core/calibration-solutions.js';
import { isPipelineError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import type { Observation } from '../core/observation.js';
import type { SourceOptions, VisibilitySource } from '../core/source.js';
import { imagingDefaults } from '../imaging/index.js';
import type { TileImages } from '../imaging/index.js';
import type { CalibrationSetContents } from './calibration-shelf.js';
import { tellsDeadAntennas } from './tells-dead-antennas.js';
import { skyModelOfTile } from './tile-sky-model.js';

/** Brightest components of the image that are predicted; others are noise here. */
const mostComponents = 50;

const noData = solutionFlags.indexOf('noData');

/**
 * Compares an observation with solutions of other observations that are applied to it, as solving compares it with its
 * own: which antennas have data and nothing of the sky in them, and whose feeds have changed places since.
 *
 * Gains are solved for against the brightest that the image shows, one for each spectral window and feed, on top of the
 * set that is nearest in time; the product of both is what is compared with each of the sets. Where the sky is too faint
 * for that, nothing is told.
 *
 * @param sets - what is applied, the nearest in time first.
 */
export async function checkBorrowedSolutions(
  source: VisibilitySource,
  observation: Observation,
  tile: TileImages,
  sets: readonly CalibrationSetContents[],
  options: SourceOptions & { readonly flags?: FlagReport | undefined },
  job: JobOptions = {},
): Promise<Pick<FindingSources, 'unsolvedAntennas' | 'swapped' | 'swappedAgainst'>> {
  const [nearest] = sets;
  const model = skyModelOfTile(tile, observation, imagingDefaults.spectralIndex)
    .sort((a, b) => b.fluxJy - a.fluxJy)
    .slice(0, mostComponents);
  if (nearest === undefined || model.length === 0) return {};
  const solving = { term: 'gain', combineSpws: false, prior: nearest.solutions } as const;
  const gain = await unlessNoData(() => solveCalibration(source, model, { ...options, ...solving, ...job }));
  if (gain === undefined) return {};
  const quality = measureCalibration(gain);
  if (!tellsDeadAntennas(quality)) return {};
  const { deadAntennas } = quality;
  const now = nearest.solutions.map(one => (one.term === 'bandpass' ? timesGain(one, gain) : one));
  for (const { id, solutions } of sets) {
    const swapped = swappedSince(solutions, now);
    if (swapped.length > 0)
      return { unsolvedAntennas: deadAntennas, swapped, swappedAgainst: `${id}, which is applied` };
  }
  return { unsolvedAntennas: deadAntennas };
}

/** Antennas whose feeds changed places since earlier solutions; none where the two cannot be compared. */
export function swappedSince(
  earlier: readonly CalibrationSolutions[],
  now: readonly CalibrationSolutions[],
): ReturnType<typeof findSwappedFeeds> {
  try {
    return findSwappedFeeds(now, earlier);
  } catch (error) {
    if (isPipelineError(error, 'INVALID_ARGUMENT')) return []; // of other frequencies or feeds
    throw error;
  }
}

/** A bandpass, at its first time, times gains of whole spectral windows; without where either has none. */
function timesGain(bandpass: CalibrationSolutions, gain: CalibrationSolutions): CalibrationSolutions {
  const [, nAnts, nFreqs, nPols] = bandpass.flags.shape as [number, number, number, number];
  const shape = [1, nAnts, nFreqs, nPols];
  const size = nAnts * nFreqs * nPols;
  const values = ndarray(new Float64Array(2 * size), [...shape, 2]);
  const [errors, snr] = [ndarray(new Float32Array(size), shape), ndarray(new Float32Array(size), shape)];
  const flags = ndarray(new Uint8Array(size).fill(noData), shape);
  const windowOf = bandpass.freqHz.map(hz =>
    gain.freqHz.findIndex((center, window) => Math.abs(hz - center) <= gain.widthHz[window]! / 2),
  );
  const feedOf = bandpass.polarizations.map(code => gain.polarizations.indexOf(code));
  for (const [antenna, name] of bandpass.antennaNames.entries()) {
    const a = gain.antennaNames.indexOf(name);
    for (const [k, window] of windowOf.entries())
      for (const [feed, f] of feedOf.entries()) {
        const [b, g] = [[0, antenna, k, feed] as const, [0, a, window, f] as const];
        if (Math.min(a, window, f) < 0 || bandpass.flags.get(...b) !== 0 || gain.flags.get(...g) !== 0) continue;
        const [br, bi] = [bandpass.values.get(...b, 0), bandpass.values.get(...b, 1)];
        const [gr, gi] = [gain.values.get(...g, 0), gain.values.get(...g, 1)];
        values.set(...b, 0, br * gr - bi * gi);
        values.set(...b, 1, br * gi + bi * gr);
        errors.set(...b, Math.hypot(br, bi) * gain.errors.get(...g));
        snr.set(...b, gain.snr.get(...g));
        flags.set(...b, 0);
      }
  }
  const times = { timeMjdSec: bandpass.timeMjdSec.slice(0, 1), intervalSec: bandpass.intervalSec.slice(0, 1) };
  return { ...bandpass, ...times, values, errors, snr, flags };
}

/** Undefined where there was not one solution. */
async function unlessNoData<T>(attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (isPipelineError(error, 'NO_VALID_DATA')) return undefined;
    throw error;
  }
}
