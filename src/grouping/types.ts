/** One subband file in a group. */
export interface SubbandFile {
  readonly path: string;
  /** 0 to 15; 0 is the highest in frequency. */
  readonly subband: number;
  readonly fileSizeBytes: number;
}

/** Something that is wrong with a file or a group; reported, not thrown. */
export interface GroupProblem {
  readonly code:
    | 'INCOMPLETE_NAME'
    | 'DOT_FILE'
    | 'EMPTY_FILE'
    | 'UNREADABLE_FILE'
    | 'UNKNOWN_NAME'
    | 'DUPLICATE_SUBBAND'
    | 'MISSING_SUBBAND'
    | 'INCONSISTENT_FILE';
  readonly message: string;
  /** The file concerned, where it is one file. */
  readonly path?: string;
}

/** The subband files of one observation of about five minutes: what becomes one MeasurementSet and one tile. */
export interface SubbandGroup {
  /** Start of the first integration, UTC, to the second: `2026-01-25T22:00:05`. */
  readonly id: string;
  /** First and last integration center, JD UTC. */
  readonly firstTimeJd: number;
  readonly lastTimeJd: number;
  readonly integrationSec: number;
  /** Apparent pointing declination, degrees. */
  readonly pointingDecDeg: number;
  /** In ascending subband number. */
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
  /** Files that belong to no group, with the reason. */
  readonly leftOut: readonly GroupProblem[];
}
