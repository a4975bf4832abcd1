import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { packageRoot } from '../src/core/addon.js';
import type { Limit, Measurement } from './case.js';

/** What machine_limits.cpp prints. */
interface MachineLimit {
  readonly what: 'memory' | 'fma';
  readonly unit: string;
  readonly threads: number;
  readonly median_s: number;
  readonly min_s: number;
  readonly max_s: number;
  readonly throughput: number;
}

/** The machine that everything runs on, and what it can do at most. */
export class Machine {
  private constructor(private readonly limits: readonly MachineLimit[]) {}

  /** @throws {Error} the program is not built: npm run build:native. */
  static measure(): Machine {
    const program = join(packageRoot(), 'build', 'contimg_machine_limits');
    if (!existsSync(program)) throw new Error(`Expected ${program}. Run npm run build:native`);
    const lines = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
    return new Machine(lines.map(line => JSON.parse(line) as MachineLimit));
  }

  /** For the head of the table. */
  toString(): string {
    const figures = this.limits.map(
      ({ what, unit, threads, throughput }) => `${what} ${threads}t ${throughput.toPrecision(3)} ${unit}`,
    );
    return `${cpus()[0]!.model.trim()}, ${cpus().length} cores, ${simdOf()}; ${figures.join(', ')}`;
  }

  /** The limits as measurements of their own. */
  measurements(): Measurement[] {
    const about = { cpu: cpus()[0]!.model.trim(), cores: cpus().length, simd: simdOf() };
    return this.limits.map(({ what, unit, threads, throughput, ...seconds }) => ({
      case: `machine/${what}`,
      contender: 'machine',
      version: '',
      params: about,
      threads,
      rounds: 7,
      ...seconds,
      throughput,
      unit,
      error: null,
      figures: {},
      error_means: 'none',
      peak_mb: null,
      limit: null,
      limit_fraction: null,
    }));
  }

  /** A limit in the units of its case; undefined where the contender that sets it did not run. */
  limitOf(limit: Limit, threads: number, throughputs: ReadonlyMap<string, number>) {
    if (limit.kind === 'contender') {
      const throughput = throughputs.get(limit.name);
      return throughput ? { name: limit.name, throughput } : undefined;
    }
    const { kind } = limit;
    const reached = this.limits.filter(({ what }) => what === kind);
    const { throughput } = reached.find(entry => entry.threads === threads) ?? reached.at(-1)!;
    const perUnit = limit.kind === 'memory' ? limit.bytesPerUnit : limit.flopsPerUnit;
    return { name: kind, throughput: (throughput * 1e9) / perUnit };
  }
}

/** The widest vector instructions that the processor has. */
function simdOf(): string {
  const flags = readFileSync('/proc/cpuinfo', 'utf8');
  const found = [['avx512f', 'AVX-512'], ['avx2', 'AVX2'], ['asimd', 'NEON'], ['sse4_2', 'SSE4.2']].find(([flag]) => new RegExp(`\\b${flag}\\b`).test(flags)); // prettier-ignore
  return found?.[1] ?? 'no SIMD known';
}
