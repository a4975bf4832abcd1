import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { lockWorkFolder } from '../../src/pipeline/work-lock.js';
import { contimg } from '../support/contimg-command.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'contimg-lock-'))));
afterEach(() => rm(folder, { recursive: true }));

it('is held by one at a time, in this process and in others', async () => {
  const incoming = join(folder, 'incoming');
  await mkdir(incoming);
  const run = () => contimg(['run', incoming, '--work', folder, '--products', join(folder, 'products')]);
  const lock = lockWorkFolder(folder);
  expect(() => lockWorkFolder(folder)).toThrow(`process ${process.pid} is running on it`);
  const refused = await run();
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(new RegExp(`process ${process.pid} is running.*\\[WORK_FOLDER_BUSY\\]`));
  lock.release();
  expect((await run()).exitCode).toBe(0);
});

it('gives the folder a name that stays with it, and that no other has', async () => {
  const idOf = (path: string) => {
    const lock = lockWorkFolder(path);
    lock.release();
    return lock.folderId;
  };
  const other = join(folder, 'other');
  await mkdir(other);
  const ids = [folder, other, folder].map(idOf);
  expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(ids[1]).not.toBe(ids[0]);
  expect(ids[2]).toBe(ids[0]);
});

it('goes with a process that is killed', async () => {
  const script = `import { lockWorkFolder } from ${JSON.stringify(moduleUrl)};
    lockWorkFolder(process.argv[1]);
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const child = execa('node', ['--input-type=module', '--eval', script, folder], { reject: false });
  await new Promise(resolve => child.stdout.once('data', resolve));
  expect(() => lockWorkFolder(folder)).toThrow(`process ${child.pid} is running on it`);
  child.kill('SIGKILL');
  await child;
  lockWorkFolder(folder).release();
});

const moduleUrl = fileURLToPath(new URL('../../dist/pipeline/work-lock.js', import.meta.url));

it('says when the folder cannot be locked', () => {
  expect(() => lockWorkFolder(join(folder, 'nowhere'))).toThrow(
    expect.objectContaining({ code: 'FILE_ACCESS', path: join(folder, 'nowhere', 'lock.sqlite') }),
  );
});
