import type { DataFolder } from './data/data-folder.js';
import type { PeerName, Peers } from './peers.js';

/** How large the data are: as DSA-110 makes them, or small enough to try something out. */
export type Size = 'full' | 'quick';

/** One program that does the work of a case, in a process of its own. */
export interface Contender {
  readonly name: string;
  /** A task of ours (benchmarks/tasks), or a Python script (benchmarks/python) around somebody else's program. */
  readonly task: { readonly node: string } | { readonly python: string };
  /** What must be installed; absent without it. */
  readonly peer?: PeerName;
  /** Merged into the case's input. */
  readonly input?: Readonly<Record<string, unknown>>;
}

/** What bounds the throughput of a case whatever the program. */
export type Limit =
  /** Bytes that must cross to or from memory per unit of work. */
  | { readonly kind: 'memory'; readonly bytesPerUnit: number }
  /** Floating-point operations per unit of work that the plain algorithm takes. */
  | { readonly kind: 'fma'; readonly flopsPerUnit: number }
  /** What another contender of the case reaches, such as dd. */
  | { readonly kind: 'contender'; readonly name: string };

/** A case with its data in place. */
export interface Prepared {
  /** Given to every contender. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Given to one contender, by its name, on top of that. */
  readonly inputOf?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Units of work in one run: throughput times seconds. */
  readonly work: number;
  /**
   * How far the result that a contender saved into `folder` is from the truth; undefined where there is nothing to
   * compare. `saved` has the folders of all contenders that ran, by name.
   */
  readonly errorOf: (folder: string, saved: ReadonlyMap<string, string>) => Promise<number | undefined>;
  /** What else there is to say of a result, by name: further columns of the table. */
  readonly figuresOf?: (
    folder: string,
    saved: ReadonlyMap<string, string>,
  ) => Promise<Readonly<Record<string, number>>>;
}

/** One comparison: a piece of work, and who does it. */
export interface Case {
  /** `group/what`; words on the command line select by it. */
  readonly name: string;
  /** Sizes and settings, for the reader of the table. */
  readonly params: Readonly<Record<string, number | string | boolean>>;
  readonly threads: number;
  readonly unit: string;
  readonly limit?: Limit;
  /** What the error column of this case means. */
  readonly errorMeans: string;
  /** Timed runs per contender where they are fewer than asked for. */
  readonly maxRounds?: number;
  /** One run of each contender, without a warm-up: where what they make counts, or runs are long. */
  readonly runsOnce?: boolean;
  readonly contenders: readonly Contender[];
  /** Makes the data on first use. */
  readonly prepare: (data: DataFolder, peers: Peers) => Promise<Prepared>;
}

/** One line of the result; the form of the JSON file. */
export interface Measurement {
  readonly case: string;
  readonly contender: string;
  readonly version: string;
  readonly params: Case['params'];
  readonly threads: number;
  readonly rounds: number;
  readonly median_s: number | null;
  readonly min_s: number | null;
  readonly max_s: number | null;
  readonly throughput: number | null;
  readonly unit: string;
  readonly error: number | null;
  readonly error_means: string;
  readonly figures: Readonly<Record<string, number>>;
  /** Most memory the process ever held: VmHWM, or of the program it ran. */
  readonly peak_mb: number | null;
  readonly limit: string | null;
  readonly limit_fraction: number | null;
  /** Why there is no figure. */
  readonly absent?: string;
}
