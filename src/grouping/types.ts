import type { UnusableFile, Uvh5Header } from '../uvh5/types.js';

/** What grouping needs to know of a file: its header, or, where that could not be read, its name alone. */
export type SubbandInfo = Pick<Uvh5Header, 'path'> & Partial<Uvh5Header>;

/** One subband file in a group. */
export interface SubbandFile {
  readonly path: string;
  /** 0 to 15; 0 is the highest in frequency. */
  readonly subband: number;
  /** Undefined where only the name is known. */
  readonly fileSizeBytes: number | undefined;
}

/** Something that is wrong with a file or a group; reported, not thrown. */
export interface GroupProblem {
  readonly code:
    | UnusableFile['code']
    | 'UNKNOWN_NAME'
    | 'DUPLICATE_SUBBAND'
    | 'MISSING_SUBBAND'
    | 'INCONSISTENT_FILE'
    | 'TIME_FROM_NAME'
    | 'DUPLICATE_ID';
  readonly message: string;
  /** The file concerned, where it is one file. */
  readonly path?: string;
}

/** The subband files of one observation of about five minutes: what becomes one MeasurementSet and one tile. */
export interface SubbandGroup {
  /** Start of the first integration, UTC, to the second: `2026-01-25T22:00:05`. */
  readonly id: string;
  /** Where the files' common time comes from: their headers, or the stamps in their names (the wall clock at opening). */
  readonly timeSource: 'header' | 'name';
  /** First integration center, JD UTC; the earliest stamp where `timeSource` is `name`. */
  readonly firstTimeJd: number;
  /** Undefined, as the two below, where no header says. */
  readonly lastTimeJd: number | undefined;
  readonly integrationSec: number | undefined;
  /** Apparent pointing declination, degrees. */
  readonly pointingDecDeg: number | undefined;
  /** In ascending subband number. Where a subband is there twice, both files are listed. */
  readonly files: readonly SubbandFile[];
  readonly missingSubbands: readonly number[];
  /** Every subband is there, once, and all files agree. */
  readonly complete: boolean;
  readonly problems: readonly GroupProblem[];
}

/** What grouping a list of files gives. */
export interface Grouping {
  /** In ascending time. */
  readonly groups: readonly SubbandGroup[];
  /** Files that belong to no group, with the reason; in the order of their names. */
  readonly leftOut: readonly GroupProblem[];
}
