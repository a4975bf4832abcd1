import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import ndarray from 'ndarray';

import { degridVisibilities, gridVisibilities } from '../../src/index.js';
import { modelImage, readUvSamples } from '../data/uv-samples.js';
import type { Task } from './index.js';

interface GriddingInput {
  readonly folder: string;
  readonly npix: number;
  readonly cellArcsec: number;
  readonly epsilon: number;
  readonly threads: number;
}

/** Visibilities in memory to a dirty image. */
export async function gridTask(input: GriddingInput): Promise<Task> {
  const { npix, cellArcsec, epsilon, threads } = input;
  const { freqHz, visibilities, uvwMeters } = readUvSamples(input.folder);
  const nBlts = uvwMeters.length / 3;
  const samples = {
    uvwMeters: ndarray(uvwMeters, [nBlts, 3]),
    freqHz,
    visibilities: ndarray(visibilities, [nBlts, freqHz.length, 2]),
  };
  return {
    run: async () => {
      const dirty = await gridVisibilities(samples, { npix, cellArcsec, epsilon, threads });
      return folder => writeFile(join(folder, 'image.f32'), dirty.data);
    },
  };
}

/** An image to visibilities in memory. */
export async function degridTask(input: GriddingInput): Promise<Task> {
  const { npix, cellArcsec, epsilon, threads } = input;
  const { freqHz, uvwMeters } = readUvSamples(input.folder);
  const samples = { uvwMeters: ndarray(uvwMeters, [uvwMeters.length / 3, 3]), freqHz };
  const image = ndarray(modelImage(npix), [npix, npix]);
  return {
    run: async () => {
      const visibilities = await degridVisibilities(image, samples, { cellArcsec, epsilon, threads });
      return folder => writeFile(join(folder, 'visibilities.f32'), visibilities.data);
    },
  };
}
