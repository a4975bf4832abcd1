import { checkNumber, checkOneOf } from '../core/check.js';

/** How visibilities are weighted against each other; `robust` is Briggs' R, -2 (nearly uniform) to 2 (nearly natural). */
export type Weighting =
  { readonly scheme: 'natural' | 'uniform' } | { readonly scheme: 'briggs'; readonly robust: number };

export function checkWeighting(weighting: Weighting): Weighting {
  const scheme = checkOneOf('weighting.scheme', weighting?.scheme, ['natural', 'uniform', 'briggs'] as const);
  if (scheme !== 'briggs') return { scheme };
  return { scheme, robust: checkNumber('weighting.robust', (weighting as { robust: unknown }).robust, -2, 2) };
}
