import ndarray from 'ndarray';
import type { NdArray } from 'ndarray';

import type { GridValues, RawGridding } from '../../bindings/addon.js';
import { addon } from '../core/addon.js';
import { fromRaw, toRaw } from '../core/array.js';
import type { NumberArray } from '../core/array.js';
import { checkInteger, checkKnownOptions, checkNumber, checkObject, checkPositive } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import { runJob, threadCount, jobOptions } from '../core/job.js';
import type { JobOptions } from '../core/job.js';
import { checkOneSize } from './image-size.js';
import { toRawWeighting, weightingOptions } from './weighting.js';
import type { Weighting, WeightingOptions } from './weighting.js';

/** Where visibilities were measured, and how much each counts, as `Float32Array` or `Float64Array`. */
export interface UvSamples<D extends GridValues = Float32Array> {
  /** `(nBlts, 3)`, metres; axes: docs/conventions.md section 1. */
  readonly uvwMeters: NdArray<Float64Array>;
  /** Channel centers, Hz. */
  readonly freqHz: Float64Array | readonly number[];
  /** `(nBlts, nFreqs)`, >= 0; 0 where a visibility is not to be used. @default 1 everywhere */
  readonly weights?: NdArray<D> | undefined;
}

/** A pixel grid around the phase center, in direction cosines; orientation: docs/conventions.md section 8. */
export interface PixelGrid {
  /** Pixels along both axes, even. */
  readonly npix?: number | undefined;
  /** Pixels along right ascension and declination, where they are to differ. */
  readonly nx?: number | undefined;
  readonly ny?: number | undefined;
  /** Pixel size at the phase center, arcsec. */
  readonly cellArcsec: number;
}

export interface GriddingOptions extends PixelGrid, JobOptions {
  /**
   * Relative rms error that may be made, 1e-6 to 1e-2; from 1e-12 where values are `Float64Array`s.
   *
   * @default 1e-5
   */
  readonly epsilon?: number | undefined;
}

/** Defaults of gridding. */
export const griddingDefaults = Object.freeze({ epsilon: 1e-5 });

const gridOptions = ['npix', 'nx', 'ny', 'cellArcsec'];
const arcsec = Math.PI / 180 / 3600;

/**
 * Makes a dirty image of visibilities by w-correct gridding and FFT, `(ny, nx)`, not normalized.
 *
 * Each pixel is the sum over visibilities of `weight * Re(V exp(+2 pi i nu/c (u l + v m + w (n - 1))))`: divide by the
 * sum of the weights for Jy/beam. In single precision where visibilities are a `Float32Array`, in double precision where
 * they are a `Float64Array`: weights and image are of the same kind.
 *
 * @param samples - with `visibilities` `(nBlts, nFreqs, 2)`, Jy; not looked at where the weight is 0.
 * @throws {InvalidArgumentError} shapes that disagree, odd image sizes, an image beyond the horizon, values that are
 *   not finite where the weight is not 0.
 * @example
 * const dirty = await gridVisibilities({ uvwMeters, freqHz, visibilities }, { npix: 2048, cellArcsec: 3 });
 */
export async function gridVisibilities<D extends GridValues = Float32Array>(
  samples: UvSamples<D> & { readonly visibilities: NdArray<D> },
  options: GriddingOptions,
): Promise<NdArray<D>> {
  const type = typeOf(checkObject('samples', samples).visibilities);
  const raw = toRawGridding(samples, options, type);
  const visibilities = toRaw(checkArray('visibilities', samples.visibilities, type, [...raw.weights.shape, 2]));
  const image = await runJob(options, onProgress => addon().gridVisibilities({ ...raw, visibilities }, onProgress));
  return fromRaw(image);
}

/**
 * Computes the visibilities of an image, `(nBlts, nFreqs, 2)`: the adjoint of `gridVisibilities`.
 *
 * @param image - `(ny, nx)`, Jy/pixel; its shape is that of the grid, and its kind of array the precision.
 * @param samples - visibilities of weight 0 are left out and stay 0; the weights do not matter otherwise.
 * @throws {InvalidArgumentError} as `gridVisibilities`.
 */
export async function degridVisibilities<D extends GridValues = Float32Array>(
  image: NdArray<D>,
  samples: UvSamples<D>,
  options: Omit<GriddingOptions, 'npix' | 'nx' | 'ny'>,
): Promise<NdArray<D>> {
  checkKnownOptions(options, ['cellArcsec', 'epsilon', ...jobOptions]);
  const type = typeOf(image);
  checkArray('image', image, type, [undefined, undefined]);
  const raw = toRawGridding(samples, { ...options, ny: image.shape[0], nx: image.shape[1] }, type);
  const rawImage = toRaw(image);
  return fromRaw(
    await runJob(options, onProgress => addon().degridVisibilities({ ...raw, image: rawImage }, onProgress)),
  );
}

/**
 * Turns data weights into imaging weights `(nBlts, nFreqs)`: natural, uniform or Briggs, for the uv cells of a grid.
 *
 * @param options - the grid, and uv ranges and tapers.
 * @throws {InvalidArgumentError} as `gridVisibilities`.
 */
export async function imagingWeights(
  samples: UvSamples,
  weighting: Weighting,
  options: PixelGrid & Omit<WeightingOptions, 'weighting'>,
): Promise<NdArray<Float32Array>> {
  checkKnownOptions(options, [...gridOptions, ...weightingOptions]);
  const rawWeighting = toRawWeighting({ ...options, weighting });
  const raw = { ...toRawSamples(samples, Float32Array), ...toRawGrid(options), weighting: rawWeighting };
  return fromRaw(await runJob({}, () => addon().imagingWeights(raw)));
}

/** A kind of typed array, of D. */
type ArrayType<D extends NumberArray> = new (length: number) => D;

/** The kind of array that values are in; `Float32Array` where they are in none that is taken, for the error to name. */
function typeOf<D extends GridValues>(values: NdArray<D>): ArrayType<D> {
  const type: unknown = values?.data instanceof Float64Array ? Float64Array : Float32Array;
  return type as ArrayType<D>;
}

function toRawGridding<D extends GridValues>(
  samples: UvSamples<D>,
  options: GriddingOptions,
  type: ArrayType<D>,
): RawGridding<D> {
  checkKnownOptions(options, [...gridOptions, 'epsilon', ...jobOptions]);
  const least = (type as unknown) === Float64Array ? 1e-12 : 1e-6;
  return {
    ...toRawSamples(samples, type),
    ...toRawGrid(options),
    epsilon: checkNumber('epsilon', options.epsilon ?? griddingDefaults.epsilon, least, 1e-2),
    threads: threadCount(options),
  };
}

function toRawSamples<D extends GridValues>(
  samples: UvSamples<D>,
  type: ArrayType<D>,
): Pick<RawGridding<D>, 'uvwMeters' | 'freqHz' | 'weights'> {
  const { uvwMeters, freqHz, weights } = checkObject('samples', samples);
  checkArray('uvwMeters', uvwMeters, Float64Array, [undefined, 3]);
  if (!(freqHz instanceof Float64Array) && !Array.isArray(freqHz))
    throw new InvalidArgumentError(`Expected freqHz to be an array of numbers but received ${String(freqHz)}`);
  const frequencies = Float64Array.from(freqHz);
  const shape = [uvwMeters.shape[0]!, frequencies.length];
  const ones = () => ndarray(new type(shape[0]! * shape[1]!).fill(1) as D, shape);
  return {
    uvwMeters: toRaw(uvwMeters),
    freqHz: { data: frequencies, shape: [frequencies.length] },
    weights: toRaw(weights ? checkArray('weights', weights, type, shape) : ones()),
  };
}

function toRawGrid(grid: PixelGrid): Pick<RawGridding, 'nx' | 'ny' | 'cellRad'> {
  checkOneSize(grid);
  const { npix, nx, ny, cellArcsec } = grid;
  return {
    nx: checkInteger('nx', npix ?? nx, 2, 65536),
    ny: checkInteger('ny', npix ?? ny, 2, 65536),
    cellRad: checkPositive('cellArcsec', cellArcsec) * arcsec,
  };
}

/** An ndarray over the given kind of typed array; `undefined` extents may be anything. */
function checkArray<D extends NumberArray>(
  name: string,
  array: NdArray<D>,
  type: ArrayType<D>,
  shape: readonly (number | undefined)[],
): NdArray<D> {
  const fits =
    array?.data instanceof type &&
    array.shape.length === shape.length &&
    shape.every((extent, axis) => extent === undefined || extent === array.shape[axis]);
  if (fits) return array;
  const wanted = shape.map(extent => extent ?? 'any').join(', ');
  const found = array?.shape ? `${array.data?.constructor?.name} of shape (${array.shape.join(', ')})` : typeof array;
  throw new InvalidArgumentError(`Expected ${name} to be a ${type.name} of shape (${wanted}) but received ${found}`);
}
