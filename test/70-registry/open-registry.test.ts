import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openRegistry } from '../../src/registry/index.js';
import { migrations } from '../../src/registry/migration-list.js';
import { onBothDatabases } from '../support/databases.js';
import { runTool } from '../support/postgres-cluster.js';

let folder: string;

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'contimg-registry-'))));
afterEach(() => rm(folder, { recursive: true }));

onBothDatabases('openRegistry', database => {
  let location: string;
  beforeEach(async () => void (location = await database.make(folder)));

  it('makes the schema that is checked in', async () => {
    await (await openRegistry(location)).close();
    const [dump, name] =
      database.name === 'SQLite'
        ? [await dumpSqlite(location), 'schema.sqlite.sql']
        : [dumpPostgres(location), 'schema.postgres.sql'];
    await expect(dump).toMatchFileSnapshot(name);
  });

  it('opens a second time and keeps what was there', async () => {
    const first = await openRegistry(location);
    await first.groups.record({ id: 'g', files: [] });
    await first.close();
    const second = await openRegistry(location);
    expect(await second.groups.list()).toMatchObject([{ id: 'g', state: 'pending' }]);
    await second.close();
  });

  it('makes none where one must be there already', async () => {
    const opening = () => openRegistry(location, { mustExist: true });
    await expect(opening()).rejects.toMatchObject({ code: 'REGISTRY', message: /there is none: contimg run/ });
    if (database.name === 'SQLite') expect(await readdir(folder)).toEqual([]);
    else await expect(database.query(location, 'select 1 from schema_migrations')).rejects.toThrow(/does not exist/);
    await (await openRegistry(location)).close();
    await (await opening()).close();
  });

  it('lets several openers start at once', async () => {
    const registries = await Promise.all(Array.from({ length: 8 }, () => openRegistry(location)));
    await Promise.all(registries.map((registry, i) => registry.groups.record({ id: `g${i}`, files: [] })));
    expect(await registries[0]!.groups.list()).toHaveLength(8);
    await Promise.all(registries.map(registry => registry.close()));
    const applied = await database.query(location, 'select id from schema_migrations order by id');
    expect(applied).toEqual(migrations.map((_, i) => ({ id: i + 1 })));
  });

  it('refuses the registry of a newer version', async () => {
    await (await openRegistry(location)).close();
    const future = "insert into schema_migrations values (99, 'from the future', '2999-01-01T00:00:00Z')";
    await database.query(location, future);
    await expect(openRegistry(location)).rejects.toMatchObject({ code: 'REGISTRY', message: /newer contimg/ });
  });

  it('keeps a history that cannot be changed or deleted, whoever asks', async () => {
    const registry = await openRegistry(location);
    await registry.groups.record({ id: 'g', files: [] });
    const before = await registry.history('g');
    for (const text of [
      "update events set message = 'no'",
      'delete from events',
      ...(database.name === 'SQLite'
        ? ["insert or replace into events values (1, '', 'group', 'g', null, 'x', null)"]
        : [
            'truncate events',
            "insert into events (id, at, subject, subject_id, to_state) values (1, '', 'group', '', '')",
          ]),
    ]) {
      await expect(database.query(location, text), text).rejects.toThrow(/append-only|cannot insert/);
    }
    expect(await registry.history('g')).toEqual(before);
    await registry.close();
  });
});

describe('a SQLite registry', () => {
  const path = () => join(folder, 'registry.sqlite');

  it('of the first version is brought up to date, with all that is in it', async () => {
    const old = new Database(path());
    old.exec('create table schema_migrations (id integer primary key, name text not null, applied_at text not null)');
    for (const statement of migrations[0]!.statements('sqlite')) old.exec(statement);
    old.exec(`insert into schema_migrations values (1, 'first', '');
      insert into groups values ('g', 'imaged', null, '', '');
      insert into products values
        ('t', 'tile', 'g', 't', 'r', 'staged', 'pending', '{}', 0, null, null, 'then', ''),
        ('m', 'mosaic', null, 'm', 'r', 'publishing', 'passed', '{}', 1, null, null, '', '2026-01-25T22:00:05.000Z');
      insert into product_parents values ('m', 't');
      insert into product_files values ('m', 0, 'm/m.fits', 1, 'x');`);
    old.close();
    const registry = await openRegistry(`sqlite:${path()}`);
    expect(await registry.products.get('t')).toMatchObject({ state: 'staged', finalized: true, createdAt: 'then' });
    expect(await registry.products.ancestors('m')).toEqual(['t']);
    const claim = await registry.claims.takeOver({ owner: 'me', leaseSec: 60 });
    expect(claim!.product).toMatchObject({ id: 'm', qa: 'passed', publishAttempts: 2, files: [{ path: 'm/m.fits' }] });
    await expect(
      registry.products.register({ id: 'x', kind: 'ms', path: 'x', recipe: '', parents: ['nobody'] }),
    ).rejects.toMatchObject({ code: 'REGISTRY' });
    await registry.close();
    const database = new Database(path(), { readonly: true });
    expect(database.pragma('foreign_key_check')).toEqual([]);
    expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    database.close();
  });

  it('is refused if it is no database', async () => {
    await writeFile(path(), 'x'.repeat(8192));
    await expect(openRegistry(path())).rejects.toMatchObject({ code: 'REGISTRY', message: /not a database.*restore/ });
  });

  it('is refused if it is damaged', async () => {
    await (await openRegistry(path())).close();
    await truncate(path(), 5000);
    await expect(openRegistry(path())).rejects.toMatchObject({ code: 'REGISTRY', message: /restore it from a copy/ });
  });

  it('is made of no empty file where one must be there already', async () => {
    await writeFile(path(), '');
    await expect(openRegistry(path(), { mustExist: true })).rejects.toMatchObject({ code: 'REGISTRY' });
  });

  it('is refused in a folder that is not there', async () => {
    await expect(openRegistry(join(folder, 'no', 'registry.sqlite'))).rejects.toMatchObject({ code: 'REGISTRY' });
  });
});

it.each(['mysql://host/contimg', 'sqlite://registry.sqlite', 'sqlite+x://r', '//registry', 'HTTP://host'])(
  'the location %s is refused: it is neither a file nor PostgreSQL',
  async location => {
    await expect(openRegistry(location)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: /postgres:/ });
  },
);

it('a PostgreSQL server that is not there is named, without its password', async () => {
  const opening = openRegistry('postgres://me:secret@127.0.0.1:1/contimg');
  await expect(opening).rejects.toMatchObject({
    code: 'REGISTRY',
    message: expect.stringMatching(/^(?!.*secret).*me@127\.0\.0\.1:1.*running/) as string,
  });
});

function dumpSqlite(path: string): Promise<string> {
  const database = new Database(path, { readonly: true });
  const rows = database
    .prepare("select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by name")
    .all() as { sql: string }[];
  database.close();
  return Promise.resolve(rows.map(row => `${row.sql.replace(/\s+/g, ' ')};\n`).join(''));
}

/** Without comments and settings, which differ from version to version. */
function dumpPostgres(url: string): string {
  const schema = /search_path=(\w+)/.exec(decodeURIComponent(url))![1]!;
  const dump = runTool('pg_dump', ['--schema-only', '--no-owner', '--schema', schema, url]);
  const statements = dump.split('\n').filter(line => !/^(--|SET |SELECT pg_catalog|\\|CREATE SCHEMA|$)/.test(line));
  return `${statements.join('\n').replaceAll(`${schema}.`, '')}\n`;
}
