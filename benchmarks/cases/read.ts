import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { simulateObservation } from '../../src/index.js';
import { packageRoot } from '../../src/core/addon.js';
import type { Case, Contender, Prepared, Size } from '../case.js';
import { largestDifference } from '../compare.js';
import type { DataFolder } from '../data/data-folder.js';
import { nCores } from '../data/data-folder.js';
import { groupIn, observationSizes, payloadOf, rowsOf, simulatedFolder } from '../data/subband-group.js';
import type { Peer } from '../peers.js';

const arrays = ['visibilities.f32', 'flags.u8', 'nsamples.f32'];

/** How h5py can lay a file out: `chunks: true` is its own choice for a dataset that grows. */
interface Layout {
  readonly name: string;
  readonly chunks?: true | readonly number[];
  readonly compression?: 'lzf' | 'gzip' | 'bitshuffle';
}

const layouts: readonly Layout[] = [
  { name: 'contiguous' },
  { name: 'auto-chunks', chunks: true },
  { name: 'chunks-3492x1x3x1', chunks: [3492, 1, 3, 1] },
  { name: 'chunks-582x1x6x1', chunks: [582, 1, 6, 1] },
  { name: 'chunks-128x1x12x1', chunks: [128, 1, 12, 1] },
  { name: 'lzf', chunks: true, compression: 'lzf' },
  { name: 'gzip', chunks: true, compression: 'gzip' },
  { name: 'bitshuffle', chunks: true, compression: 'bitshuffle' },
];

/** Reading UVH5 from the page cache into arrays. */
export function readCases(size: Size): Case[] {
  return [...layouts.map(layout => fileCase(size, layout)), groupCase(size), headerCase(size), folderCase(size)];
}

/** A byte read is taken from the page cache and put into an array. */
const memoryLimit = { kind: 'memory', bytesPerUnit: 2e9 } as const;

function fileCase(size: Size, layout: Layout): Case {
  const { name, compression } = layout;
  const h5py = compression === 'bitshuffle' ? 'hdf5plugin' : 'h5py';
  return {
    name: `read/file-${name}`,
    params: { rows: rowsOf(size), channels: observationSizes[size].nChannels, megabytes: payloadOf(size) / 1e6 },
    threads: nCores,
    unit: 'GB/s',
    limit: memoryLimit,
    errorMeans: 'largest difference from h5py',
    contenders: [
      contimg('read-file'),
      { name: 'h5py', task: { python: 'read_h5py' }, peer: h5py, input: { what: 'file' } },
      pyuvdata('pyuvdata, no checks', { what: 'file' }),
    ],
    prepare: async (data, peers) => {
      const source = groupIn(await simulatedFolder(data, size)).files[0]!.path;
      const path = await rewritten(data, size, source, layout, await peers.find(h5py));
      return compared({ path, plugin: compression === 'bitshuffle' }, payloadOf(size) / 1e9, arrays);
    },
  };
}

/** The file in another layout, as h5py writes it. */
async function rewritten(data: DataFolder, size: Size, source: string, layout: Layout, h5py: Peer): Promise<string> {
  if ('absent' in h5py) throw new Error(`h5py, which writes the file, is ${h5py.absent}`);
  return data.once(`file-${size}-${layout.name}.hdf5`, async path => {
    const script = join(packageRoot(), 'benchmarks', 'python', 'relayout.py');
    execFileSync(h5py.python, [script, source, path, JSON.stringify(layout)]);
  });
}

function groupCase(size: Size): Case {
  return {
    name: 'read/group',
    params: { files: 16, rows: rowsOf(size), channels: 16 * observationSizes[size].nChannels },
    threads: nCores,
    unit: 'GB/s',
    limit: memoryLimit,
    errorMeans: 'largest difference from h5py, every 64th row',
    contenders: [
      contimg('read-group'),
      { name: 'h5py', task: { python: 'read_h5py' }, peer: 'h5py', input: { what: 'group' } },
      pyuvdata('pyuvdata, fastest', { what: 'group' }),
    ],
    prepare: async data => {
      const paths = groupIn(await simulatedFolder(data, size)).files.map(file => file.path);
      return compared({ paths, minSubbands: 16, savedEvery: 64 }, (16 * payloadOf(size)) / 1e9, arrays);
    },
  };
}

function headerCase(size: Size): Case {
  return {
    name: 'read/header',
    params: { files: 16, rows: rowsOf(size) },
    threads: 1,
    unit: 'files/s',
    errorMeans: 'largest difference of times from h5py, days',
    contenders: [
      contimg('read-headers'),
      { name: 'contimg by h5wasm', task: { node: 'read-headers' }, input: { wasm: true } },
      { name: 'h5py', task: { python: 'read_h5py' }, peer: 'h5py', input: { what: 'headers' } },
      pyuvdata('pyuvdata FastUVH5Meta', { what: 'headers' }),
    ],
    prepare: async data => {
      const paths = groupIn(await simulatedFolder(data, size)).files.map(file => file.path);
      return compared({ paths }, paths.length, ['times.f64']);
    },
  };
}

function folderCase(size: Size): Case {
  const nTiles = size === 'full' ? 100 : 5;
  return {
    name: 'read/index-folder',
    params: { files: 16 * nTiles, antennas: 8 },
    threads: 1,
    unit: 'files/s',
    errorMeans: 'largest difference of times from h5py, days',
    contenders: [
      contimg('index-folder'),
      { name: 'h5py', task: { python: 'read_h5py' }, peer: 'h5py', input: { what: 'folder' } },
    ],
    prepare: async data => {
      const folder = await data.once(`folder-of-${16 * nTiles}`, async path => {
        await simulateObservation({ folder: path, nTiles, nAntennas: 8, nChannels: 2, noise: 0, nSources: 1 });
      });
      return compared({ folder }, 16 * nTiles, ['times.f64']);
    },
  };
}

function contimg(node: string): Contender {
  return { name: 'contimg', task: { node }, input: { threads: nCores } };
}

function pyuvdata(name: string, input: Record<string, unknown>): Contender {
  return { name, task: { python: 'read_pyuvdata' }, peer: 'pyuvdata', input };
}

/** Results are judged by what h5py read. */
function compared(input: Prepared['input'], work: number, names: readonly string[]): Prepared {
  return {
    input,
    work,
    errorOf: async (folder, saved) => {
      const truth = saved.get('h5py');
      return truth === undefined ? undefined : largestDifference(folder, truth, names);
    },
  };
}
