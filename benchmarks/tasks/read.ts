import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { groupSubbands, indexFolder, readSource, readUvh5, readUvh5Header } from '../../src/index.js';
import type { Uvh5Header } from '../../src/index.js';
import { readHeaderWithWasm } from '../../src/uvh5/read-header-with-wasm.js';
import type { Result, Task } from './index.js';

/** One file to arrays, as they are in the file. */
export async function readFileTask(input: { path: string; threads: number }): Promise<Task> {
  return {
    run: async () => {
      const { visibilities, flags, nsamples } = await readUvh5(input.path, { threads: input.threads });
      return savedArrays(() => [visibilities.data as Float32Array, flags.data, nsamples.data]);
    },
  };
}

/** A group to arrays of `(rows, channels of all files, polarizations)`. */
export async function readGroupTask(input: {
  paths: string[];
  minSubbands: number;
  threads: number;
  savedEvery: number;
}): Promise<Task> {
  const { paths, minSubbands, threads, savedEvery } = input;
  return {
    run: async () => {
      const { visibilities, flags, weights } = await readSource(paths, { minSubbands, threads });
      const perRow = visibilities.shape[1]! * visibilities.shape[2]!;
      return savedArrays(() => {
        const conjugate = everyRow(visibilities.data, 2 * perRow, savedEvery).map((value, i) => (i % 2 ? -value : value)); // prettier-ignore
        return [conjugate, everyRow(flags.data, perRow, savedEvery), everyRow(weights.data, perRow, savedEvery)];
      });
    },
  };
}

/** Headers one by one: with native code, or with h5wasm, which contimg has where there is none. */
export async function readHeadersTask({ paths, wasm }: { paths: string[]; wasm?: true }): Promise<Task> {
  const readHeader = wasm ? readHeaderWithWasm : readUvh5Header;
  return {
    run: async () => {
      const headers: Uvh5Header[] = [];
      for (const path of paths) headers.push(await readHeader(path));
      return savedTimes(() => headers.map(header => header.firstTimeJd));
    },
  };
}

/** A folder to groups. */
export async function indexFolderTask(input: { folder: string }): Promise<Task> {
  return {
    run: async () => {
      const { groups } = groupSubbands(await indexFolder(input.folder));
      return savedTimes(() => groups.flatMap(group => group.files.map(() => group.firstTimeJd)));
    },
  };
}

/** One row in `every`. */
function everyRow<D extends Float32Array | Uint8Array>(data: D, perRow: number, every: number): D {
  const nSaved = Math.ceil(data.length / perRow / every);
  const saved = new (data.constructor as new (length: number) => D)(nSaved * perRow);
  for (let i = 0; i < nSaved; i++) saved.set(data.subarray(i * every * perRow, (i * every + 1) * perRow), i * perRow);
  return saved;
}

function savedTimes(timesJd: () => number[]): Result {
  return folder => writeFile(join(folder, 'times.f64'), Float64Array.from(timesJd()).sort());
}

function savedArrays(arrays: () => [visibilities: Float32Array, flags: Uint8Array, nsamples: Float32Array]): Result {
  return async folder => {
    const [visibilities, flags, nsamples] = arrays();
    await writeFile(join(folder, 'visibilities.f32'), visibilities);
    await writeFile(join(folder, 'flags.u8'), flags);
    await writeFile(join(folder, 'nsamples.f32'), nsamples);
  };
}
