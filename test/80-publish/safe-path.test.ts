import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { safePath } from '../../src/publish/index.js';

let folder: string;
let root: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'contimg-path-')));
  root = join(folder, 'root');
  await mkdir(join(root, 'mosaics'), { recursive: true });
});

afterEach(() => rm(folder, { recursive: true }));

it.each(['mosaics/a.fits', 'mosaics/a..b.fits', 'mosaics/..a', 'a b', '2026-01-25T22:00:05.fits', 'new/deeper/still'])(
  'lets %j through',
  async path => {
    expect(await safePath(root, path)).toBe(join(root, path));
  },
);

it.each([
  '',
  '.',
  '..',
  '/etc/passwd',
  '../root2/a',
  'mosaics/../../a',
  'mosaics/..',
  'mosaics/./a',
  'mosaics//a',
  'mosaics/',
  'mosaics/a\0.fits',
  'mosaics/a\nb',
  'mosaics/a\u007f',
  `mosaics/${'x'.repeat(256)}`,
  `mosaics/${'é'.repeat(128)}`,
])('refuses %j', async path => {
  await expect(safePath(root, path)).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
});

it('refuses links below the root: to folders, to files, out, within, and into nothing', async () => {
  await mkdir(join(folder, 'root-2'));
  await writeFile(join(root, 'file'), '');
  const links = { out: folder, sibling: join(folder, 'root-2'), up: '..', within: 'mosaics', file: 'file', gone: 'no' };
  for (const [name, target] of Object.entries(links)) {
    const path = join(root, `link-${name}`);
    await symlink(target, path);
    await expect(safePath(root, `link-${name}`)).rejects.toMatchObject({ code: 'UNSAFE_PATH', path });
    await expect(safePath(root, `link-${name}/a`)).rejects.toMatchObject({ code: 'UNSAFE_PATH', path });
  }
});

it('accepts a root that is reached through a link, and gives the real path', async () => {
  await symlink(root, join(folder, 'alias'));
  expect(await safePath(join(folder, 'alias'), 'mosaics/a')).toBe(join(root, 'mosaics/a'));
});

it('says which root is missing', async () => {
  const path = join(folder, 'nowhere');
  await expect(safePath(path, 'a')).rejects.toMatchObject({ code: 'FILE_ACCESS', path });
});
