import { rm } from 'node:fs/promises';

import { afterEach, beforeEach } from 'vitest';

import { openRegistry } from '../../src/registry/index.js';
import type { Registry } from '../../src/registry/index.js';
import { onBothDatabases } from './databases.js';
import type { TestDatabase } from './databases.js';
import { makeMemoryFolder } from './memory-folder.js';

/** What a test has: fields are set before each. */
export interface EmptyRegistry {
  readonly database: TestDatabase;
  readonly folder: string;
  readonly location: string;
  readonly registry: Registry;
}

/** The same tests on both databases, each with a registry of its own, in which there is nothing yet. */
export function onEmptyRegistries(title: string, suite: (at: EmptyRegistry) => void): void {
  onBothDatabases(title, database => {
    const at = { database } as { -readonly [Field in keyof EmptyRegistry]: EmptyRegistry[Field] };
    beforeEach(async () => {
      at.folder = makeMemoryFolder('contimg-registry-');
      at.location = await database.make(at.folder);
      at.registry = await openRegistry(at.location);
    });
    afterEach(async () => {
      await at.registry.close();
      await rm(at.folder, { recursive: true });
    });
    suite(at);
  });
}
