import type { ObservationFinding } from '../calibration/index.js';
import type { TileImages } from '../imaging/index.js';
import type { ProductKind, ProductState } from '../registry/index.js';
import type { TileCalibration } from './stage-files.js';

/** A product that a run made or found. */
export interface ReportedProduct {
  readonly id: string;
  readonly kind: ProductKind;
  readonly state: ProductState;
  /** Absolute, in the work folder. */
  readonly path: string;
  /** Absolute, in the products folder; the main file last. Empty for what is not published. */
  readonly published: readonly string[];
  /** Made by this run; otherwise it was there already. */
  readonly made: boolean;
  /** Of a tile: how its clean went. */
  readonly clean?: Pick<TileImages, 'stop' | 'cycles'> | undefined;
}

/** A file, group or tile that was not processed, which is nothing that failed: more files or tiles may come. */
export interface LeftOut {
  /** Id of the group, or path of the file. */
  readonly subject: string;
  readonly code: string;
  readonly reason: string;
}

/** Something that was tried and did not work; the next run tries it again. */
export interface Failure {
  readonly stage: StageName;
  /** Id of the group or mosaic. */
  readonly subject: string;
  readonly code: string;
  readonly reason: string;
}

export type StageName = 'convert' | 'calibrate' | 'image' | 'mosaic' | 'publish';

/** How a tile was calibrated. */
export interface ReportedCalibration extends TileCalibration {
  /** Id of the group. */
  readonly subject: string;
}

/** What is wrong with an observation, as far as flagging and solving tell. */
export interface ReportedFinding extends ObservationFinding {
  /** Id of the group. */
  readonly subject: string;
}

/** What a run did. */
export interface RunReport {
  readonly products: readonly ReportedProduct[];
  readonly leftOut: readonly LeftOut[];
  readonly failed: readonly Failure[];
  /** Of every tile, where calibration is on. */
  readonly calibration: readonly ReportedCalibration[];
  /** Of observations that were flagged or solved. */
  readonly findings: readonly ReportedFinding[];
}

/** What a run is doing. */
export interface PipelineProgress {
  readonly stage: StageName;
  /** Id of the group or mosaic. */
  readonly subject: string;
  readonly status: 'running' | 'made' | 'present' | 'failed';
  /** Of this stage of this subject, 0 to 1. */
  readonly fraction: number;
}

/** The code of an error for a report: contimg's own, the system's, or UNKNOWN. */
export function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'UNKNOWN';
}
