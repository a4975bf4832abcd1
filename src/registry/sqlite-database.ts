import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, sql } from 'kysely';
import type { SqliteDatabase } from 'kysely';

import { DiskFullError, RegistryError } from '../core/errors.js';
import { busyLimitMs, retryWhileBusy } from './database.js';
import type { Tables } from './schema.js';

/**
 * SQLite's own waiting blocks the event loop, and so the very transaction that is waited for if that is of this process:
 * it gets little, the rest is waited out in between tries.
 */
const blockingLimitMs = 50;

/**
 * One SQLite file as a Kysely database: WAL, every commit on the disk before it is reported. Foreign keys are off, as
 * migrations that make a table anew need it: see `enforceForeignKeys`.
 *
 * @throws {RegistryError} not a database, damaged, or in a folder that cannot be written.
 */
export async function openSqlite(path: string): Promise<Kysely<Tables>> {
  return retryWhileBusy(() =>
    withRegistryErrors(path, () => {
      const database = new Database(path, { timeout: blockingLimitMs });
      try {
        database.pragma('journal_mode = WAL');
        database.pragma('foreign_keys = OFF');
        database.pragma('synchronous = FULL');
      } catch (error) {
        database.close();
        throw error;
      }
      return new Kysely<Tables>({ dialect: new SqliteDialect({ database: translating(path, database) }) });
    }),
  );
}

/** To be called once the schema is up to date. */
export async function enforceForeignKeys(db: Kysely<Tables>): Promise<void> {
  await sql`pragma foreign_keys = on`.execute(db);
}

/** The part of better-sqlite3 that Kysely uses, with errors of contimg's classes. */
function translating(path: string, database: Database.Database): SqliteDatabase {
  return {
    close: () => void database.close(),
    prepare: text => {
      const statement = withRegistryErrors(path, () => database.prepare(text));
      return {
        reader: statement.reader,
        all: parameters => withRegistryErrors(path, () => statement.all(parameters)),
        run: parameters => withRegistryErrors(path, () => statement.run(parameters)),
        iterate: parameters => statement.iterate(parameters) as IterableIterator<unknown>,
      };
    },
  };
}

function withRegistryErrors<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    const { code = '', message } = cause as { code?: string; message: string };
    if (code === 'SQLITE_FULL') {
      throw new DiskFullError(path, `The disk is full: the registry ${path} cannot grow. Free space`, { cause });
    }
    throw new RegistryError(`The registry ${path} refuses: ${message}${advice(code)}`, { cause });
  }
}

function advice(code: string): string {
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return '. It is not a sound SQLite database: restore it from a copy, or move it away to start anew';
  }
  if (code === 'SQLITE_CANTOPEN') return '. Expected a file in a folder that exists and can be written';
  if (code.startsWith('SQLITE_BUSY')) {
    return `. Another process held it for ${busyLimitMs / 1000} s: wait for that one to end`;
  }
  return '';
}
