import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';

import { degridVisibilities, gridVisibilities, InvalidArgumentError } from '../../src/index.js';
import { randomOf } from '../support/random.js';
import { dsa110Samples, turns } from './uv-samples.js';
import type { Samples } from './uv-samples.js';

const arcsec = Math.PI / 180 / 3600;

/** One pixel of the dirty image by its definition. */
function dftPixel(samples: Samples, npix: number, cellArcsec: number, y: number, x: number): number {
  let sum = 0;
  for (let row = 0; row < samples.uvwMeters.shape[0]!; row++) {
    for (let channel = 0; channel < samples.freqHz.length; channel++) {
      const phase = 2 * Math.PI * turns(samples, row, channel, npix, cellArcsec * arcsec, y, x);
      const [re, im] = [samples.visibilities.get(row, channel, 0), samples.visibilities.get(row, channel, 1)];
      sum += samples.weights.get(row, channel) * (re * Math.cos(phase) - im * Math.sin(phase));
    }
  }
  return sum;
}

describe('on the baselines of DSA-110', () => {
  test.each([-30, 16, 80])('a dirty image 4 degrees wide at declination %d is the direct sum', async decDeg => {
    const random = randomOf(1);
    const samples = dsa110Samples(decDeg, 12, random);
    const [npix, cellArcsec] = [1200, 12];
    const image = await gridVisibilities(samples, { npix, cellArcsec });
    expect(image.shape).toEqual([npix, npix]);
    let error = 0;
    let power = 0;
    for (let i = 0; i < 60; i++) {
      const [y, x] = i === 0 ? [0, 0] : [Math.floor(random() * npix), Math.floor(random() * npix)];
      const truth = dftPixel(samples, npix, cellArcsec, y!, x!);
      error += (image.get(y!, x!) - truth) ** 2;
      power += truth ** 2;
    }
    expect(Math.sqrt(error / power)).toBeLessThan(1e-5);
  });

  test('a source in the corner of 4 degrees has the visibilities of a plane wave with its w term', async () => {
    const samples = dsa110Samples(-30, 12, randomOf(2));
    const [npix, cellArcsec] = [1200, 12];
    const image = ndarray(new Float32Array(npix * npix), [npix, npix]);
    image.set(1190, 8, 2.5);
    const visibilities = await degridVisibilities(image, samples, { cellArcsec });
    expect(visibilities.shape).toEqual(samples.visibilities.shape);
    let error = 0;
    let count = 0;
    for (let row = 0; row < visibilities.shape[0]!; row++) {
      for (let channel = 0; channel < 12; channel++) {
        const [re, im] = [visibilities.get(row, channel, 0), visibilities.get(row, channel, 1)];
        if (samples.weights.get(row, channel) === 0) {
          expect([re, im]).toEqual([0, 0]);
          continue;
        }
        const phase = -2 * Math.PI * turns(samples, row, channel, npix, cellArcsec * arcsec, 1190, 8);
        error += (re - 2.5 * Math.cos(phase)) ** 2 + (im - 2.5 * Math.sin(phase)) ** 2;
        count++;
      }
    }
    expect(Math.sqrt(error / count) / 2.5).toBeLessThan(1e-5);
  });

  test('a point source ends up in its pixel, north up and east left, with the sum of weights', async () => {
    const samples = dsa110Samples(16, 4, randomOf(3));
    const [npix, cellArcsec] = [512, 5];
    const source = ndarray(new Float32Array(npix * npix), [npix, npix]);
    source.set(300, 100, 1);
    const visibilities = await degridVisibilities(source, samples, { cellArcsec });
    const dirty = await gridVisibilities({ ...samples, visibilities }, { npix, cellArcsec });
    const peak = dirty.data.reduce((best, value, i) => (value > dirty.data[best]! ? i : best), 0);
    expect([Math.floor(peak / npix), peak % npix]).toEqual([300, 100]);
    expect(dirty.data[peak]! / samples.weights.data.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 4);
  });
});

test('nx and ny make an oblong image, and missing weights are 1', async () => {
  const samples = dsa110Samples(16, 2, randomOf(4));
  const ones = ndarray(new Float32Array(samples.weights.data.length).fill(1), samples.weights.shape);
  const options = { nx: 96, ny: 64, cellArcsec: 20, epsilon: 1e-4 };
  const image = await gridVisibilities({ ...samples, weights: ones }, options);
  expect(image.shape).toEqual([64, 96]);
  const { uvwMeters, freqHz, visibilities } = samples;
  expect((await gridVisibilities({ uvwMeters, freqHz, visibilities }, options)).data).toEqual(image.data);
});

test('Float64Arrays are gridded and degridded in double precision', async () => {
  const single = dsa110Samples(16, 3, randomOf(8));
  const visibilities = ndarray(Float64Array.from(single.visibilities.data), single.visibilities.shape);
  const weights = ndarray(Float64Array.from(single.weights.data), single.weights.shape);
  const options = { npix: 64, cellArcsec: 20, epsilon: 1e-12 };
  const image = await gridVisibilities({ ...single, visibilities, weights }, options);
  expect(image.data).toBeInstanceOf(Float64Array);
  const truth = dftPixel(single, 64, 20, 60, 3);
  expect(Math.abs(image.get(60, 3) - truth) / Math.abs(truth)).toBeLessThan(1e-11);

  const { uvwMeters, freqHz } = single;
  const source = ndarray(new Float64Array(64 * 64), [64, 64]);
  source.set(60, 3, 1);
  const degridded = await degridVisibilities(source, { uvwMeters, freqHz }, { cellArcsec: 20, epsilon: 1e-12 });
  const phase = -2 * Math.PI * turns(single, 40, 2, 64, 20 * arcsec, 60, 3);
  expect(Math.abs(degridded.get(40, 2, 0) - Math.cos(phase))).toBeLessThan(1e-11);
  expect(Math.abs(degridded.get(40, 2, 1) - Math.sin(phase))).toBeLessThan(1e-11);
});

test('one thread and two give the same bits', async () => {
  const samples = dsa110Samples(54, 8, randomOf(5));
  const options = { npix: 512, cellArcsec: 6, epsilon: 1e-4 };
  const one = await gridVisibilities(samples, { ...options, threads: 1 });
  const two = await gridVisibilities(samples, { ...options, threads: 2 });
  expect(Buffer.from(one.data.buffer).equals(Buffer.from(two.data.buffer))).toBe(true);
});

test('no rows give a black image', async () => {
  const none = {
    uvwMeters: ndarray(new Float64Array(0), [0, 3]),
    freqHz: [1.4e9],
    visibilities: ndarray(new Float32Array(0), [0, 1, 2]),
  };
  const image = await gridVisibilities(none, { npix: 16, cellArcsec: 3 });
  expect(image.data).toEqual(new Float32Array(256));
});

test('reports progress and rejects with the reason of an abort', async () => {
  const samples = dsa110Samples(-30, 8, randomOf(6));
  const fractions: number[] = [];
  await gridVisibilities(samples, { npix: 256, cellArcsec: 50, onProgress: fraction => fractions.push(fraction) });
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(fractions.at(-1)).toBe(1);
  const controller = new AbortController();
  const reason = new Error('enough');
  const running = gridVisibilities(samples, {
    npix: 256,
    cellArcsec: 50,
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  await expect(running).rejects.toBe(reason);
});

describe('refuses, saying what was expected and what came,', () => {
  const samples = dsa110Samples(16, 2, randomOf(7));
  const good = { npix: 64, cellArcsec: 10 };
  const float32 = (...shape: number[]) =>
    ndarray(new Float32Array(shape.reduce((product, extent) => product * extent, 1)), shape);
  test.each([
    ['odd sizes', {}, { npix: 63 }, /even/],
    ['sizes below 2', {}, { npix: 0 }, /nx/],
    ['both npix and nx', {}, { nx: 64 }, /either npix/],
    ['a negative cell', {}, { cellArcsec: -3 }, /cellArcsec .* -3/],
    ['an image beyond the horizon', {}, { npix: 4096, cellArcsec: 100 }, /horizon/],
    ['an accuracy that single precision has not', {}, { epsilon: 1e-7 }, /epsilon .* 1e-7/],
    ['an accuracy that is none', {}, { epsilon: 0.5 }, /epsilon .* 0\.5/],
    ['options it does not know', {}, { cell: 3 }, /received cell/],
    ['visibilities of another shape', { visibilities: float32(3, 2, 2) }, {}, /visibilities .* \(3, 2, 2\)/],
    ['real visibilities', { visibilities: float32(samples.uvwMeters.shape[0]!, 2) }, {}, /visibilities/],
    ['weights of another precision', { weights: ndarray(new Float64Array(2), [1, 2]) }, {}, /weights .* Float32Array/],
    ['weights of another shape', { weights: float32(1, 2) }, {}, /weights/],
    ['single-precision uvw', { uvwMeters: float32(5, 3) }, {}, /uvwMeters .* Float64Array .* Float32Array/],
    ['frequencies of 0', { freqHz: [0, 1e9] }, {}, /frequencies/],
  ])('%s', async (_, badSamples, badOptions, message) => {
    const run = gridVisibilities({ ...samples, ...badSamples } as Samples, { ...good, ...badOptions } as typeof good);
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toBeInstanceOf(InvalidArgumentError);
  });

  test('negative weights', async () => {
    const weights = ndarray(samples.weights.data.slice().fill(-1, 5, 6), samples.weights.shape);
    await expect(gridVisibilities({ ...samples, weights }, good)).rejects.toThrow(/weights .* row 2, channel 1/);
  });
});
