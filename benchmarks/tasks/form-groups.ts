import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { newMosaicGroupId, openRegistry } from '../../src/index.js';
import { ContenderProcess } from '../contender-process.js';
import type { Task } from './index.js';

interface Input {
  /** Of the registry. */
  readonly location: string;
  readonly nGroups: number;
  readonly nProcesses: number;
}

/** Groups that one process forms; members are ids of subband groups that are recorded already. */
interface OwnInput {
  readonly location: string;
  readonly groups: readonly (readonly string[])[];
}

/** Many processes, each with connections of its own that are open already, form mosaic groups of ten tiles at once. */
export function formGroupsTask({ location, nGroups, nProcesses }: Input): Promise<Task> {
  const groupSize = 10;
  let round = 0;
  let processes: ContenderProcess[] = [];
  return Promise.resolve({
    before: async () => {
      const registry = await openRegistry(location);
      const tiles = Array.from({ length: nGroups + groupSize }, (_, i) => `${round}-${String(i).padStart(4, '0')}`);
      for (const id of tiles) await registry.groups.record({ id, files: [] });
      await registry.close();
      round++;
      const groups = Array.from({ length: nGroups }, (_, i) => tiles.slice(i, i + groupSize));
      const shares = Array.from({ length: nProcesses }, (_, i) => groups.filter((_, j) => j % nProcesses === i));
      const command = [process.execPath, process.argv[1]!, 'form-own-groups'];
      processes = await Promise.all(
        shares.map(share => ContenderProcess.start([...command, JSON.stringify({ location, groups: share })])),
      );
    },
    run: async () => {
      await Promise.all(processes.map(each => each.run()));
      return async folder => {
        await Promise.all(processes.map(each => each.end()));
        const registry = await openRegistry(location);
        const formed = (await registry.mosaicGroups.list()).filter(({ name }) => name.startsWith(`${round - 1}-`));
        await registry.close();
        const nLost = nGroups - new Set(formed.map(({ member_list }) => member_list)).size;
        await writeFile(join(folder, 'groups.json'), JSON.stringify({ nLost }));
      };
    },
  });
}

/** One of those processes: forms its groups, one after the other. */
export async function formOwnGroupsTask({ location, groups }: OwnInput): Promise<Task> {
  const registry = await openRegistry(location);
  return {
    run: async () => {
      for (const members of groups) {
        const identified = members.map((path, i) => ({ path, midTimeMjdSec: 309 * i }));
        const newId = (attempt: number) => newMosaicGroupId(identified, attempt);
        await registry.mosaicGroups.form({ name: members.join('+'), members, options: 'o', newId });
      }
      return () => Promise.resolve();
    },
  };
}
