import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isPipelineError } from '../../src/core/errors.js';
import { publishProduct, safePath } from '../../src/publish/index.js';
import { using } from '../../src/publish/folder.js';
import { sqlite } from '../support/databases.js';
import { Site } from '../support/publishing-site.js';

const secret = 'secret';

/** A site with things outside its roots that nobody may read or change, and with traps below its work folder. */
let site: Site;
let outside: string;

beforeEach(async () => {
  site = await Site.make(sqlite);
  outside = join(site.folder, 'outside');
  for (const folder of ['outside', 'work-2', 'wor', 'products-2']) {
    await mkdir(join(site.folder, folder));
    await writeFile(join(site.folder, folder, 'victim'), secret);
  }
  await mkdir(join(site.workRoot, 'mosaics/deep'), { recursive: true });
  await writeFile(join(site.workRoot, 'mosaics/plain'), 'plain');
  for (const [name, target] of Object.entries(links())) await symlink(target, join(site.workRoot, name));
  spawnSync('mkfifo', [join(site.workRoot, 'pipe')]);
  spawnSync('mknod', [join(site.workRoot, 'null'), 'c', '1', '3']); // without root it is not there, which is as good
});

afterEach(() => site.remove());

const links = () => ({
  'link-out': outside,
  'link-victim': join(outside, 'victim'),
  'link-up': '..',
  'link-within': 'mosaics',
  'link-sibling': '../work-2',
  'link-prefix': '../wor',
  'link-nowhere': 'gone',
  'link-loop': 'link-loop',
  'link-proc': '/proc/self/root',
  'link-fd': '/proc/self/fd',
});

/** Everything outside, by content. */
async function outsiders(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const folder of ['outside', 'work-2', 'wor', 'products-2'])
    for (const name of await readdir(join(site.folder, folder)))
      found[`${folder}/${name}`] = await readFile(join(site.folder, folder, name), 'utf8');
  return found;
}

/** Every way up, spelt in every way, before, between and after honest names. */
function traversals(): string[] {
  const ups = ['..', '../..', './..', '.../..', '..//..', 'mosaics/../..', 'mosaics/deep/../../..', '%2e%2e', '..%2f'];
  const ends = ['victim', 'outside/victim', 'work-2/victim', 'wor/victim', 'etc/passwd', ''];
  const places = [(up: string, end: string) => `${up}/${end}`, (up: string, end: string) => `mosaics/${up}/${end}`];
  return ups.flatMap(up => ends.flatMap(end => places.map(place => place(up, end))));
}

/** Names that some systems take for others. */
function disguises(): string[] {
  const dots = [
    '․․',
    '‥',
    '．．',
    '。。',
    '..\u0000',
    '.\u0000.',
    '..\u200b',
    '..\u202e',
    '\u2024.',
    '..\\',
    '\\..\\..',
  ];
  const slashes = ['／', '⁄', '∕', '\\', '%2f', '%c0%af'];
  return dots.flatMap(dot => slashes.map(slash => `mosaics/${dot}${slash}${dot}${slash}outside${slash}victim`));
}

const oddities = [
  ...[
    '',
    '.',
    '..',
    '/',
    '//',
    './',
    '../',
    'mosaics/',
    'mosaics//plain',
    'mosaics/./plain',
    '/etc/passwd',
    '//etc/passwd',
  ],
  ...['~', '~root/x', '$HOME/x', '`id`', '*', '?', 'C:\\x', '\\\\host\\share', 'file:///etc/passwd'],
  ...[
    'mosaics/a\0b',
    'mosaics/\n',
    'mosaics/a\tb',
    'mosaics/\u001b[2J',
    'mosaics/a\u007f',
    'mosaics/\u0085',
    'a\ud800',
  ],
  ...['x', 'é', '😀'].map(letter => `mosaics/${letter.repeat(300)}`),
  `${'mosaics/'.repeat(2000)}x`,
  `${'a/'.repeat(5000)}x`,
  ...[
    'MOSAICS/plain',
    'Mosaics/Plain',
    'mosaics/PLAIN',
    'mosaics/e\u0301',
    'mosaics/\u00e9',
    'mosaics/\ufb01',
    'mosaics/ſ',
  ],
  ...['mosaics/plain/x', 'mosaics/deep', 'pipe', 'pipe/x', 'null', 'null/x'],
];

const linked = () =>
  Object.keys(links()).flatMap(name => [
    ...[name, `${name}/victim`, `${name}/new`, `${name}/outside/victim`, `${name}/deep/new`, `./${name}/victim`],
    `mosaics/../${name}/victim`,
  ]);

const cases = () => [...new Set([...traversals(), ...disguises(), ...oddities, ...linked()])];

it('has more than 200 cases', () => {
  expect(cases().length).toBeGreaterThan(200);
});

describe('no path of all cases', () => {
  it('gets a file written or read outside the root, or a link followed', async () => {
    const before = await outsiders();
    let kept = 0;
    for (const path of cases()) {
      try {
        await using(await safePath(site.workRoot, path, true), async ({ folder, name }) => {
          if ((await folder.stat(name)) === undefined) await (await folder.createFile(name)).close();
          else expect(await (await folder.openFile(name)).readFile('utf8'), path).not.toBe(secret);
          expect((await realpath(join(folder.path, name))).startsWith(`${site.workRoot}/`), path).toBe(true);
        });
        kept++;
      } catch (error) {
        if (!isPipelineError(error, 'UNSAFE_PATH', 'FILE_ACCESS')) throw error;
      }
    }
    expect(await outsiders()).toEqual(before);
    expect(kept).toBeGreaterThan(20); // odd names that are names all the same
    expect(await readdir(site.productsRoot)).toEqual([]);
  });

  it('gets anything published that is not below the work folder, nor anywhere but below the products folder', async () => {
    const before = await outsiders();
    const staged = await site.staged();
    const sha256 = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b'; // of what the victims hold
    for (const [i, path] of cases().entries()) {
      const id = `evil${i}`;
      const files = [{ path, sizeBytes: secret.length, sha256 }];
      await site.registry.products.register({ id, kind: 'mosaic', path: `evil/${i}`, recipe: '', files });
      await site.registry.products.setValidation(id, 'passed');
      await site.registry.products.setQa(id, 'passed');
      const error: unknown = await publishProduct(site.registry, id, site.roots).catch((thrown: unknown) => thrown);
      expect(isPipelineError(error, 'UNSAFE_PATH', 'FILE_ACCESS'), `${path}: ${String(error)}`).toBe(true);
    }
    expect(await outsiders()).toEqual(before);
    expect(await site.staged()).toEqual(staged);
    expect(await site.published()).toEqual({});
  });
});

it('refuses what is no plain file: devices, pipes and sockets, and does not wait for them', async () => {
  const server = createServer().listen(join(site.workRoot, 'socket'));
  await once(server, 'listening');
  for (const name of ['pipe', 'socket', 'null', 'link-victim']) {
    await using(await safePath(site.workRoot, name), async ({ folder }) => {
      if (await folder.stat(name))
        await expect(folder.openFile(name), name).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
    });
  }
  server.close();
});

it('publishes of a hard link to something outside a copy at most, which that does not change', async () => {
  await link(join(outside, 'victim'), join(site.workRoot, 'mosaics/alias'));
  const sha256 = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b';
  const files = [{ path: 'mosaics/alias', sizeBytes: secret.length, sha256 }];
  await site.registry.products.register({ id: 'm', kind: 'mosaic', path: 'mosaics/alias', recipe: '', files });
  await site.registry.products.setValidation('m', 'passed');
  await site.registry.products.setQa('m', 'passed');
  await publishProduct(site.registry, 'm', site.roots);
  await writeFile(join(outside, 'victim'), 'changed');
  expect(await site.published()).toEqual({ 'mosaics/alias': secret });
});

describe('a name that a second process swaps for a link all the time', () => {
  const swapper = fileURLToPath(new URL('swap-links.mjs', import.meta.url));

  async function whileSwapping(name: string, target: string, work: () => Promise<void>): Promise<void> {
    const child = execa('node', [swapper, name, target], { reject: false });
    try {
      await once(child.stdout, 'data');
      await work();
    } finally {
      child.kill('SIGKILL');
      await child;
    }
  }

  it('never leads out when it is a folder on the way', async () => {
    let [written, refused] = [0, 0];
    await whileSwapping(join(site.workRoot, 'mosaics/deep'), outside, async () => {
      for (let i = 0; i < 3000; i++) {
        try {
          await using(await safePath(site.workRoot, `mosaics/deep/file${i}`), async ({ folder, name }) => {
            await (await folder.createFile(name)).close();
            written++;
          });
        } catch (error) {
          if (!isPipelineError(error, 'UNSAFE_PATH', 'FILE_ACCESS')) throw error;
          refused++;
        }
      }
    });
    expect(await readdir(outside)).toEqual(['victim']);
    expect(written).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });

  it('is never read through when it is the file itself', async () => {
    let [honest, refused] = [0, 0];
    await whileSwapping(join(site.workRoot, 'mosaics/plain'), join(outside, 'victim'), async () => {
      for (let i = 0; i < 3000; i++) {
        try {
          await using(await safePath(site.workRoot, 'mosaics/plain'), async ({ folder, name }) =>
            using(await folder.openFile(name), async file => expect(await file.readFile('utf8')).toBe('plain')),
          );
          honest++;
        } catch (error) {
          if (!isPipelineError(error, 'UNSAFE_PATH', 'FILE_ACCESS')) throw error;
          refused++;
        }
      }
    });
    expect(honest).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });

  it('never gets anything published elsewhere, nor anything else published', async () => {
    await mkdir(join(site.productsRoot, 'mosaics'));
    const names = Array.from({ length: 40 }, (_, i) => `m${i}`);
    for (const name of names) await site.stage(name);
    let nPublished = 0;
    await whileSwapping(join(site.productsRoot, 'mosaics'), outside, async () => {
      for (const name of names) {
        const attempt = publishProduct(site.registry, `mosaics/${name}`, site.roots);
        nPublished += await attempt.then(
          () => 1,
          () => 0,
        );
      }
    });
    expect(await readdir(outside)).toEqual(['victim']);
    expect(nPublished + (await site.registry.products.list({ state: 'failed' })).length).toBeGreaterThan(0);
    for (const content of Object.values(await site.published())) expect(content).not.toContain(secret);
  });
});

it('works below a root that is reached through a link, and says which root is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'contimg-path-'));
  await symlink(site.workRoot, join(folder, 'alias'));
  await using(await safePath(join(folder, 'alias'), 'mosaics/a'), async ({ path }) => {
    expect(path).toBe(join(site.workRoot, 'mosaics/a'));
    await Promise.resolve();
  });
  const missing = join(folder, 'nowhere');
  await expect(safePath(missing, 'a')).rejects.toMatchObject({ code: 'FILE_ACCESS', path: missing });
  await rm(folder, { recursive: true });
});

it.each(['mosaics/a.fits', 'mosaics/a..b.fits', 'mosaics/..a', 'a b', '2026-01-25T22:00:05.fits', 'new/deeper/still'])(
  'lets %j through',
  async path => {
    await using(await safePath(site.workRoot, path, true), async safe => {
      expect(safe.path).toBe(join(site.workRoot, path));
      await Promise.resolve();
    });
  },
);
