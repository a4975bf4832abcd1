import { dirname } from 'node:path';
import { rename } from 'node:fs/promises';

import { convertToMs, describeMs, readMs } from '../../src/index.js';
import type { MeasurementSet } from '../../src/index.js';
import type { UvSamples } from './uv-samples.js';
import type { DataFolder } from './data-folder.js';
import type { Group } from './subband-group.js';

/**
 * The tile as a MeasurementSet of one field, which WSClean takes; it knows no beam for a telescope named NOWHERE, so
 * that it images what is there.
 */
export async function tileMs(data: DataFolder, name: string, group: Group): Promise<MeasurementSet> {
  const path = await data.once(name, async unfinished => {
    const ms = `${dirname(unfinished)}/making.ms`;
    await convertToMs(group, { path: ms, fields: 'single', telescopeName: 'NOWHERE' });
    await rename(ms, unfinished);
  });
  return describeMs(path);
}

/** Its Stokes I visibilities with their weights: docs/conventions.md section 3. */
export async function stokesI(path: string): Promise<UvSamples & { weights: Float32Array }> {
  const { uvwMeters, freqHz, visibilities, flags, weights } = await readMs(path);
  const nVisibilities = flags.data.length / 2;
  const [v, w] = [new Float32Array(2 * nVisibilities), new Float32Array(nVisibilities)];
  for (let i = 0; i < nVisibilities; i++) {
    const [xx, yy] = [weights.data[2 * i]!, weights.data[2 * i + 1]!];
    const good = !flags.data[2 * i] && !flags.data[2 * i + 1] && xx > 0 && yy > 0;
    w[i] = good ? 4 / (1 / xx + 1 / yy) : 0;
    v[2 * i] = (visibilities.data[4 * i]! + visibilities.data[4 * i + 2]!) / 2;
    v[2 * i + 1] = (visibilities.data[4 * i + 1]! + visibilities.data[4 * i + 3]!) / 2;
  }
  return { uvwMeters: uvwMeters.data, freqHz, visibilities: v, weights: w };
}
