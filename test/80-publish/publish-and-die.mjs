// Publishes mosaic/m and dies without warning after the given number of steps. Prints every step that was done.
import { publishProduct } from '../../dist/publish/index.js';
import { openRegistry } from '../../dist/registry/index.js';

const [registryPath, workRoot, productsRoot, steps] = process.argv.slice(2);
const registry = await openRegistry(registryPath);
let done = 0;
await publishProduct(registry, 'mosaic/m', {
  workRoot,
  productsRoot,
  onStep: step => {
    console.log(step);
    if (++done === Number(steps)) process.kill(process.pid, 'SIGKILL');
  },
});
await registry.close();
