// Publishes one product and dies without warning after the given number of steps. Prints every step that was done.
import { publishProduct } from '../../dist/publish/index.js';
import { openRegistry } from '../../dist/registry/index.js';

const { location, id, steps, ...options } = JSON.parse(process.argv[2]);
const registry = await openRegistry(location);
let done = 0;
await publishProduct(registry, id, {
  ...options,
  onStep: step => {
    console.log(step);
    if (++done === steps) process.kill(process.pid, 'SIGKILL');
  },
});
await registry.close();
