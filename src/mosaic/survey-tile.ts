import type { RawMosaicTile } from '../../bindings/addon.js';
import { addon } from '../core/addon.js';
import { MosaicError } from '../core/errors.js';
import { runJob, threadCount } from '../core/job.js';
import type { JobOptions } from '../core/job.js';
import type { SkyImageHeader } from '../fits/types.js';
import { readTileInput } from './tile-input.js';
import type { TileMiddle } from './tile-middle.js';
import type { MosaicTile } from './types.js';

/** All that a mosaic must know of a tile before its pixels are added. */
export interface TileSurvey {
  readonly id: string;
  /** Of a tile with a noise map its median. */
  readonly rmsJyBeam: number;
  readonly peakJyBeam: number;
  readonly fluxScale: number;
  readonly shiftArcsec: readonly [east: number, north: number];
  readonly header: SkyImageHeader;
  readonly middle: TileMiddle;
  /** Right ascensions and declinations around the part where the primary beam reaches the cut-off, pair by pair. */
  readonly outlineRad: Float64Array;
  readonly raw: RawMosaicTile;
}

/**
 * Checks a tile, measures its noise where it is not given, and finds its outline.
 *
 * @throws {MosaicError} what keeps it from going into a mosaic.
 */
export async function surveyTile(
  tile: MosaicTile,
  index: number,
  primaryBeamCutoff: number,
  options: JobOptions,
): Promise<TileSurvey> {
  const { id, header, middle, raw } = await readTileInput(tile, index);
  const native = {
    tile: { ...raw, sigma: raw.sigma || 1 },
    cutoff: primaryBeamCutoff,
    measuresRms: raw.sigma === 0 || raw.noise !== undefined,
    threads: threadCount(options),
  };
  const job = { signal: options.signal };
  const { outline, nCounting, beamPeak, rms, peak } = await runJob(job, () => addon().surveyTile(native, undefined));
  if (!(beamPeak >= primaryBeamCutoff && beamPeak < 1.1))
    throw new MosaicError(
      `Expected the primary beam of ${id} to have its peak between the cut-off ${primaryBeamCutoff} and 1, but the peak is ${beamPeak || NaN}`,
    );
  if (nCounting === 0)
    throw new MosaicError(
      `Expected ${id} to have pixels where its primary beam is ${primaryBeamCutoff} or more, but all are NaN`,
    );
  const sigma = raw.noise ? rms : raw.sigma || rms;
  if (!(sigma > 0))
    throw new MosaicError(
      raw.noise
        ? `Expected the noise map of ${id} to have positive numbers where the image has values, but it has none`
        : `Expected ${id} to show noise, but it has none that could be measured. Give its rmsJyBeam`,
    );
  return {
    id,
    rmsJyBeam: sigma * raw.scale,
    peakJyBeam: peak * raw.scale,
    fluxScale: raw.scale,
    shiftArcsec: tile.shiftArcsec ?? [0, 0],
    header,
    middle,
    outlineRad: outline.data,
    raw: { ...raw, sigma },
  };
}
