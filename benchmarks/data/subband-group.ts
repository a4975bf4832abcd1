import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { dsa110, simulateObservation } from '../../src/index.js';
import type { SimulationOptions, SubbandGroup } from '../../src/index.js';
import type { Size } from '../case.js';
import type { DataFolder } from './data-folder.js';

/** Sizes of an observation: full are those of DSA-110. */
export const observationSizes = {
  full: { nAntennas: dsa110.nActiveAntennas, nChannels: dsa110.nChannelsPerSubband, nIntegrations: 24 },
  quick: { nAntennas: 32, nChannels: 24, nIntegrations: 24 },
} as const satisfies Record<Size, Partial<SimulationOptions>>;

export type Group = Pick<SubbandGroup, 'id' | 'files' | 'missingSubbands'>;

/** Rows of one file, autocorrelations and all integrations included. */
export function rowsOf(size: Size): number {
  const { nAntennas, nIntegrations } = observationSizes[size];
  return ((nAntennas * (nAntennas + 1)) / 2) * nIntegrations;
}

/** Bytes of visibilities (8), flags (1) and nsamples (4) in one file: what a reader hands over. */
export function payloadOf(size: Size): number {
  return rowsOf(size) * observationSizes[size].nChannels * 2 * 13;
}

/** A folder with `nTiles` simulated observations of 30 sources with the array's noise, and its truth.json. */
export function simulatedFolder(
  data: DataFolder,
  size: Size,
  nTiles = 1,
  nChannels: number = observationSizes[size].nChannels,
): Promise<string> {
  const options = { ...observationSizes[size], nChannels, nTiles, nSources: 30 };
  const part = nChannels === observationSizes[size].nChannels ? '' : `-${nChannels}ch`;
  return data.once(`observation-${size}-${nTiles}${part}`, async folder => {
    await simulateObservation({ folder, ...options });
  });
}

/** Tile number `tile` of a simulated folder, highest subband first. */
export function groupIn(folder: string, tile = 0): Group {
  const names = readdirSync(folder).filter(name => name.endsWith('.hdf5')).sort(); // prettier-ignore
  const files = names.slice(tile * dsa110.nSubbands, (tile + 1) * dsa110.nSubbands).map((name, subband) => {
    const path = join(folder, name);
    return { path, subband, fileSizeBytes: statSync(path).size };
  });
  return { id: names[tile * dsa110.nSubbands]!.slice(0, 19), files, missingSubbands: [] };
}
