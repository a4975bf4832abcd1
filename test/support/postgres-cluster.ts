import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { makeMemoryFolder, memoryRoot } from './memory-folder.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the throw-away PostgreSQL cluster, which the first test that needs one starts. */
    postgresFolder: string;
  }
}

/** Gives tests a folder for a PostgreSQL cluster; at the end, stops the one that was started there. */
export default function providePostgres(project: TestProject): () => void {
  const folder = clusterFolder();
  project.provide('postgresFolder', folder);
  return () => stopCluster(folder);
}

/** Of a folder for a cluster: whose it is, by the number of the process and when that was started. */
const folderName = /^contimg-postgres-(\d+)-(\d+)-/;

/** A new folder that this process may start a cluster in. What processes that were killed left is removed first. */
export function clusterFolder(): string {
  for (const name of readdirSync(memoryRoot)) {
    const [, pid, start] = folderName.exec(name) ?? [];
    if (pid !== undefined && startOf(pid) !== start) stopCluster(join(memoryRoot, name));
  }
  const folder = makeMemoryFolder(`contimg-postgres-${process.pid}-${startOf(process.pid)}-`);
  const user = programs() && clusterUser();
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}

/** When a process was started, in ticks since the machine was; undefined without such a process. */
function startOf(pid: number | string): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19]; // the name before the bracket may hold anything
  } catch {
    return undefined;
  }
}

/** Stops what was started there, if anything, and removes the folder. */
export function stopCluster(folder: string): void {
  const data = join(folder, 'data');
  if (existsSync(join(data, 'postmaster.pid'))) runTool('pg_ctl', ['stop', '-D', data, '-m', 'immediate']);
  rmSync(folder, { recursive: true, force: true });
}

/** Folder of Debian's newest server programs. */
function programs(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map(version => join(root, version, 'bin')).find(path => existsSync(join(path, 'initdb')));
}

/** Who the server runs as: it refuses root. Undefined where we are somebody else already. */
function clusterUser(): { uid: number; gid: number } | undefined {
  if (process.getuid!() !== 0) return undefined;
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

export const canStartCluster = programs() !== undefined;

/** Why there is no PostgreSQL to test with, if so. */
export const postgresObstacle =
  process.env['TEST_DATABASE_URL'] || canStartCluster
    ? undefined
    : 'neither TEST_DATABASE_URL is set nor is postgresql-15 installed';

/** @throws with what the program printed where it fails. */
export function runTool(name: string, args: readonly string[]): string {
  const run = spawnSync(join(programs()!, name), args, {
    encoding: 'utf8',
    cwd: '/',
    ...clusterUser(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (run.status !== 0) throw new Error(`${name} failed:\n${run.stdout}${run.stderr}${run.error ?? ''}`);
  return run.stdout;
}

/** Starts a server on a free loopback port; gives its URL. The folder must be the cluster user's: see `clusterFolder`. */
export async function startCluster(folder: string): Promise<string> {
  const data = join(folder, 'data');
  runTool('initdb', ['-D', data, '-U', 'contimg', '-A', 'trust', '--no-sync', '--locale', 'C.UTF-8']);
  const port = await freePort();
  // -F: nothing of it need survive a power cut.
  const options = `-F -p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c max_connections=200`;
  runTool('pg_ctl', ['start', '-D', data, '-w', '-l', join(folder, 'log'), '-o', options]);
  return `postgres://contimg@127.0.0.1:${port}/postgres`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
