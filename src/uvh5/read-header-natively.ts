import { stat } from 'node:fs/promises';

import ndarray from 'ndarray';

import { addon } from '../core/addon.js';
import { FileAccessError } from '../core/errors.js';
import { runJob } from '../core/job.js';
import type { Uvh5Header } from './types.js';

const radian = 180 / Math.PI;

/** Reads a header through libhdf5, off the main thread. @throws as `readUvh5Header`. */
export async function readHeaderNatively(path: string): Promise<Uvh5Header> {
  const raw = await runJob({}, () => addon().readUvh5Header({ path }));
  const { longitudeDeg, latitudeDeg, heightMeters, antennaDiametersMeters, phaseType, pointingDecRad, ...same } = raw;
  return {
    ...same,
    path,
    fileSizeBytes: await sizeOf(path),
    nAntsTelescope: raw.antennaNumbers.length,
    site: { longitudeDeg, latitudeDeg, heightMeters },
    antennaPositionsMeters: ndarray(Float64Array.from(raw.antennaPositionsMeters), [raw.antennaNumbers.length, 3]),
    antennaDiametersMeters: antennaDiametersMeters && Float64Array.from(antennaDiametersMeters),
    freqHz: Float64Array.from(raw.freqHz),
    channelWidthHz: Float64Array.from(raw.channelWidthHz),
    phaseType,
    pointingDecDeg: pointingDecRad === undefined ? undefined : pointingDecRad * radian,
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw new FileAccessError(path, `Expected a readable file at ${path}: ${(cause as Error).message}`, { cause });
  }
}
