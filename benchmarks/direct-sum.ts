/**
 * The measurement equation by its definition, in double precision: docs/conventions.md sections 2 and 8. Slow: for a
 * sample of pixels, or of visibilities. Channels are equally spaced, so that the phase of a row is stepped from channel
 * to channel by one complex rotation (768 steps keep 13 digits).
 */
import type { UvSamples } from './data/uv-samples.js';

const c = 299792458;
const arcsec = Math.PI / 180 / 3600;

export interface Grid {
  readonly nx: number;
  readonly ny: number;
  readonly cellArcsec: number;
}

/** Direction cosines of a pixel: x grows to the west. */
function directionOf({ nx, ny, cellArcsec }: Grid, y: number, x: number): readonly [number, number, number] {
  const l = -(x - nx / 2) * cellArcsec * arcsec;
  const m = (y - ny / 2) * cellArcsec * arcsec;
  return [l, m, Math.sqrt(1 - l * l - m * m) - 1];
}

/** `u l + v m + w (n - 1)` of a row in seconds: turns per Hz. */
function delayOf(uvwMeters: Float64Array, row: number, [l, m, n1]: readonly [number, number, number]): number {
  return (uvwMeters[3 * row]! * l + uvwMeters[3 * row + 1]! * m + uvwMeters[3 * row + 2]! * n1) / c;
}

/** A pixel of the dirty image, not normalized: the sum of `w Re(V exp(2 pi i ...))`; weights `(nBlts, nFreqs)`. */
export function directPixel(samples: UvSamples, grid: Grid, y: number, x: number, weights?: Float32Array): number {
  const { uvwMeters, freqHz, visibilities } = samples;
  const direction = directionOf(grid, y, x);
  const stepHz = freqHz.length > 1 ? freqHz[1]! - freqHz[0]! : 0;
  let sum = 0;
  for (let row = 0, i = 0; row < uvwMeters.length / 3; row++) {
    const delay = 2 * Math.PI * delayOf(uvwMeters, row, direction);
    let [re, im] = [Math.cos(delay * freqHz[0]!), Math.sin(delay * freqHz[0]!)];
    const [stepRe, stepIm] = [Math.cos(delay * stepHz), Math.sin(delay * stepHz)];
    for (let channel = 0; channel < freqHz.length; channel++, i++) {
      const weight = weights ? weights[i]! : 1;
      if (weight > 0) sum += weight * (visibilities[2 * i]! * re - visibilities[2 * i + 1]! * im);
      const next = re * stepRe - im * stepIm;
      im = re * stepIm + im * stepRe;
      re = next;
    }
  }
  return sum;
}

/** A visibility of point sources `(y, x, Jy)`. */
export function directVisibility(
  { uvwMeters, freqHz }: Pick<UvSamples, 'uvwMeters' | 'freqHz'>,
  grid: Grid,
  sources: readonly (readonly [y: number, x: number, fluxJy: number])[],
  row: number,
  channel: number,
): [re: number, im: number] {
  let [re, im] = [0, 0];
  for (const [y, x, fluxJy] of sources) {
    const phase = -2 * Math.PI * delayOf(uvwMeters, row, directionOf(grid, y, x)) * freqHz[channel]!;
    re += fluxJy * Math.cos(phase);
    im += fluxJy * Math.sin(phase);
  }
  return [re, im];
}
