import { execFileSync } from 'node:child_process';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { convertToMs } from '../../src/index.js';
import type { Group } from '../data/subband-group.js';
import type { Task } from './index.js';

/** Groups to MeasurementSets, one after the other, synced to disk. */
export async function convertTask(input: { groups: Group[]; output: string; threads: number }): Promise<Task> {
  const { groups, output, threads } = input;
  const paths = groups.map((_, i) => `${output}/contimg-${i}.ms`);
  return {
    before: async () => {
      for (const path of paths) await rm(path, { recursive: true, force: true });
      execFileSync('sync');
    },
    run: async () => {
      for (const [i, group] of groups.entries()) {
        await convertToMs(group, { path: paths[i]!, autocorrelations: true, threads });
      }
      return folder => symlink(paths[0]!, join(folder, 'ms'));
    },
  };
}
