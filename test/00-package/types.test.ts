import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A project that has installed the package: what `npm pack` would put there, and its dependencies. */
let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'contimg-types-'));
  const installed = join(project, 'node_modules', 'contimg');
  await mkdir(installed, { recursive: true });
  await cp(join(root, 'dist'), join(installed, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(installed, 'package.json'));
  for (const name of ['@types', 'ndarray', 'kysely', 'zod'])
    await symlink(join(root, 'node_modules', name), join(project, 'node_modules', name));
});
afterAll(() => rm(project, { recursive: true }));

const use = `
import { imageGroup, gridVisibilities } from 'contimg';
import type { TileImages, MosaicTile, Uvh5Header } from 'contimg';
import { openRegistry } from 'contimg/registry';
import { groupSubbands } from 'contimg/grouping';
import { publishProduct } from 'contimg/publish';
export const tile: Promise<TileImages> = imageGroup(groupSubbands([]).groups[0]!, { npix: 64 });
export const types: [MosaicTile?, Uvh5Header?] = [];
export const calls = [gridVisibilities, openRegistry, publishProduct];
// @ts-expect-error the options are known by name
void imageGroup({ files: [] }, { npixels: 64 });
`;

it('the types stand on their own for import and require', async () => {
  const names = ['consumer.mts', 'consumer.cts'];
  for (const name of names) await writeFile(join(project, name), use);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
  const { stdout } = await execa(process.execPath, [compiler, ...options, ...names], { cwd: project, reject: false });
  expect(stdout).toBe('');
});
