// Publishes whatever becomes due, as long as it lives. Prints every step as JSON; stands still, but alive, at `holdAt`.
import { keepPublishing } from '../../dist/publish/index.js';
import { openRegistry } from '../../dist/registry/index.js';

const { location, holdAt, ...options } = JSON.parse(process.argv[2]);
await keepPublishing(await openRegistry(location), {
  ...options,
  intervalSec: 0.05,
  onStep: (step, path) => {
    console.log(JSON.stringify({ step, path }));
    if (step === holdAt) return new Promise(() => undefined);
  },
});
