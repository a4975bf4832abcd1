import type { Registry } from './registry.js';

export interface OpenRegistryOptions {
  /** Refuse a file or database in which there is no registry yet, which a mistyped location names. @default false: make it */
  readonly mustExist?: boolean | undefined;
}

/**
 * Opens a registry and brings its schema up to date: a SQLite file, for one host, which is made where there is none; or a
 * PostgreSQL database that exists, for many.
 *
 * @param location - path of the file, with or without `sqlite:` before it, or `postgres://user:password@host/database`.
 * @throws {InvalidArgumentError} the location is a URL of another kind.
 * @throws {RegistryError} no database there, a damaged one, or one that a newer version of contimg wrote.
 * @example
 * const registry = await openRegistry('work/registry.sqlite');
 * const mosaics = await registry.products.list({ kind: 'mosaic', state: 'published' });
 * await registry.close();
 */
export async function openRegistry(location: string, options: OpenRegistryOptions = {}): Promise<Registry> {
  const { open } = await import('./registry.js'); // the query builder takes a third of a second to load
  return open(location, options);
}
