import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { simulateObservation } from '../../src/simulation/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The package as it is before the native part was built. */
let copy: string;
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'contimg-unbuilt-'));
  for (const name of ['dist', 'package.json', 'CMakeLists.txt']) {
    await cp(join(root, name), join(copy, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rm(copy, { recursive: true }));

const use = `
  const { openRegistry } = registry;
  const { publishProduct } = publish;
  const { planMosaicGroups } = grouping;
  (async () => {
    const opened = await openRegistry(':memory:');
    const groups = planMosaicGroups([{ id: 'a', midTimeMjdSec: 0, decDeg: 0 }], { groupSize: 1 }).groups.length;
    const code = await publishProduct(opened, 'x', { workRoot: '.', productsRoot: '.' }).catch(error => error.code);
    await opened.close();
    console.log(groups, code);
  })();`;

it.each([
  ['import', (name: string) => `import * as ${name} from 'contimg/${name}';`, 'module'],
  ['require', (name: string) => `const ${name} = require('contimg/${name}');`, 'commonjs'],
])('grouping, registry and publish work by %s', async (_, load, type) => {
  const script = ['grouping', 'registry', 'publish'].map(load).join('\n') + use;
  const run = await execa('node', [`--input-type=${type}`, '--eval', script], { cwd: copy });
  expect(run).toMatchObject({ stdout: '1 REGISTRY', stderr: '' });
});

it('everything else says how to build it', async () => {
  const script = `import { meridianIcrs } from 'contimg';
    try { meridianIcrs(0, 0, { longitudeDeg: 0, latitudeDeg: 0, heightMeters: 0 }); }
    catch (error) { console.log(error.code, error.message); }`;
  const run = await execa('node', ['--input-type=module', '--eval', script], { cwd: copy });
  expect(run.stdout).toMatch(/^NATIVE_ADDON_MISSING .*npm run setup/);
});

it('inspect reads the same headers, in WebAssembly', async () => {
  const folder = join(copy, 'incoming');
  await simulateObservation({ folder, nAntennas: 3, nChannels: 1, nIntegrations: 2 });
  const inspect = async (home: string): Promise<unknown> => {
    const { stdout } = await execa('node', [join(home, 'dist', 'cli', 'main.js'), 'inspect', '--json', folder]);
    return JSON.parse(stdout);
  };
  const without = await inspect(copy);
  expect(without).toMatchObject({ headers: { length: 16 }, groups: [{ complete: true }] });
  expect(without).toEqual(await inspect(root));
});
