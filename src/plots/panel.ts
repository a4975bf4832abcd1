import type { Rgb } from '../fits/color-map.js';
import { ink, textWidth } from './canvas.js';
import type { Box, Canvas } from './canvas.js';

/** A range of values, and where to write which of them. */
export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
}

const gridColor: Rgb = [226, 229, 233];
const frameColor: Rgb = [130, 136, 144];
const outsideColor: Rgb = [200, 30, 40];

/**
 * An axis with ticks at round values, 1, 2 or 5 times a power of 10.
 *
 * @param nTicks - about as many as there shall be.
 */
export function roundAxis(min: number, max: number, nTicks: number): Axis {
  const [low, high] = max > min ? [min, max] : [min - 0.5, min + 0.5];
  const rough = (high - low) / nTicks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find(factor => factor * power >= rough * 0.999)!;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    return { value, text: value.toFixed(decimals).replace(/^-(0\.?0*)$/, '$1') };
  });
  return { min: low, max: high, ticks };
}

/** A box with two axes. */
export class Panel {
  readonly #canvas: Canvas;

  constructor(
    canvas: Canvas,
    readonly box: Box,
    readonly xAxis: Axis,
    readonly yAxis: Axis,
  ) {
    this.#canvas = canvas;
  }

  /** Grid lines, the outline, and the numbers beside it where they are wanted. */
  drawAxes({ xNumbers = true, yNumbers = true, grid = true } = {}): void {
    const { left, top, width, height } = this.box;
    for (const { value, text } of this.xAxis.ticks) {
      const x = Math.round(this.#x(value));
      if (grid) this.#canvas.fill({ left: x, top, width: 1, height }, gridColor);
      else this.#canvas.fill({ left: x, top: top + height, width: 1, height: 3 }, frameColor);
      if (xNumbers && this.#fits(text, x)) this.#canvas.text(text, x, top + height + 8, { align: 'center' });
    }
    for (const { value, text } of this.yAxis.ticks) {
      const y = Math.round(this.#y(value));
      if (grid) this.#canvas.fill({ left, top: y, width, height: 1 }, gridColor);
      else this.#canvas.fill({ left: left - 3, top: y, width: 3, height: 1 }, frameColor);
      if (yNumbers) this.#canvas.text(text, left - 5, y, { align: 'right' });
    }
    this.#canvas.frame(this.box, frameColor);
  }

  /** A value; one beyond the vertical axis is drawn red at its end. */
  mark(x: number, y: number, size: number, color: Rgb): void {
    const { min, max } = this.yAxis;
    const inside = Math.min(max, Math.max(min, y));
    this.#canvas.mark(this.#x(x), this.#y(inside), size, inside === y ? color : outsideColor);
  }

  /** A short line upwards from the lower edge. */
  stroke(x: number, color: Rgb): void {
    const { top, height } = this.box;
    this.#canvas.fill({ left: Math.round(this.#x(x)), top: top + height - 6, width: 1, height: 5 }, color);
  }

  /** A line from the lower edge up to a value. */
  bar(x: number, y: number, width: number, color: Rgb): void {
    const [middle, top] = [this.#x(x), Math.round(this.#y(Math.min(this.yAxis.max, y)))];
    const height = this.box.top + this.box.height - top;
    this.#canvas.fill(
      { left: Math.round(middle - width / 2), top, width: Math.max(1, Math.round(width)), height },
      color,
    );
  }

  /** In the upper left corner. */
  name(text: string, color: Rgb = ink): void {
    this.#canvas.text(text, this.box.left + 4, this.box.top + 8, { color });
  }

  /** In the middle. */
  say(text: string, color: Rgb): void {
    const { left, top, width, height } = this.box;
    this.#canvas.text(text, left + (width >> 1), top + (height >> 1), { color, align: 'center' });
  }

  /** Whether a number below the box leaves the panels beside it theirs. */
  #fits(text: string, x: number): boolean {
    const half = textWidth(text) / 2;
    return x - half >= this.box.left - 8 && x + half <= this.box.left + this.box.width + 8;
  }

  #x(value: number): number {
    const { min, max } = this.xAxis;
    return this.box.left + ((value - min) / (max - min)) * (this.box.width - 1);
  }

  #y(value: number): number {
    const { min, max } = this.yAxis;
    return this.box.top + (1 - (value - min) / (max - min)) * (this.box.height - 1);
  }
}
