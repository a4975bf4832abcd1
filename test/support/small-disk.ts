import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts a file system of so many kilobytes at `path`; false without root. */
export function mountSmallDisk(path: string, kilobytes: number): boolean {
  mkdirSync(path, { recursive: true });
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path]).status === 0;
}

export function unmountDisk(path: string): void {
  spawnSync('umount', [path]);
}

export function canMountDisks(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'contimg-mount-'));
  const mounted = mountSmallDisk(path, 64);
  if (mounted) unmountDisk(path);
  rmSync(path, { recursive: true });
  return mounted;
}
