import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { FileAccessError, WorkFolderBusyError } from '../core/errors.js';

/** Held until `release` is called, or until the process ends in whatever way. */
export interface WorkLock {
  /** Names the folder, wherever it is mounted; no other has the same. */
  readonly folderId: string;
  release(): void;
}

/**
 * Takes the work folder for this process: a write transaction on a small SQLite file, open as long as the run lasts.
 * The lock is the operating system's, on the open file: it goes with the process, so none is ever left behind.
 *
 * @throws {WorkFolderBusyError} another run has it.
 */
export function lockWorkFolder(workRoot: string): WorkLock {
  const path = join(workRoot, 'lock.sqlite');
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: 0 });
    database.exec('begin immediate');
    database.exec('create table if not exists owner (pid integer); delete from owner');
    database.prepare('insert into owner values (?)').run(process.pid);
    database.exec('create table if not exists folder (id text)');
    database.prepare('insert into folder select ? where not exists (select 1 from folder)').run(randomUUID());
    database.exec('commit; begin immediate'); // the owner is written for others to read, the lock is taken again
  } catch (cause) {
    const holder = database && ownerOf(database);
    database?.close();
    if (!(cause as { code?: string }).code?.startsWith('SQLITE_BUSY')) {
      throw new FileAccessError(path, `Expected to lock ${path}: ${(cause as Error).message}`, { cause });
    }
    throw new WorkFolderBusyError(
      workRoot,
      `Expected the work folder ${workRoot} to be free, but ${holder ? `process ${holder}` : 'another process'} is running on it. Wait for that one or choose another folder`,
    );
  }
  const lock = database;
  held.add(lock);
  return {
    folderId: lock.prepare('select id from folder').pluck().get() as string,
    release() {
      held.delete(lock);
      lock.close();
    },
  };
}

/** A database that nobody refers to would be closed by the garbage collector, and the lock with it. */
const held = new Set<Database.Database>();

function ownerOf(database: Database.Database): number | undefined {
  try {
    return database.prepare('select pid from owner').pluck().get() as number | undefined;
  } catch {
    return undefined; // it is being written at this moment; who it is only serves the message
  }
}
