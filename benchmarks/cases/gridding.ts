import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { randomOf } from '../../test/support/random.js';
import type { Case, Prepared, Size } from '../case.js';
import { readValues, relativeRms } from '../compare.js';
import { nCores } from '../data/data-folder.js';
import type { Baselines } from '../data/uv-samples.js';
import { modelImage, modelPixels, readUvSamples, uvSamplesFolder } from '../data/uv-samples.js';
import { directPixel, directVisibility } from '../direct-sum.js';

const cellArcsec = 3;

interface Setting {
  readonly npix: number;
  readonly epsilon: number;
  readonly baselines?: Baselines;
}

/** Gridded and degridded, on one thread and on all. */
const settings: readonly Setting[] = [
  { npix: 2048, epsilon: 1e-4 },
  { npix: 2048, epsilon: 1e-5 },
  { npix: 4096, epsilon: 1e-4 },
  { npix: 4096, epsilon: 1e-5 },
  { npix: 2048, epsilon: 1e-4, baselines: 'flat' },
  { npix: 2048, epsilon: 1e-4, baselines: 'long-track' },
];

/** Cost against size: images of a full tile, and fewer channels over its band, down to 1.3 million visibilities. */
const scaling: readonly { readonly npix: number; readonly nFreqs: number }[] = [
  ...[512, 1024, 2048, 4096, 8192].map(npix => ({ npix, nFreqs: 768 })),
  ...[12, 48, 192].map(nFreqs => ({ npix: 2048, nFreqs })),
];

/** Gridding and degridding in memory, Stokes I, against ducc0's wgridder. */
export function griddingCases(size: Size): Case[] {
  const threads = [...new Set([1, nCores])];
  const each = threads.flatMap(n => [
    ...(['grid', 'degrid'] as const).flatMap(what =>
      settings.map(({ npix, epsilon, baselines = 'tile' }) => {
        const name = [what, npix, epsilon.toExponential(), ...(baselines === 'tile' ? [] : [baselines])].join('-');
        return griddingCase(size, { what, npix, epsilon, baselines, nFreqs: 768, name }, n);
      }),
    ),
    ...scaling.map(({ npix, nFreqs }) => {
      const name = `scaling-${npix}-${nFreqs}ch`;
      const setting = { what: 'grid', npix, epsilon: 1e-4, baselines: 'tile', nFreqs, name } as const;
      return { ...griddingCase(size, setting, n), maxRounds: 2 };
    }),
  ]);
  return each.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

interface GriddingCase extends Required<Setting> {
  readonly what: 'grid' | 'degrid';
  /** Of the full size. */
  readonly nFreqs: number;
  readonly name: string;
}

function griddingCase(
  size: Size,
  { what, npix, epsilon, baselines, name, ...full }: GriddingCase,
  threads: number,
): Case {
  const nFreqs = size === 'full' ? full.nFreqs : Math.ceil(full.nFreqs / 16);
  const rows = baselines === 'long-track' ? 2016 * 54 : 4560 * 24;
  return {
    name: `gridding/${name}-${threads}t`,
    params: { npix, cellArcsec, epsilon, baselines, rows, channels: nFreqs },
    threads,
    unit: 'Mvis/s',
    limit: { kind: 'fma', flopsPerUnit: 1e6 * flopsPerVisibility(epsilon) },
    errorMeans: 'rms relative to the direct sum',
    contenders: [
      { name: 'contimg', task: { node: what } },
      {
        name: 'ducc0',
        task: { python: 'gridding_ducc0' },
        peer: 'ducc0',
        input: { what, flat: baselines === 'flat' },
      },
    ],
    prepare: async data => {
      const folder = await uvSamplesFolder(data, baselines, nFreqs);
      const model = await data.once(`model-${npix}.f32`, path => writeFile(path, modelImage(npix)));
      const input = { folder, npix, cellArcsec, epsilon, threads, modelImage: model };
      const errorOf = what === 'grid' ? dirtyErrors(folder, npix) : degridErrors(folder, npix);
      return { input, work: (rows * nFreqs) / 1e6, errorOf };
    },
  };
}

/** Complex times real multiply-adds onto a square of cells, of a kernel as wide as this accuracy takes. */
export function flopsPerVisibility(epsilon: number): number {
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
    const [nRows, nFreqs] = [samples.uvwMeters.length / 3, samples.freqHz.length];
    const model = modelPixels(npix);
    const visibilities = readValues(join(resultFolder, 'visibilities.f32'));
    const random = randomOf(7);
    const [values, truth]: [number[], number[]] = [[], []];
    for (let i = 0; i < 2000; i++) {
      const [row, channel] = [Math.floor(random() * nRows), Math.floor(random() * nFreqs)];
      const at = 2 * (row * nFreqs + channel);
      values.push(visibilities[at]!, visibilities[at + 1]!);
      truth.push(...directVisibility(samples, grid, model, row, channel));
    }
    return relativeRms(values, truth);
  };
}
