import { join } from 'node:path';

import type { SubbandGroup } from '../grouping/index.js';
import { findingsOf, flagVisibilities } from '../calibration/index.js';
import type { FlagReport, ObservationFinding } from '../calibration/index.js';
import type { JobOptions } from '../core/job.js';
import type { SourceOptions } from '../core/source.js';
import { imageGroup } from '../imaging/index.js';
import type { TileImages } from '../imaging/index.js';
import { convertToMs } from '../ms/index.js';
import { mosaicFiles } from '../mosaic/index.js';
import type { Product } from '../registry/index.js';
import { describeSource } from '../uvh5/index.js';
import { checkBorrowedSolutions } from './borrowed-solutions.js';
import type { AppliedCalibration } from './calibration-shelf.js';
import type { Stage } from './make-product.js';
import type { CheckedConfig } from './pipeline-config.js';
import { recipeOf } from './recipe.js';
import { mosaicTile, mosaicResult, writeTile } from './stage-files.js';
import type { TileCalibration } from './stage-files.js';

/** Files that become one tile, and one MeasurementSet. */
export interface GroupSubject {
  readonly group: SubbandGroup;
  /** Hash of names, sizes and times of the files: a file that was copied again is another file. */
  readonly fingerprint: string;
  /** What to apply; undefined where calibration is off. */
  readonly calibration?: AppliedCalibration | undefined;
  /** Its flags, if they are known already; otherwise it is flagged where flagging is on. */
  readonly flags?: FlagReport | undefined;
}

/** Tiles that become one mosaic. */
export interface MosaicSubject {
  readonly id: string;
  readonly tiles: readonly Product[];
}

/**
 * The flow: a subband group becomes a tile, and a MeasurementSet where it is kept; tiles become a mosaic, which is then
 * validated and published. A stage says what its product depends on and how it is made; the rest is common to all: makeProduct.
 */
export function stagesOf(config: CheckedConfig) {
  const { minSubbands, earthOrientation, conversion, flagging, imaging, mosaic: mosaicking } = config;
  /** What of flagging and calibration decides a tile; nothing where both are off. */
  const preparing = (calibration: AppliedCalibration | undefined) =>
    flagging || calibration ? [config.tileOptionsHash, calibration?.rule ?? '', calibration?.sets ?? []] : [];

  const convert: Stage<GroupSubject> = {
    name: 'convert',
    kind: 'ms',
    path: ({ group }) => `ms/${group.id}.ms`,
    recipe: ({ fingerprint }) => recipeOf(['ms', fingerprint, earthOrientation, conversion]),
    parents: () => [],
    groupId: ({ group }) => group.id,
    run: async ({ group }, path, job) => {
      const ms = await convertToMs(group, { path, minSubbands, earthOrientation, ...conversion, ...job });
      return { files: [], metadata: { nRows: ms.nRows, nTimes: ms.nTimes, nFreqs: ms.nFreqs } };
    },
  };

  const image: Stage<GroupSubject> = {
    name: 'image',
    kind: 'tile',
    path: ({ group }) => `tiles/${group.id}`,
    recipe: ({ fingerprint, calibration }) =>
      recipeOf([...['tile', fingerprint, earthOrientation, imaging], ...preparing(calibration)]),
    parents: () => [],
    groupId: ({ group }) => group.id,
    run: async ({ group, calibration, flags: known }, folder, job) => {
      const reading = { minSubbands, earthOrientation };
      const flag = () => flagVisibilities(group, { ...reading, ...flagging, ...partOf(job, 0, 0.1) });
      const flags = known ?? (flagging && (await flag()));
      const applied = { flags, calibration: calibration?.solutions };
      const borrowed = calibration && isBorrowed(calibration) ? calibration.contents : [];
      const [start, end] = [flagging && !known ? 0.1 : 0, borrowed.length > 0 ? 0.9 : 1];
      const tile = await imageGroup(group, { ...reading, ...imaging, ...applied, ...partOf(job, start, end) });
      const looked = flags !== undefined || borrowed.length > 0;
      const findings = looked
        ? await findingsIn(group, tile, borrowed, { ...reading, flags }, partOf(job, end, 1))
        : undefined;
      const records = { flags, findings, calibration: recordOf(calibration) };
      const { files, metadata } = await writeTile(folder, group, tile, records);
      return { files, metadata: { ...metadata, options: config.tileOptionsHash } };
    },
  };

  const mosaic: Stage<MosaicSubject> = {
    name: 'mosaic',
    kind: 'mosaic',
    path: ({ id }) => `mosaics/${id}`,
    recipe: ({ tiles }) => recipeOf(['mosaic', tiles.map(tile => tile.recipe), mosaicking]),
    parents: ({ tiles }) => tiles.map(tile => tile.id),
    run: async ({ id, tiles }, folder, job) => {
      const sources = tiles.map(tile => mosaicTile(config.work, tile));
      return mosaicResult(
        folder,
        id,
        await mosaicFiles(join(folder, id), sources, { objectName: id, ...mosaicking, ...job }),
      );
    },
  };

  return { convert, image, mosaic };
}

/** What is wrong with the observation of a tile, by its flags and by what it says of solutions of other observations. */
async function findingsIn(
  group: SubbandGroup,
  tile: TileImages,
  borrowed: AppliedCalibration['contents'],
  reading: SourceOptions & { readonly flags: FlagReport | undefined },
  job: JobOptions,
): Promise<ObservationFinding[]> {
  const { flags, minSubbands, earthOrientation } = reading;
  const observation = await describeSource(group, { minSubbands, earthOrientation });
  const compared = await checkBorrowedSolutions(group, observation, tile, borrowed, reading, job);
  return findingsOf({ flags, observation, ...compared });
}

/** Whether solutions are of other observations. */
function isBorrowed({ rule }: AppliedCalibration): boolean {
  return rule !== 'own' && rule !== 'none';
}

/** What is kept of the calibration of a tile. */
export function recordOf(applied: AppliedCalibration | undefined): TileCalibration | undefined {
  if (applied === undefined) return undefined;
  const { rule, sets, reason, skipped, rejected } = applied;
  return { rule, sets, reason, rejected: [...skipped, ...rejected] };
}

/** A job of which the progress is from `first` to `last` of another's. */
function partOf({ onProgress, ...job }: JobOptions, first: number, last: number): JobOptions {
  return { ...job, onProgress: onProgress && (fraction => onProgress(first + fraction * (last - first))) };
}
