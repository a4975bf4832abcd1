import type { RawSource } from '../../bindings/addon.js';
import { checkInteger } from './check.js';
import { dsa110 } from './dsa110.js';
import { InvalidArgumentError } from './errors.js';
import type { EarthOrientation } from './sky.js';
import { checkEarthOrientation } from './sky.js';

/**
 * Where visibilities come from: the path of a MeasurementSet, or the subband files of one observation, as a group that
 * grouping made or as a list of paths in any order.
 */
export type VisibilitySource = string | readonly string[] | { readonly files: readonly { readonly path: string }[] };

/** How a source of visibilities is read. */
export interface SourceOptions {
  /** Fewest subbands of a UVH5 group that will do. @default 14 */
  readonly minSubbands?: number | undefined;
  /** @default all zero */
  readonly earthOrientation?: Partial<EarthOrientation> | undefined;
}

/** A source for the addon, with defaults filled in. */
export function toRawSource(source: VisibilitySource, options: SourceOptions = {}): RawSource {
  const earthOrientation = checkEarthOrientation(options.earthOrientation);
  if (typeof source === 'string') {
    if (source === '') throw new InvalidArgumentError('Expected the path of a MeasurementSet but received ""');
    return { kind: 'ms', path: source, earthOrientation };
  }
  const paths = 'files' in source ? source.files.map(file => file.path) : source;
  if (!Array.isArray(paths) || paths.length === 0 || paths.some(path => typeof path !== 'string' || path === ''))
    throw new InvalidArgumentError('Expected a MeasurementSet path, or at least one UVH5 path, as source');
  const minSubbands = checkInteger('minSubbands', options.minSubbands ?? dsa110.minSubbands, 1, dsa110.nSubbands);
  return { kind: 'uvh5', paths, minSubbands, earthOrientation };
}
