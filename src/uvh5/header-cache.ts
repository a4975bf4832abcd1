import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';

import Database from 'better-sqlite3';
import ndarray from 'ndarray';

import { DiskFullError, FileAccessError } from '../core/errors.js';
import type { Uvh5Header } from './types.js';

/** What was found in a file: its header, or why it has none. */
export type Finding = { readonly header: Uvh5Header } | { readonly problem: string };

export interface CacheEntry {
  /** Absolute. */
  readonly path: string;
  /** What changes when the file does. */
  readonly identity: string;
  readonly finding: Finding;
}

/** What all files of an array have in common is kept once, and shared by the headers that are given out. */
const commonKeys = [
  ...['telescopeName', 'instrument', 'site', 'antennaNumbers', 'antennaNames', 'antennaPositionsMeters'],
  ...['antennaDiametersMeters', 'freqHz', 'channelWidthHz', 'polarizations'],
] as const;

/** Marks an SQLite file as one of these; raised with every change of what is in it. */
const applicationId = 0x75766835; // "uvh5"
const formatVersion = 1;

const schema = `
  create table files (path text primary key, identity text not null, problem text, own blob, common_id integer);
  create table commons (id integer primary key, digest text not null unique, content blob not null);
  pragma application_id = ${applicationId};
  pragma user_version = ${formatVersion};`;

interface Row {
  readonly identity: string;
  readonly problem: string | null;
  readonly own: Buffer | null;
  readonly common_id: number | null;
}

/**
 * Headers that were read earlier, in an SQLite file, with the identity that their file had then. It holds nothing that
 * cannot be read again: one of another version is emptied. Several processes may use one file.
 */
export class HeaderCache {
  readonly #path: string;
  readonly #db: Database.Database;
  readonly #commons = new Map<number, object>();

  /** @throws {FileAccessError} `path` cannot be opened, or is something else. */
  constructor(path: string) {
    this.#path = path;
    this.#db = this.#translating(() => new Database(path, { timeout: 20_000 }));
    try {
      this.#translating(() => this.#prepare());
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** What was found when the file last had this identity. */
  get(path: string, identity: string): Finding | undefined {
    return this.#translating(() => {
      const query = 'select identity, problem, own, common_id from files where path = ?';
      const row = this.#db.prepare<[string], Row>(query).get(path);
      if (row?.identity !== identity) return undefined;
      if (row.problem !== null) return { problem: row.problem };
      const header = this.#join(path, row);
      return header && { header };
    });
  }

  /** Remembers what was found, all or nothing. */
  put(entries: readonly CacheEntry[]): void {
    const insert = this.#db.prepare('insert or replace into files values (?, ?, ?, ?, ?)');
    this.#transact(() => {
      for (const { path, identity, finding } of entries) {
        if ('problem' in finding) insert.run(path, identity, finding.problem, null, null);
        else insert.run(path, identity, null, ...this.#split(finding.header));
      }
    });
  }

  /** Paths that it knows below a folder that ends with a slash. */
  pathsIn(folder: string): string[] {
    const query = 'select path from files where path >= ? and path < ?';
    const next = `${folder.slice(0, -1)}0`; // "0" is the character after "/"
    const paths = this.#translating(() => this.#db.prepare<[string, string], string>(query).pluck().all(folder, next));
    return paths.filter(path => !path.slice(folder.length).includes('/'));
  }

  forget(paths: readonly string[]): void {
    const remove = this.#db.prepare('delete from files where path = ?');
    this.#transact(() => paths.forEach(path => remove.run(path)));
  }

  close(): void {
    this.#db.close();
  }

  #prepare(): void {
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = NORMAL');
    this.#transact(() => {
      const tables = this.#db.prepare<[], string>("select name from sqlite_master where type = 'table'").pluck().all();
      const ours = this.#db.pragma('application_id', { simple: true }) === applicationId;
      if (tables.length > 0 && !ours) {
        throw new FileAccessError(
          this.#path,
          `Expected an index of UVH5 headers at ${this.#path}, but it is another database. Choose another file`,
        );
      }
      if (ours && this.#db.pragma('user_version', { simple: true }) === formatVersion) return;
      for (const table of tables) this.#db.exec(`drop table "${table}"`);
      this.#db.exec(schema);
    });
  }

  /** The parts of a header as they are stored. */
  #split({ antennaPositionsMeters, ...header }: Uvh5Header): [own: Buffer, commonId: number] {
    const flat = { ...header, antennaPositionsMeters: Float64Array.from(antennaPositionsMeters.data) };
    const isCommon = (key: string) => (commonKeys as readonly string[]).includes(key);
    const part = (wanted: boolean) =>
      serialize(Object.fromEntries(Object.entries(flat).filter(([key]) => isCommon(key) === wanted)));
    const content = part(true);
    const digest = createHash('sha256').update(content).digest('hex');
    this.#db.prepare('insert or ignore into commons (digest, content) values (?, ?)').run(digest, content);
    const id = this.#db.prepare<[string], number>('select id from commons where digest = ?').pluck().get(digest)!;
    return [part(false), id];
  }

  /** A header from its parts; nothing where they cannot be understood, say after a change of Node. */
  #join(path: string, row: Row): Uvh5Header | undefined {
    try {
      const common = this.#commons.get(row.common_id!) ?? this.#readCommon(row.common_id!);
      this.#commons.set(row.common_id!, common);
      return { ...(deserialize(row.own!) as object), ...common, path } as Uvh5Header;
    } catch (error) {
      if (error instanceof Database.SqliteError) throw error;
      return undefined;
    }
  }

  #readCommon(id: number): object {
    const query = 'select content from commons where id = ?';
    const content = this.#db.prepare<[number], Buffer>(query).pluck().get(id)!;
    const common = deserialize(content) as { antennaPositionsMeters: Float64Array };
    const positions = common.antennaPositionsMeters;
    return { ...common, antennaPositionsMeters: ndarray(positions, [positions.length / 3, 3]) };
  }

  /** In one write transaction. */
  #transact(work: () => void): void {
    this.#translating(() => this.#db.transaction(work).immediate());
  }

  #translating<T>(call: () => T): T {
    try {
      return call();
    } catch (cause) {
      const path = this.#path;
      const noFolder = cause instanceof TypeError; // what better-sqlite3 throws then
      if (!(cause instanceof Database.SqliteError) && !noFolder) throw cause;
      if ((cause as { code?: string }).code === 'SQLITE_FULL')
        throw new DiskFullError(path, `The disk is full: ${path} cannot grow. Free space`, { cause });
      const message = `Expected an index of UVH5 headers at ${path}, but: ${cause.message}. Remove it or choose another file`;
      throw new FileAccessError(path, message, { cause });
    }
  }
}
