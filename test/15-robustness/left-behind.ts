import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { expect, vi } from 'vitest';

/** Where the files of these tests go: in memory where there is such a place. */
export const memoryFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Threads of this process, by name, and files that it has open. */
export function heldByProcess(folder: string) {
  const openFiles = readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the one of readdir itself
    }
  });
  return {
    nThreads: readdirSync('/proc/self/task').length,
    openFiles: openFiles.filter(path => path.startsWith(folder)),
  };
}

/** Every path below a folder, hidden ones too. */
export async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

/** Fails unless the process holds no more than it did. The kernel may take a moment to forget a thread that ended. */
export async function expectNothingHeld(before: ReturnType<typeof heldByProcess>, folder: string, when: string) {
  await vi.waitFor(() => expect(heldByProcess(folder), when).toEqual(before), { timeout: 5000, interval: 1 });
}
