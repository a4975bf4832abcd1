// Forms mosaic groups as other processes do at the same time: its own, and those that all want to form. Prints, as JSON, the
// ids of its groups and the codes of what it was refused.
import { performance } from 'node:perf_hooks';

import { newMosaicGroupId } from '../../dist/grouping/index.js';
import { openRegistry } from '../../dist/registry/index.js';

const { location, own, contested } = JSON.parse(process.argv[2]);
const registry = await openRegistry(location);
console.log('ready');
await new Promise(resolve => process.stdin.once('data', resolve));

const ids = [];
const refused = {};
const start = performance.timeOrigin + performance.now();
for (const members of [...own, ...contested]) {
  const newId = attempt =>
    newMosaicGroupId(
      members.map(path => ({ path, midTimeMjdSec: 0 })),
      attempt,
    );
  try {
    ids.push((await registry.mosaicGroups.form({ name: members.join('+'), members, options: 'o', newId })).id);
  } catch (error) {
    refused[error.code ?? error.stack] = (refused[error.code ?? error.stack] ?? 0) + 1;
  }
}
const end = performance.timeOrigin + performance.now();
await registry.close();
console.log(JSON.stringify({ ids, refused, start, end }));
process.exit();
