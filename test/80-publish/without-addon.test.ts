import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
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

/** Forms a group, and publishes a file. */
const use = `
  const { openRegistry } = registry;
  const { describeContent, publishProduct } = publish;
  const { checkMosaicGroup, newMosaicGroupId, planMosaicGroups } = grouping;
  (async () => {
    const [workRoot, productsRoot] = process.argv.slice(-2);
    const opened = await openRegistry(workRoot + '/registry.sqlite');
    const tile = { id: 'a', path: 'tiles/a', midTimeMjdSec: 0, decDeg: 0, stage: 'imaged' };
    const options = { groupSize: 1 };
    const [group] = planMosaicGroups([tile], options).groups;
    const { violations } = checkMosaicGroup(group, options);
    await opened.groups.record({ id: 'a', files: [] });
    const newId = attempt => newMosaicGroupId(group, attempt);
    const formed = await opened.mosaicGroups.form({ name: 'm', members: ['a'], options: 'o', newId });
    const files = [await describeContent(workRoot, 'm.fits')];
    await opened.products.register({ id: 'm', kind: 'mosaic', path: 'm.fits', recipe: 'r', files });
    await opened.products.setValidation('m', 'passed');
    await opened.products.setQa('m', 'passed');
    const [path] = await publishProduct(opened, 'm', { workRoot, productsRoot });
    await opened.close();
    console.log(violations.length, formed.state, path);
  })();`;

it.each([
  ['import', (name: string) => `import * as ${name} from 'contimg/${name}';`, 'module'],
  ['require', (name: string) => `const ${name} = require('contimg/${name}');`, 'commonjs'],
])('grouping, registry and publish work by %s', async (_, load, type) => {
  const folder = await mkdtemp(join(copy, 'use-'));
  const [work, products] = [join(folder, 'work'), join(folder, 'products')];
  for (const path of [work, products]) await mkdir(path);
  await writeFile(join(work, 'm.fits'), 'content');
  const script = ['grouping', 'registry', 'publish'].map(load).join('\n') + use;
  const run = await execa('node', [`--input-type=${type}`, '--eval', script, work, products], { cwd: copy });
  const published = join(products, 'mosaics/m.fits');
  expect(run).toMatchObject({ stdout: `0 formed ${published}`, stderr: '' });
  expect(await readFile(published, 'utf8')).toBe('content');
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
