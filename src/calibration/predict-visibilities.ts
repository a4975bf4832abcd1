import type { NdArray } from 'ndarray';

import { addon } from '../core/addon.js';
import { fromRaw } from '../core/array.js';
import { checkBoolean, checkKnownOptions, checkOneOf } from '../core/check.js';
import type { JobOptions } from '../core/job.js';
import { runJob, threadCount, jobOptions } from '../core/job.js';
import type { SourceOptions, VisibilitySource } from '../core/source.js';
import { msChoiceOptions, toRawSource } from '../core/source.js';
import { toRawSkyModel } from './sky-model.js';
import type { SkySource } from './types.js';

/** How visibilities are predicted, see docs/calibration.md#the-sky-model. */
export type PredictionMethod = 'channels' | 'nodes' | 'degridding';

export interface PredictOptions extends Pick<SourceOptions, 'minSubbands' | 'earthOrientation'>, JobOptions {
  /** Of a MeasurementSet. @default all */
  readonly field?: SourceOptions['field'];
  /** Of a MeasurementSet. @default all */
  readonly dataDescriptions?: SourceOptions['dataDescriptions'];
  /** @default 'cheapest': whichever takes least time */
  readonly method?: PredictionMethod | 'cheapest' | undefined;
  /** The model's fluxes are before the primary beam, which is Airy's of the dishes. @default true */
  readonly primaryBeam?: boolean | undefined;
  /** The model loses by the widths of channels and integrations, away from the phase center. @default false */
  readonly smearing?: boolean | undefined;
}

export interface PredictedVisibilities {
  /** Stokes I, Jy, which is each parallel hand; (rows, channels, 2) in contimg's signs and orders. */
  readonly visibilities: NdArray<Float32Array>;
  readonly method: PredictionMethod;
}

/**
 * Predicts the visibilities of a sky model, for the rows and channels of an observation. Its visibilities are not read.
 *
 * Memory: 8 bytes per row and channel, 690 MB for DSA-110. `solveCalibration` predicts the same block by block.
 *
 * @throws {InvalidArgumentError} an option out of range or an empty model.
 * @example
 * const { visibilities } = await predictVisibilities('obs.ms', await readSkyModel('field.csv'));
 * @see docs/calibration.md#the-sky-model
 */
export async function predictVisibilities(
  source: VisibilitySource,
  model: readonly SkySource[],
  options: PredictOptions = {},
): Promise<PredictedVisibilities> {
  checkKnownOptions(options, [
    ...['method', 'primaryBeam', 'smearing', 'minSubbands', 'earthOrientation', ...jobOptions],
    ...msChoiceOptions.filter(name => name !== 'dataColumn'),
  ]);
  const task = {
    source: toRawSource(source, options),
    model: toRawSkyModel(model, {
      primaryBeam: checkBoolean('primaryBeam', options.primaryBeam ?? true),
      smearing: checkBoolean('smearing', options.smearing ?? false),
    }),
    method: checkOneOf('method', options.method ?? 'cheapest', ['cheapest', 'channels', 'nodes', 'degridding']),
    threads: threadCount(options),
  };
  const { visibilities, method } = await runJob(options, onProgress => addon().predictVisibilities(task, onProgress));
  return { visibilities: fromRaw(visibilities), method };
}
