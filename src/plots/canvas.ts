import { PNG } from 'pngjs';

import type { Rgb } from '../fits/color-map.js';
import { glyphHeight, glyphOf, glyphWidth } from './glyphs.js';

/** Pixels from the upper left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface TextStyle {
  readonly color?: Rgb | undefined;
  /** Pixels per pixel of a letter. @default 1 */
  readonly scale?: number | undefined;
  /** Which part of the text is at the position. @default 'left' */
  readonly align?: 'left' | 'center' | 'right' | undefined;
  /** Written from below upwards. @default false */
  readonly upwards?: boolean | undefined;
}

export const ink: Rgb = [30, 34, 40];
export const paper: Rgb = [255, 255, 255];

/** A picture to draw on; what is outside of it is not drawn. */
export class Canvas {
  readonly #png: PNG;

  constructor(width: number, height: number) {
    this.#png = new PNG({ width, height, colorType: 2 });
    this.fill({ left: 0, top: 0, width, height }, paper);
  }

  get width(): number {
    return this.#png.width;
  }

  get height(): number {
    return this.#png.height;
  }

  fill({ left, top, width, height }: Box, color: Rgb): void {
    for (let y = top; y < top + height; y++) for (let x = left; x < left + width; x++) this.#paint(x, y, color);
  }

  /** The outline of a box. */
  frame({ left, top, width, height }: Box, color: Rgb): void {
    this.fill({ left, top, width, height: 1 }, color);
    this.fill({ left, top: top + height - 1, width, height: 1 }, color);
    this.fill({ left, top, width: 1, height }, color);
    this.fill({ left: left + width - 1, top, width: 1, height }, color);
  }

  /** A square of `size` pixels about a position. */
  mark(x: number, y: number, size: number, color: Rgb): void {
    const before = (size - 1) >> 1;
    this.fill({ left: Math.round(x) - before, top: Math.round(y) - before, width: size, height: size }, color);
  }

  /** The position is at mid-height of the letters. */
  text(text: string, x: number, y: number, style: TextStyle = {}): void {
    const { color = ink, scale = 1, align = 'left', upwards = false } = style;
    const length = textWidth(text, scale);
    const along = { left: 0, center: -Math.round(length / 2), right: -length }[align];
    const across = -Math.round(((glyphHeight - 1) * scale) / 2);
    for (const [place, letter] of [...text].entries())
      for (const [row, columns] of glyphOf(letter).entries())
        for (const [column, inked] of columns.entries()) {
          if (!inked) continue;
          const [a, b] = [along + (place * glyphWidth + column) * scale, across + row * scale];
          const box = upwards ? { left: x + b, top: y - a - scale + 1 } : { left: x + a, top: y + b };
          this.fill({ ...box, width: scale, height: scale }, color);
        }
  }

  toPng(): Buffer {
    return PNG.sync.write(this.#png, { colorType: 2 });
  }

  #paint(x: number, y: number, [red, green, blue]: Rgb): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = 4 * (y * this.width + x);
    const { data } = this.#png;
    data[at] = red;
    data[at + 1] = green;
    data[at + 2] = blue;
    data[at + 3] = 255;
  }
}

/** Pixels. */
export function textWidth(text: string, scale = 1): number {
  return Math.max(0, ([...text].length * glyphWidth - 1) * scale);
}
