import type { ImagingAddon } from '../../bindings/addon.js';
import { checkNumber } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import { toRawDirection } from '../core/sky.js';
import type { SkyDirection } from '../core/sky.js';

/** A point source that is known before imaging, ICRS. */
export interface StartSource extends SkyDirection {
  /** In the middle of the band that was observed, before the primary beam. */
  readonly fluxJy: number;
  /** S ~ nu^index. @default that of the option `spectralIndex` */
  readonly spectralIndex?: number | undefined;
}

type RawStartModel = Parameters<ImagingAddon['imageTile']>[0]['startModel'];

export function toRawStartModel(sources: readonly StartSource[], spectralIndex: number): RawStartModel {
  if (!Array.isArray(sources)) throw new InvalidArgumentError('Expected startModel to be an array of point sources');
  return sources.map((source: StartSource, i) => ({
    direction: toRawDirection(source),
    fluxJy: checkNumber(`startModel[${i}].fluxJy`, source.fluxJy),
    spectralIndex: checkNumber(`startModel[${i}].spectralIndex`, source.spectralIndex ?? spectralIndex, -10, 10),
  }));
}
