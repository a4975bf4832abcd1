import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { isPipelineError, predictVisibilities, readSource } from '../../src/index.js';
import type { PredictionMethod, SkySource, SourceData, SubbandGroup } from '../../src/index.js';
import { describeIf } from '../support/oracles.js';
import { canCorrupt, corruptedTile } from './corrupted-tile.js';

const methods: readonly PredictionMethod[] = ['channels', 'nodes', 'degridding'];

describeIf(canCorrupt, 'needs ../shared and python3 with h5py and erfa', 'predicted visibilities', () => {
  let folder: string;
  let group: SubbandGroup;
  let model: SkySource[];
  let data: SourceData;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-predict-'));
    const tile = ['--antennas', '30', '--channels', '12', '--integrations', '3', '--n-sources', '80', '--noise', '0'];
    ({ group, model } = await corruptedTile(folder, [...tile, '--seed', '5']));
    data = await readSource(group);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(methods)('by %s are those of an independent program', async method => {
    const predicted = await predictVisibilities(group, model, { method });
    expect(predicted.method).toBe(method);
    const [nRows, nChannels] = predicted.visibilities.shape as [number, number, number];
    expect(data.visibilities.shape).toEqual([nRows, nChannels, 2, 2]);
    const total = model.reduce((sum, { fluxJy }) => sum + fluxJy, 0);
    let worst = 0;
    for (let i = 0; i < nRows * nChannels; i++)
      for (const part of [0, 1]) {
        const difference = predicted.visibilities.data[2 * i + part]! - data.visibilities.data[4 * i + part]!;
        worst = Math.max(worst, Math.abs(difference));
      }
    expect(worst).toBeLessThan(1e-4 * total);
  });

  test('are chosen by what they cost, and the same on one thread', async () => {
    const many = Array.from({ length: 20 }, () => model).flat();
    const one = await predictVisibilities(group, many, { threads: 1 });
    const all = await predictVisibilities(group, many);
    expect(one.method).toBe('nodes');
    expect(Buffer.compare(Buffer.from(one.visibilities.data.buffer), Buffer.from(all.visibilities.data.buffer))).toBe(
      0,
    );
    expect((await predictVisibilities(group, model.slice(0, 1))).method).toBe('channels');
  });

  test('of nothing, or by an unknown method, are refused', async () => {
    for (const [sky, options] of [
      [[], {}],
      [model, { method: 'guessing' }],
      [model, { threads: -1 }],
      [model, { dataColumn: 'DATA' }],
      [[{ ...model[0]!, fluxJy: NaN }], {}],
    ] as [SkySource[], object][]) {
      const failure = await predictVisibilities(group, sky, options).catch((error: unknown) => error);
      expect(isPipelineError(failure, 'INVALID_ARGUMENT')).toBe(true);
    }
  });

  test('can be aborted', async () => {
    const reason = new Error('enough');
    const many = Array.from({ length: 40 }, () => model).flat();
    const signal = AbortSignal.timeout(50);
    await expect(predictVisibilities(group, many, { method: 'channels', signal })).rejects.toThrow();
    await expect(predictVisibilities(group, many, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
