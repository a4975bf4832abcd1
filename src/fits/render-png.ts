import { PNG } from 'pngjs';

import { toRaw } from '../core/array.js';
import { checkInteger, checkKnownOptions, checkNumber, checkOneOf } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { SkyDirection } from '../core/sky.js';
import { colorMaps, colorTable, noValueColor } from './color-map.js';
import type { ColorMap } from './color-map.js';
import { drawMarks, drawSteps } from './draw-overlay.js';
import { meanOfBlocks, robustRange } from './quick-look.js';
import type { SkyImage } from './types.js';

export interface PngOptions {
  /** Brightness from value: `asinh` shows noise and bright sources at once. @default 'asinh' */
  readonly stretch?: 'asinh' | 'linear' | undefined;
  /** @default 'inferno' */
  readonly colorMap?: ColorMap | undefined;
  /** Value of the darkest color. @default the 1st percentile */
  readonly minValue?: number | undefined;
  /** Value of the brightest color. @default the 99.9th percentile, but 10 times the noise above the median or more */
  readonly maxValue?: number | undefined;
  /** Longest side of the picture; larger images are averaged over blocks of pixels. @default 1024 */
  readonly maxSize?: number | undefined;
  /** Directions to draw circles around, such as sources. */
  readonly marks?: readonly SkyDirection[] | undefined;
  /** A map on the same pixels, such as the coverage of a mosaic: lines are drawn where it changes. */
  readonly stepsOf?: SkyImage | undefined;
}

export const pngDefaults = Object.freeze({ stretch: 'asinh', colorMap: 'inferno', maxSize: 1024 } as const);

/** The asinh stretch is linear up to this fraction of the range, then logarithmic. */
const asinhKnee = 0.25;

/**
 * Draws an image, or the image of a mosaic, as PNG: north up, east left, pixels without a value slate gray.
 *
 * @example
 * tslab.display.png(renderPng(image)); // in a notebook
 * @throws {InvalidArgumentError} an option out of range.
 */
export function renderPng(image: SkyImage | { readonly mosaic: SkyImage }, options: PngOptions = {}): Buffer {
  checkKnownOptions(options, ['stretch', 'colorMap', 'minValue', 'maxValue', 'maxSize', 'marks', 'stepsOf']);
  const stretch = checkOneOf('stretch', options.stretch ?? pngDefaults.stretch, ['asinh', 'linear']);
  const colors = colorTable(checkOneOf('colorMap', options.colorMap ?? pngDefaults.colorMap, colorMaps));
  const maxSize = checkInteger('maxSize', options.maxSize ?? pngDefaults.maxSize, 1, 1 << 14);

  const shown = 'mosaic' in image ? image.mosaic : image;
  const { data, shape } = toRaw(shown.pixels);
  const picture = meanOfBlocks(data, shape as [number, number], maxSize);
  const [low, high] = rangeOf(picture.values, options);
  const png = new PNG({ width: picture.nx, height: picture.ny, colorType: 2 });
  for (let y = 0; y < picture.ny; y++) {
    for (let x = 0; x < picture.nx; x++) {
      const value = picture.values[y * picture.nx + x]!;
      const place = stretched((value - low) / (high - low), stretch);
      const color = Number.isNaN(value) ? noValueColor : colors[Math.round(255 * place)]!;
      png.data.set([...color, 255], 4 * ((picture.ny - 1 - y) * picture.nx + x)); // PNG rows go down
    }
  }
  if (options.stepsOf) drawSteps({ png, block: picture.block }, shown, options.stepsOf);
  if (options.marks) drawMarks({ png, block: picture.block }, shown, options.marks);
  return PNG.sync.write(png, { colorType: 2 });
}

function rangeOf(values: Float32Array, { minValue, maxValue }: PngOptions): [number, number] {
  const [low, high] = robustRange(values);
  const range: [number, number] = [
    minValue === undefined ? low : checkNumber('minValue', minValue),
    maxValue === undefined ? high : checkNumber('maxValue', maxValue),
  ];
  if (range[1] > range[0]) return range;
  if (minValue !== undefined && maxValue !== undefined)
    throw new InvalidArgumentError(`Expected minValue below maxValue but received ${minValue} and ${maxValue}`);
  return maxValue === undefined ? [range[0], range[0] + 1] : [range[1] - 1, range[1]];
}

function stretched(fraction: number, stretch: 'asinh' | 'linear'): number {
  const clipped = Math.min(1, Math.max(0, fraction));
  return stretch === 'linear' ? clipped : Math.asinh(clipped / asinhKnee) / Math.asinh(1 / asinhKnee);
}
