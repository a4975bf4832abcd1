// Swaps a name between what stands there and a symbolic link elsewhere, as fast as it can, until it is killed.
import { renameSync, symlinkSync } from 'node:fs';

const [name, target] = process.argv.slice(2);
const [honest, link] = [`${name}.honest`, `${name}.link`];
symlinkSync(target, link);
console.log('swapping');
for (;;) {
  renameSync(name, honest);
  renameSync(link, name);
  renameSync(name, link);
  renameSync(honest, name);
}
