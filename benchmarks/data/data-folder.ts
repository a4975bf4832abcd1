import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

/** Where benchmarks keep the data that they make on first use. */
export class DataFolder {
  constructor(readonly path: string) {}

  /** The folder or file `name`, made by `make` unless it is there; a failed or interrupted making leaves nothing of it. */
  async once(name: string, make: (path: string) => Promise<void>): Promise<string> {
    const path = join(this.path, name);
    if (existsSync(path)) return path;
    console.error(`Making ${path}`);
    const unfinished = `${path}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(join(path, '..'), { recursive: true });
    await make(unfinished);
    renameSync(unfinished, path);
    return path;
  }

  /** An empty folder for output that nobody needs afterwards. */
  scratch(name: string): string {
    const path = join(this.path, 'scratch', name);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  }
}

/** Cores of this machine: what `threads: 0` would use. */
export const nCores = cpus().length;
