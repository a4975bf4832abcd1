import { flagTask, predictTask, solveTask } from './calibration.js';
import { convertTask } from './convert.js';
import { formGroupsTask, formOwnGroupsTask } from './form-groups.js';
import { gridTask, degridTask } from './gridding.js';
import { jointMosaicTask, mosaicOfImagesTask } from './joint-mosaic.js';
import { mosaicTask } from './mosaic.js';
import { publishTask } from './publish.js';
import { readFileTask, readGroupTask, readHeadersTask, indexFolderTask } from './read.js';
import { tileTask, tileThroughMsTask } from './tile.js';

/** Work of ours: prepared once per process, then run again and again. */
export interface Task {
  /** Not timed: makes room for the next run. */
  readonly before?: () => Promise<void>;
  readonly run: () => Promise<Result>;
}

/** What a run gave: writes itself into a folder, as its case compares it. */
export type Result = (folder: string) => Promise<void>;

/** By the names that cases use; each takes the input that its cases give. */
export const tasks: Record<string, (input: never) => Promise<Task>> = {
  'read-file': readFileTask,
  'read-group': readGroupTask,
  'read-headers': readHeadersTask,
  'index-folder': indexFolderTask,
  convert: convertTask,
  flag: flagTask,
  predict: predictTask,
  solve: solveTask,
  grid: gridTask,
  degrid: degridTask,
  tile: tileTask,
  'tile-through-ms': tileThroughMsTask,
  mosaic: mosaicTask,
  'joint-mosaic': jointMosaicTask,
  'mosaic-of-images': mosaicOfImagesTask,
  publish: publishTask,
  'form-groups': formGroupsTask,
  'form-own-groups': formOwnGroupsTask,
};
