// Tries to publish all products of a list, as other processes do at the same time. Prints, as JSON, those that it published
// and the codes of what it was refused.
import { publishDue, publishProduct } from '../../dist/publish/index.js';
import { openRegistry } from '../../dist/registry/index.js';

const { location, ids, automatic, ...roots } = JSON.parse(process.argv[2]);
const registry = await openRegistry(location);
console.log('ready');
await new Promise(resolve => process.stdin.once('data', resolve));

const published = [];
const refused = {};
const refuse = error => {
  const code = error.code ?? error.stack;
  refused[code] = (refused[code] ?? 0) + 1;
};
const options = { ...roots, onStep: (step, id) => step === 'completed' && published.push(id) };
if (automatic) {
  for (const { error } of (await publishDue(registry, options)).failed) refuse(error);
} else {
  for (const id of ids) await publishProduct(registry, id, options).catch(refuse);
}
await registry.close();
console.log(JSON.stringify({ published, refused }));
process.exit();
