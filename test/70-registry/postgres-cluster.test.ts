import { existsSync, renameSync } from 'node:fs';

import { expect, it } from 'vitest';

import { openRegistry } from '../../src/registry/index.js';
import { describeIf } from '../support/oracles.js';
import { canStartCluster, clusterFolder, startCluster, stopCluster } from '../support/postgres-cluster.js';

describeIf(canStartCluster, 'postgresql-15 is not installed', 'a cluster of tests that were killed', () => {
  it('is stopped and removed by the next tests, which leave those of tests that run alone', async () => {
    const [mine, made] = [clusterFolder(), clusterFolder()];
    const left = made.replace(/-\d+-(?=\w+$)/, '-1-'); // of a process that was started at another time
    renameSync(made, left);
    const url = await startCluster(left);
    await (await openRegistry(url)).close();
    const next = clusterFolder();
    await expect(openRegistry(url)).rejects.toMatchObject({ code: 'REGISTRY' });
    expect([mine, left, next].map(path => existsSync(path))).toEqual([true, false, true]);
    [mine, next].forEach(stopCluster);
  });
});
