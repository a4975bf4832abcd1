import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where folders of tests are quickest: in memory, since putting every write on a disk would take most of the time. */
export const memoryRoot = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A new folder for tests, in memory where there is such a place. */
export function makeMemoryFolder(prefix: string): string {
  return mkdtempSync(join(memoryRoot, prefix));
}
