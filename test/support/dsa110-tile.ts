import { existsSync, readdirSync, readFileSync } from 'node:fs';

import type { SubbandGroup } from '../../src/index.js';
import { sharedPath } from './oracles.js';

const folder = sharedPath('data', 'dsa110-tile');

/** Whether the tile that an independent program made is here. */
export const hasDsa110Tile = existsSync(folder);

/** Its 16 subband files as a group, highest in frequency first. */
export function dsa110Tile(): Pick<SubbandGroup, 'id' | 'files' | 'missingSubbands'> {
  const files = readdirSync(folder)
    .filter(name => name.endsWith('.hdf5'))
    .map(name => ({ path: `${folder}/${name}`, subband: Number(name.slice(-7, -5)), fileSizeBytes: 0 }))
    .sort((a, b) => a.subband - b.subband);
  return { id: '2026-01-25T22:00:05', files, missingSubbands: [] };
}

/** What was put into it: fluxes at `reference_hz`, unattenuated. */
export interface TileTruth {
  readonly reference_hz: number;
  readonly freq_hz: readonly number[];
  readonly sources: readonly { ra_deg: number; dec_deg: number; flux_jy: number; spectral_index: number }[];
  readonly tiles: readonly { meridian_icrs_deg: [number, number][] }[];
}

export function dsa110TileTruth(): TileTruth {
  return JSON.parse(readFileSync(`${folder}/truth.json`, 'utf8')) as TileTruth;
}

/** The sources with their fluxes averaged over the band. */
export function injectedSources({ sources, freq_hz, reference_hz }: TileTruth) {
  return sources.map(({ ra_deg, dec_deg, flux_jy, spectral_index }) => ({
    position: { raDeg: ra_deg, decDeg: dec_deg },
    fluxJy: freq_hz.reduce((sum, hz) => sum + flux_jy * (hz / reference_hz) ** spectral_index, 0) / freq_hz.length,
  }));
}
