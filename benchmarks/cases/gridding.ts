import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { randomOf } from '../../test/support/random.js';
import type { Case, Prepared, Size } from '../case.js';
import { readValues, relativeRms } from '../compare.js';
import { nCores } from '../data/data-folder.js';
import { modelImage, modelPixels, readUvSamples, uvChannels, uvSamplesFolder } from '../data/uv-samples.js';
import { directPixel, directVisibility } from '../direct-sum.js';

const cellArcsec = 3;
const nBlts = 4560 * 24;

interface Setting {
  readonly npix: number;
  readonly epsilon: number;
  readonly flat?: true;
}

const settings: readonly Setting[] = [
  { npix: 2048, epsilon: 1e-4 },
  { npix: 2048, epsilon: 1e-5 },
  { npix: 4096, epsilon: 1e-4 },
  { npix: 4096, epsilon: 1e-5 },
  { npix: 2048, epsilon: 1e-4, flat: true },
];

/** Gridding and degridding a tile in memory, Stokes I, against ducc0's wgridder. */
export function griddingCases(size: Size): Case[] {
  const threads = [...new Set([1, nCores])];
  return (['grid', 'degrid'] as const).flatMap(what =>
    settings.flatMap(setting => threads.map(n => griddingCase(size, what, setting, n))),
  );
}

function griddingCase(size: Size, what: 'grid' | 'degrid', setting: Setting, threads: number): Case {
  const { npix, epsilon, flat = false } = setting;
  const name = `gridding/${what}-${npix}-${epsilon.toExponential()}${flat ? '-flat' : ''}-${threads}t`;
  const nVisibilities = nBlts * uvChannels[size];
  return {
    name,
    params: { npix, cellArcsec, epsilon, wTerm: !flat, visibilities: nVisibilities },
    threads,
    unit: 'Mvis/s',
    limit: { kind: 'fma', flopsPerUnit: 1e6 * flopsPerVisibility(epsilon) },
    errorMeans: 'rms relative to the direct sum',
    contenders: [
      { name: 'contimg', task: { node: what } },
      { name: 'ducc0', task: { python: 'gridding_ducc0' }, peer: 'ducc0', input: { what, flat } },
    ],
    prepare: async data => {
      const folder = await uvSamplesFolder(data, size, flat);
      const model = await data.once(`model-${npix}.f32`, path => writeFile(path, modelImage(npix)));
      const input = { folder, npix, cellArcsec, epsilon, threads, modelImage: model };
      const errorOf = what === 'grid' ? dirtyErrors(folder, npix) : degridErrors(folder, npix);
      return { input, work: nVisibilities / 1e6, errorOf };
    },
  };
}

/** Complex times real multiply-adds onto a square of cells, of a kernel as wide as this accuracy takes. */
function flopsPerVisibility(epsilon: number): number {
  const width = Math.round(-Math.log10(epsilon)) + 2;
  return 4 * width * width;
}

/** At pixels of the whole image, corners included. */
function dirtyErrors(folder: string, npix: number): Prepared['errorOf'] {
  const random = randomOf(6);
  const pixels = [0, npix * npix - 1, ...Array.from({ length: 14 }, () => Math.floor(random() * npix * npix))];
  let truth: number[] | undefined;
  return async resultFolder => {
    if (!truth) {
      const samples = readUvSamples(folder);
      const grid = { nx: npix, ny: npix, cellArcsec };
      truth = pixels.map(pixel => directPixel(samples, grid, Math.floor(pixel / npix), pixel % npix));
    }
    const image = readValues(join(resultFolder, 'image.f32'));
    return relativeRms(
      pixels.map(pixel => image[pixel]!),
      truth,
    );
  };
}

/** At random rows and channels. */
function degridErrors(folder: string, npix: number): Prepared['errorOf'] {
  return async resultFolder => {
    const samples = readUvSamples(folder);
    const grid = { nx: npix, ny: npix, cellArcsec };
    const nFreqs = samples.freqHz.length;
    const model = modelPixels(npix);
    const visibilities = readValues(join(resultFolder, 'visibilities.f32'));
    const random = randomOf(7);
    const [values, truth]: [number[], number[]] = [[], []];
    for (let i = 0; i < 2000; i++) {
      const [row, channel] = [Math.floor(random() * nBlts), Math.floor(random() * nFreqs)];
      const at = 2 * (row * nFreqs + channel);
      values.push(visibilities[at]!, visibilities[at + 1]!);
      truth.push(...directVisibility(samples, grid, model, row, channel));
    }
    return relativeRms(values, truth);
  };
}
