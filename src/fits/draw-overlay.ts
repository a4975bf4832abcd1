import type { PNG } from 'pngjs';

import { toRaw } from '../core/array.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { SkyDirection } from '../core/sky.js';
import type { SkyImage } from './types.js';
import { skyToPixel } from './wcs.js';

const markColor = [90, 220, 255] as const;
const contourColor = [120, 200, 120] as const;
const markRadius = 6; // pixels of the picture

/** A picture of an image whose pixels are `block` by `block` of the image's. */
interface Picture {
  readonly png: PNG;
  readonly block: number;
}

function paint({ png }: Picture, x: number, y: number, color: readonly [number, number, number]): void {
  if (x < 0 || y < 0 || x >= png.width || y >= png.height) return;
  png.data.set(color, 4 * ((png.height - 1 - y) * png.width + x)); // PNG rows go down
}

/** Draws a circle around every direction that the image shows. */
export function drawMarks(picture: Picture, image: SkyImage, directions: readonly SkyDirection[]): void {
  for (const direction of directions) {
    const at = skyToPixel(image.wcs, direction);
    const [x, y] = [(at.x + 0.5) / picture.block - 0.5, (at.y + 0.5) / picture.block - 0.5];
    if (!Number.isFinite(x + y)) continue;
    for (let step = 0; step < 48; step++) {
      const angle = (2 * Math.PI * step) / 48;
      paint(
        picture,
        Math.round(x + markRadius * Math.cos(angle)),
        Math.round(y + markRadius * Math.sin(angle)),
        markColor,
      );
    }
  }
}

/** Draws the lines at which a map of whole numbers, such as a mosaic's coverage, changes. */
export function drawSteps(picture: Picture, image: SkyImage, map: SkyImage): void {
  const [ny, nx] = map.pixels.shape as [number, number];
  if (map.pixels.shape.join() !== image.pixels.shape.join())
    throw new InvalidArgumentError(
      `Expected stepsOf on the pixels of the image, ${image.pixels.shape.join(' x ')}, but it has ${ny} x ${nx}`,
    );
  const { data } = toRaw(map.pixels);
  const { block, png } = picture;
  const middle = block >> 1;
  const at = (x: number, y: number) =>
    data[Math.min(ny - 1, y * block + middle) * nx + Math.min(nx - 1, x * block + middle)]!;
  for (let y = 0; y + 1 < png.height; y++) {
    for (let x = 0; x + 1 < png.width; x++)
      if (at(x, y) !== at(x + 1, y) || at(x, y) !== at(x, y + 1)) paint(picture, x, y, contourColor);
  }
}
