import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { groupSubbands, readUvh5Header } from '../../src/index.js';
import type { SkySource, SubbandGroup } from '../../src/index.js';
import { hasPythonModule, hasShared, sharedPath } from '../support/oracles.js';

/** Whether the independent program that corrupts data with known gains can run here. */
export const canCorrupt = hasShared() && hasPythonModule('h5py') && hasPythonModule('erfa');

/** What was put into a tile, all antennas and channels in the program's order. */
export interface CorruptionTruth {
  readonly reference_hz: number;
  readonly noise_sigma_jy: number;
  readonly raw_scale: number;
  readonly freq_hz: readonly number[];
  readonly sources: readonly { ra_deg: number; dec_deg: number; flux_jy: number; spectral_index?: number }[];
  readonly dead_pads: readonly number[];
  readonly swapped_pads: readonly number[];
  readonly antennas: readonly number[];
  readonly gains: { antenna_pads: readonly number[]; shape: [number, number, number]; real: number[]; imag: number[] };
  readonly integration_s: number;
  readonly tiles: readonly {
    missing_subbands: number[];
    rfi_cells: [number, number][];
    time_array_0_jd: number;
    meridian_icrs_deg: [number, number][];
  }[];
}

/** Makes one tile with make_dsa110_uvh5.py; `args` are its options. */
export async function corruptedTile(
  folder: string,
  args: readonly string[],
): Promise<{ group: SubbandGroup; truth: CorruptionTruth; model: SkySource[] }> {
  execFileSync('/usr/bin/python3', [sharedPath('tools', 'make_dsa110_uvh5.py'), folder, ...args]);
  const files = readdirSync(folder).filter(name => name.endsWith('.hdf5'));
  const { groups } = groupSubbands(await Promise.all(files.map(name => readUvh5Header(join(folder, name)))));
  const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as CorruptionTruth;
  const model = truth.sources.map(source => ({
    raDeg: source.ra_deg,
    decDeg: source.dec_deg,
    fluxJy: source.flux_jy,
    spectralIndex: source.spectral_index ?? 0,
    referenceMhz: truth.reference_hz / 1e6,
  }));
  return { group: groups[0]!, truth, model };
}

/** The true gain of a pad at a frequency and feed (0 X, 1 Y); raw units included. */
export function trueGain(
  { gains, freq_hz, raw_scale, swapped_pads }: CorruptionTruth,
  pad: number,
  hz: number,
  feed: number,
) {
  const antenna = gains.antenna_pads.indexOf(pad);
  const channel = freq_hz.findIndex(one => Math.abs(one - hz) < 1);
  const [, nChannels, nFeeds] = gains.shape;
  const at = (antenna * nChannels + channel) * nFeeds + (swapped_pads.includes(pad) ? 1 - feed : feed);
  const scale = Math.sqrt(raw_scale);
  return { re: scale * gains.real[at]!, im: scale * gains.imag[at]! };
}
