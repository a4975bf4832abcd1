import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { convertToMs, dsa110 } from '../../src/index.js';
import { packageRoot } from '../../src/core/addon.js';
import type { Case, Size } from '../case.js';
import { nCores } from '../data/data-folder.js';
import type { Group } from '../data/subband-group.js';
import { groupIn, observationSizes, rowsOf, simulatedFolder } from '../data/subband-group.js';

/** UVH5 in the page cache to MeasurementSets on disk, synced: cost against size, from a sixteenth to two full groups. */
export function convertCases(size: Size): Case[] {
  const { nChannels } = observationSizes[size];
  return [
    convertCase(size, 'sixteenth', 1, Math.ceil(nChannels / 16)),
    convertCase(size, 'quarter', 1, nChannels / 4),
    convertCase(size, 'group', 1, nChannels),
    convertCase(size, '2-groups', 2, nChannels),
  ];
}

/** @param nChannels of each subband */
function convertCase(size: Size, name: string, nGroups: number, nChannels: number): Case {
  return {
    name: `convert/${name}`,
    params: { groups: nGroups, rows: rowsOf(size), channels: dsa110.nSubbands * nChannels },
    threads: nCores,
    unit: 'GB/s',
    limit: { kind: 'contender', name: 'dd conv=fsync' },
    errorMeans: 'largest difference of |DATA| from the files, Jy',
    contenders: [
      { name: 'contimg', task: { node: 'convert' }, input: { threads: nCores } },
      { name: 'pyuvdata, fastest', task: { python: 'convert_pyuvdata' }, peer: 'pyuvdata' },
      { name: 'dd conv=fsync', task: { python: 'command' } },
    ],
    prepare: async (data, peers) => {
      const folder = await simulatedFolder(data, size, nGroups, nChannels);
      const groups = Array.from({ length: nGroups }, (_, tile) => groupIn(folder, tile));
      const output = data.scratch('converted');
      const bytes = nGroups * (await bytesOfMs(groups[0]!, join(output, 'size.ms')));
      const zeros = join(output, 'zeros');
      const dd = ['dd', 'if=/dev/zero', `of=${zeros}`, 'bs=1M', `count=${Math.ceil(bytes / 2 ** 20)}`, 'conv=fsync'];
      return {
        input: { groups, output, command: dd, remove: [zeros], sync: true },
        work: bytes / 1e9,
        errorOf: async result => {
          const ms = join(result, 'ms');
          const peer = await peers.find('pyuvdata');
          if (!existsSync(ms) || 'absent' in peer) return undefined;
          const script = join(packageRoot(), 'benchmarks', 'python', 'compare_ms.py');
          const files = groups[0]!.files.map(({ path }) => path);
          return Number(execFileSync(peer.python, [script, ms, ...files], { encoding: 'utf8' }));
        },
      };
    },
  };
}

/** What a MeasurementSet of the group takes on disk: the bytes that count, for every contender. */
async function bytesOfMs(group: Group, path: string): Promise<number> {
  await convertToMs(group, { path, autocorrelations: true });
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  const bytes = names.reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
  rmSync(path, { recursive: true });
  return bytes;
}
