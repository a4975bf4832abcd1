import { Kysely, PostgresDialect } from 'kysely';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';

import { DiskFullError, RegistryError } from '../core/errors.js';
import type { Tables } from './schema.js';

const int8 = 20; // the type of bigint and count(*), which pg gives as text unless told otherwise

/**
 * A PostgreSQL database as a Kysely database. The number of connections is small, since queries are: waiting for one
 * costs less than PostgreSQL's processes do.
 *
 * @param url - `postgres://user:password@host:port/database`.
 */
export function openPostgres(url: string): Kysely<Tables> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    application_name: 'contimg',
    connectionTimeoutMillis: 20_000,
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)) },
  });
  pool.on('error', () => undefined); // an idle connection broke: the next query opens another, or says why it cannot
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: translating(url, pool) }) });
}

/** The part of pg that Kysely uses, with errors of contimg's classes. */
function translating(url: string, pool: pg.Pool): PostgresPool {
  const where = withoutPassword(url);
  return {
    connect: async () => {
      const client = await withRegistryErrors(where, () => pool.connect());
      const query = (text: string, parameters: readonly unknown[]) =>
        withRegistryErrors(where, () => client.query(text, [...parameters]));
      return { query, release: () => client.release() } as unknown as PostgresPoolClient;
    },
    end: () => pool.end(),
  };
}

async function withRegistryErrors<T>(where: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const { code = '', message } = cause as { code?: string; message: string };
    if (code === '53100') {
      throw new DiskFullError(where, `The disk of the registry ${where} is full. Free space`, { cause });
    }
    throw new RegistryError(`The registry ${where} refuses: ${message}${advice(code)}`, { cause });
  }
}

function advice(code: string): string {
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') return '. Is PostgreSQL running there?';
  if (code === '28P01' || code === '28000') return '. Expected the user and password of the database in its URL';
  if (code === '3D000') return '. Make it first: createdb';
  return '';
}

/** To be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/(\/\/[^:/@]*):[^@/]*@/, '$1@');
}
