import ndarray from 'ndarray';
import { expect, test } from 'vitest';

import { imagingWeights, InvalidArgumentError } from '../../src/index.js';

/** Two visibilities in one uv cell, the second of them conjugated, and one alone. */
const samples = {
  uvwMeters: ndarray(Float64Array.of(300, 200, 5, -300.1, -200, 9, -900, 150, 0), [3, 3]),
  freqHz: [1.4e9],
  weights: ndarray(Float32Array.of(1, 3, 2), [3, 1]),
};
const grid = { npix: 256, cellArcsec: 5 };

test('natural weights are the data weights', async () => {
  const weights = await imagingWeights(samples, { scheme: 'natural' }, grid);
  expect(weights.shape).toEqual([3, 1]);
  expect(weights.data).toEqual(samples.weights.data);
});

test('uniform weights share a cell, conjugates included', async () => {
  const weights = await imagingWeights(samples, { scheme: 'uniform' }, grid);
  expect([...weights.data]).toEqual([0.25, 0.75, 1]);
});

test('Briggs weights follow the formula', async () => {
  const f2 = (5 * 10 ** -0.5) ** 2 / ((4 * 4 + 2 * 2) / 6);
  const weights = await imagingWeights(samples, { scheme: 'briggs', robust: 0.5 }, grid);
  [1 / (1 + 4 * f2), 3 / (1 + 4 * f2), 2 / (1 + 2 * f2)].forEach((expected, row) =>
    expect(weights.get(row, 0)).toBeCloseTo(expected, 6),
  );
});

test.each(['natural', 'uniform', 'briggs'] as const)('%s weights of NaN and below 0 are refused', async scheme => {
  for (const bad of [NaN, -1, Infinity]) {
    const weights = ndarray(Float32Array.of(1, bad, 2), [3, 1]);
    const run = imagingWeights({ ...samples, weights }, { scheme, robust: 0 }, grid);
    await expect(run).rejects.toThrow(/finite weights >= 0 .* row 1, channel 0/);
    await expect(run).rejects.toBeInstanceOf(InvalidArgumentError);
  }
});

test('unknown schemes and robustness out of range are refused', async () => {
  const unknown = imagingWeights(samples, { scheme: 'super' } as never, grid);
  await expect(unknown).rejects.toBeInstanceOf(InvalidArgumentError);
  await expect(imagingWeights(samples, { scheme: 'briggs', robust: 5 }, grid)).rejects.toThrow(/robust/);
});
