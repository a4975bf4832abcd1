import { z } from 'zod';

import type { SkySource } from '../calibration/index.js';
import { groupSubbands } from '../grouping/index.js';
import { jointMosaic } from '../imaging/index.js';
import type { JointMosaic, JointMosaicOptions, JointTile } from '../imaging/index.js';
import { checkJointMosaicAbsent, writeJointMosaic } from '../pipeline/index.js';
import type { JointMosaicFiles } from '../pipeline/index.js';
import { UsageError } from './exit-codes.js';
import { imagingSchema, toImagingOptions } from './imaging-schema.js';
import { integerOption, numberOption } from './load-config.js';
import { indexPaths } from './subband-files.js';
import { isMeasurementSet } from './visibility-source.js';

/** Options of `contimg mosaic --joint`, beside those of any mosaic. */
export const jointSchema = imagingSchema.extend({
  dataColumn: z.enum(['DATA', 'CORRECTED_DATA', 'MODEL_DATA']).optional(),
  minSubbands: integerOption.min(1).max(16).optional(),
  ut1Utc: numberOption.min(-1).max(1).optional(),
});

type JointOptions = z.infer<typeof jointSchema> & {
  readonly output: string;
  readonly cell?: number | undefined;
  readonly cutoff?: number | undefined;
  readonly dish?: number | undefined;
  readonly maxPixels?: number | undefined;
  readonly overwrite?: boolean | undefined;
};

/** Makes a joint mosaic of observations, and its files. */
export async function makeJointMosaic(
  paths: readonly string[],
  options: JointOptions,
  job: JointMosaicOptions,
  catalogue: readonly SkySource[] | undefined,
): Promise<{ joint: JointMosaic; made: JointMosaicFiles }> {
  if (!options.overwrite) await checkJointMosaicAbsent(options.output);
  const joint = await jointMosaic(await observationsOf(paths, options, job.signal), {
    ...toImagingOptions(options),
    primaryBeamCutoff: options.cutoff,
    dishDiameterMeters: options.dish,
    maxPixels: options.maxPixels,
    minSubbands: options.minSubbands,
    earthOrientation: options.ut1Utc === undefined ? undefined : { ut1MinusUtcSec: options.ut1Utc },
    ...job,
  });
  const made = await writeJointMosaic(options.output, joint, { overwrite: options.overwrite, catalogue });
  return { joint, made };
}

/**
 * MeasurementSets, and the groups of all UVH5 files.
 *
 * @throws {UsageError} none at all.
 */
async function observationsOf(
  paths: readonly string[],
  { dataColumn }: JointOptions,
  signal: AbortSignal | undefined,
): Promise<JointTile[]> {
  const tiles: JointTile[] = [];
  const others: string[] = [];
  for (const path of paths) {
    if (await isMeasurementSet([path])) tiles.push({ source: path, dataColumn });
    else others.push(path);
  }
  if (others.length > 0) {
    const { groups, leftOut } = groupSubbands(await indexPaths(others, { signal }));
    for (const { message } of leftOut) console.error(`Left out: ${message}`);
    tiles.push(...groups);
  }
  if (tiles.length === 0) throw new UsageError(`Expected MeasurementSets or UVH5 files in ${paths.join(', ')}`);
  return tiles;
}
