import type { RawWeighting } from '../../bindings/addon.js';
import { checkNumber, checkOneOf } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';

/** How visibilities are weighted against each other; `robust` is Briggs' R, -2 (nearly uniform) to 2 (nearly natural). */
export type Weighting =
  { readonly scheme: 'natural' | 'uniform' } | { readonly scheme: 'briggs'; readonly robust: number };

/**
 * Which visibilities are imaged, and how their weights change with the density and the length of baselines. Formulas:
 * docs/imaging.md.
 */
export interface WeightingOptions {
  /** @default { scheme: 'briggs', robust: 0.5 } */
  readonly weighting?: Weighting | undefined;
  /**
   * Of what visibilities the density of uv cells is, which uniform and Briggs weights divide by: of those of the `image`
   * (multi-frequency), of `all` channels also for images of some of them (`channelsOut`), which gives these much the same
   * beam, or of the one `channel`. @default 'image'
   */
  readonly weightDensity?: 'image' | 'all' | 'channel' | undefined;
  /** Image no visibility whose projected baseline is shorter, in wavelengths of its channel. @default 0 */
  readonly minUvWavelengths?: number | undefined;
  /** ... or longer. @default no limit */
  readonly maxUvWavelengths?: number | undefined;
  /** Image no baseline that is shorter, metres, not projected. @default 0 */
  readonly minBaselineMeters?: number | undefined;
  /** ... or longer. @default no limit */
  readonly maxBaselineMeters?: number | undefined;
  /** Full width at half maximum, arcsec, of the Gaussian with which a taper of the weights convolves the image. @default no taper */
  readonly taperArcsec?: number | undefined;
  /** Weights rise from 0 to 1 over so many wavelengths from the start of the uv range, as a raised cosine. @default 0 */
  readonly innerTukeyWavelengths?: number | undefined;
  /** Weights fall from 1 to 0 over so many wavelengths before the end of the uv range. @default 0 */
  readonly outerTukeyWavelengths?: number | undefined;
}

/** Names of the options of WeightingOptions. */
export const weightingOptions = [
  'weighting',
  'weightDensity',
  'minUvWavelengths',
  'maxUvWavelengths',
  'minBaselineMeters',
  'maxBaselineMeters',
  'taperArcsec',
  'innerTukeyWavelengths',
  'outerTukeyWavelengths',
] as const;

const arcsec = Math.PI / 180 / 3600;

/** Checks the options; absent ones do nothing. */
export function toRawWeighting(options: WeightingOptions & { readonly weighting: Weighting }): RawWeighting {
  const { weighting, weightDensity = 'image' } = options;
  const length = (name: Exclude<(typeof weightingOptions)[number], 'weighting' | 'weightDensity'>) =>
    checkNumber(name, options[name] ?? 0, 0);
  const raw = {
    ...checkWeighting(weighting),
    density: checkOneOf('weightDensity', weightDensity, ['image', 'all', 'channel'] as const),
    minUvWavelengths: length('minUvWavelengths'),
    maxUvWavelengths: length('maxUvWavelengths'),
    minBaselineMeters: length('minBaselineMeters'),
    maxBaselineMeters: length('maxBaselineMeters'),
    taperRad: length('taperArcsec') * arcsec,
    innerTukeyWavelengths: length('innerTukeyWavelengths'),
    outerTukeyWavelengths: length('outerTukeyWavelengths'),
  };
  for (const kind of ['UvWavelengths', 'BaselineMeters'] as const) {
    const [min, max] = [raw[`min${kind}`], raw[`max${kind}`]];
    if (options[`max${kind}`] !== undefined && !(max > min))
      throw new InvalidArgumentError(`Expected max${kind} to be above min${kind}, ${min}, but received ${max}`);
  }
  if (raw.outerTukeyWavelengths > 0 && raw.maxUvWavelengths === 0)
    throw new InvalidArgumentError(
      'Expected maxUvWavelengths, at which outerTukeyWavelengths ends, but it is not given',
    );
  return raw;
}

function checkWeighting(weighting: Weighting): Pick<RawWeighting, 'scheme' | 'robust'> {
  const scheme = checkOneOf('weighting.scheme', weighting?.scheme, ['natural', 'uniform', 'briggs'] as const);
  if (scheme !== 'briggs') return { scheme, robust: 0 };
  return { scheme, robust: checkNumber('weighting.robust', (weighting as { robust: unknown }).robust, -2, 2) };
}

/** One line for a history. */
export function describeWeighting(raw: RawWeighting): string {
  const scheme = raw.scheme === 'briggs' ? `briggs, robust ${raw.robust}` : raw.scheme;
  const range = (what: string, min: number, max: number, unit: string) =>
    min > 0 || max > 0 ? `${what} from ${min} ${max > 0 ? `to ${max} ` : ''}${unit}` : '';
  const width = (what: string, value: number, unit: string) =>
    value > 0 ? `${what} of ${Number(value.toPrecision(12))} ${unit}` : '';
  const parts = [
    scheme,
    { image: '', all: 'density of all channels', channel: 'density of each channel' }[raw.density],
    range('uv', raw.minUvWavelengths, raw.maxUvWavelengths, 'wavelengths'),
    range('baselines', raw.minBaselineMeters, raw.maxBaselineMeters, 'm'),
    width('Gaussian taper', raw.taperRad / arcsec, 'arcsec'),
    width('inner Tukey taper', raw.innerTukeyWavelengths, 'wavelengths'),
    width('outer Tukey taper', raw.outerTukeyWavelengths, 'wavelengths'),
  ];
  return parts.filter(part => part !== '').join(', ');
}
