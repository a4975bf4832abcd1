import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { simulateObservation } from '../../src/index.js';
import type { SimulationTruth, SkySource } from '../../src/index.js';
import type { Size } from '../case.js';
import type { DataFolder } from './data-folder.js';
import { observationSizes } from './subband-group.js';

export const nCalibrationSources = 30;

/** A tile of 30 sources with the array's noise, seen by antennas that nobody has calibrated. */
export function uncalibratedTile(data: DataFolder, size: Size): Promise<string> {
  return data.once(`uncalibrated-${size}`, async folder => {
    await simulateObservation({ folder, ...observationSizes[size], nSources: nCalibrationSources, gainError: 0.2 });
  });
}

export function truthOf(folder: string): SimulationTruth {
  return JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as SimulationTruth;
}

/** What was simulated, as a model to calibrate on. */
export function modelOf({ sources, reference_hz }: SimulationTruth): SkySource[] {
  return sources.map(source => ({
    raDeg: source.ra_deg,
    decDeg: source.dec_deg,
    fluxJy: source.flux_jy,
    spectralIndex: source.spectral_index,
    referenceMhz: reference_hz / 1e6,
  }));
}
