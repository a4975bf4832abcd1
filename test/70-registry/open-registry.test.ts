import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openRegistry } from '../../src/registry/index.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contimg-registry-'));
  path = join(folder, 'registry.sqlite');
});

afterEach(() => rm(folder, { recursive: true }));

describe('openRegistry', () => {
  it('makes the schema that is checked in', async () => {
    await (await openRegistry(path)).close();
    const database = new Database(path, { readonly: true });
    const rows = database
      .prepare("select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by name")
      .all() as { sql: string }[];
    database.close();
    const dump = rows.map(row => `${row.sql.replace(/\s+/g, ' ')};\n`).join('');
    const expected = await readFile(fileURLToPath(new URL('schema.sql', import.meta.url)), 'utf8');
    expect(dump).toBe(expected);
  });

  it('opens a second time and keeps what was there', async () => {
    const first = await openRegistry(path);
    await first.groups.record({ id: 'g', files: [] });
    await first.close();
    const second = await openRegistry(path);
    expect(await second.groups.list()).toMatchObject([{ id: 'g', state: 'pending' }]);
    await second.close();
  });

  it('lets several openers start at once', async () => {
    const registries = await Promise.all(Array.from({ length: 8 }, () => openRegistry(path)));
    await Promise.all(registries.map((registry, i) => registry.groups.record({ id: `g${i}`, files: [] })));
    expect(await registries[0]!.groups.list()).toHaveLength(8);
    await Promise.all(registries.map(registry => registry.close()));
  });

  it('refuses a file that is no database', async () => {
    await writeFile(path, 'x'.repeat(8192));
    await expect(openRegistry(path)).rejects.toMatchObject({ code: 'REGISTRY', message: /not a database.*restore/ });
  });

  it('refuses a damaged database', async () => {
    await (await openRegistry(path)).close();
    await truncate(path, 5000);
    await expect(openRegistry(path)).rejects.toMatchObject({ code: 'REGISTRY', message: /restore it from a copy/ });
  });

  it('refuses the registry of a newer version', async () => {
    await (await openRegistry(path)).close();
    const database = new Database(path);
    database.prepare("insert into schema_migrations values (99, 'from the future', '2999-01-01T00:00:00Z')").run();
    database.close();
    await expect(openRegistry(path)).rejects.toMatchObject({ code: 'REGISTRY', message: /newer contimg/ });
  });

  it('refuses a folder that is not there', async () => {
    await expect(openRegistry(join(folder, 'no', 'registry.sqlite'))).rejects.toMatchObject({ code: 'REGISTRY' });
  });
});

describe('the history', () => {
  it('cannot be changed or deleted, whoever asks', async () => {
    const registry = await openRegistry(path);
    await registry.groups.record({ id: 'g', files: [] });
    await registry.close();
    const database = new Database(path);
    expect(() => database.prepare("update events set message = 'no'").run()).toThrow(/append-only/);
    expect(() => database.prepare('delete from events').run()).toThrow(/append-only/);
    database.close();
  });
});
