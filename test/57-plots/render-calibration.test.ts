import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';

import { renderCalibration } from '../../src/index.js';
import { solutionsOf } from '../support/synthetic-solutions.js';

type Color = 'blue' | 'orange' | 'red';
const colors: Record<Color, readonly number[]> = { blue: [31, 98, 180], orange: [226, 120, 20], red: [200, 30, 40] };
interface Area {
  readonly left: number;
  readonly right: number;
}

/** A drawn picture, in which points of a color are looked for. */
class Drawn {
  readonly #png: PNG;

  constructor(buffer: Buffer) {
    this.#png = PNG.sync.read(buffer);
  }

  /** Below the title; the panels of 3 antennas stand side by side. */
  places(color: Color, { left, right }: Area): { x: number; y: number }[] {
    const { width, height, data } = this.#png;
    const found: { x: number; y: number }[] = [];
    for (let y = 50; y < height; y++)
      for (let x = Math.floor(left * width); x < right * width; x++)
        if (colors[color].every((part, k) => data[4 * (y * width + x) + k] === part)) found.push({ x, y });
    return found;
  }
}

const panels: readonly Area[] = [
  { left: 0, right: 0.35 },
  { left: 0.36, right: 0.67 },
  { left: 0.68, right: 1 },
];
const middle = (values: readonly number[]) => (Math.min(...values) + Math.max(...values)) / 2;

describe('renderCalibration', () => {
  it('draws amplitudes of each antenna and feed where they belong', () => {
    const amplitudes = { A: [4, 2], B: [1, 3] } as const;
    const solutions = solutionsOf({ nBands: 20 }, ({ antenna, feed }) =>
      antenna === 2 ? 'dead' : [0, [amplitudes.A, amplitudes.B][antenna]![feed]!],
    );
    const drawn = new Drawn(renderCalibration(solutions));
    const heights = panels.slice(0, 2).map(area =>
      (['blue', 'orange'] as const).map(color => {
        const ys = drawn.places(color, area).map(({ y }) => y);
        expect(Math.max(...ys) - Math.min(...ys)).toBeLessThan(5); // all channels are alike
        return middle(ys);
      }),
    );
    // y is linear in the amplitude, the same in all panels: 2 from 4 is as far as 1 from 3, and twice as far as 3 from 4.
    const [[four, two], [one, three]] = heights as [[number, number], [number, number]];
    expect(two - four).toBeGreaterThan(30);
    expect(one - three).toBeCloseTo(two - four, -0.5);
    expect(2 * (three - four)).toBeCloseTo(two - four, -0.5);
    expect(drawn.places('blue', panels[2]!)).toEqual([]);
    expect(drawn.places('red', panels[2]!).length).toBeGreaterThan(40); // "dead", and its strokes
  });

  it('draws frequencies from left to right, a stroke where one is flagged', () => {
    const solutions = solutionsOf({ nBands: 21 }, ({ band, feed }) =>
      band === 5 ? 'lowSnr' : [feed === 0 && band > 10 ? 2 : 1, 0],
    );
    const drawn = new Drawn(renderCalibration(solutions));
    const high = drawn.places('blue', panels[0]!).map(({ x }) => x);
    const all = drawn.places('orange', panels[0]!).map(({ x }) => x);
    expect(Math.min(...high)).toBeGreaterThan(middle(all));
    expect(Math.max(...high)).toBe(Math.max(...all));
    const strokes = new Set(drawn.places('red', panels[0]!).map(({ x }) => x));
    const [first, last] = [Math.min(...all) + 1, Math.max(...all) - 1];
    expect([...strokes]).toEqual([expect.closeTo(first + (5 / 20) * (last - first), -0.5)]);
  });

  it('draws phases upwards and turns them nowhere', () => {
    const turn = (degrees: number): [number, number] =>
      [Math.cos, Math.sin].map(f => f((degrees * Math.PI) / 180)) as never;
    const degrees = [0, 150, -150];
    const drawn = new Drawn(
      renderCalibration(
        solutionsOf({ nBands: 9 }, ({ antenna }) => turn(degrees[antenna]!)),
        { quantity: 'phase' },
      ),
    );
    const [zero, up, down] = panels.map(area => middle(drawn.places('orange', area).map(({ y }) => y)));
    expect(zero! - up!).toBeGreaterThan(50);
    expect(down! - zero!).toBeCloseTo(zero! - up!, -0.5);
  });

  it('draws gains against time, and a value far from all others red at the edge', () => {
    const solutions = solutionsOf({ term: 'gain', nTimes: 600 }, ({ time, antenna }) => [
      antenna === 1 && time === 599 ? 50 : 1,
      0,
    ]);
    const drawn = new Drawn(renderCalibration(solutions));
    const [outlier] = drawn.places('red', panels[1]!);
    const points = drawn.places('orange', panels[1]!);
    expect(outlier!.x).toBeGreaterThanOrEqual(Math.max(...points.map(({ x }) => x)) - 1);
    expect(outlier!.y).toBeLessThan(Math.min(...points.map(({ y }) => y)));
    expect(drawn.places('red', panels[0]!)).toEqual([]);
  });

  it('draws one value per antenna in one panel, in the order of the antennas', () => {
    const solutions = solutionsOf({ term: 'delay' }, ({ antenna }) => [[0, 2e-9, -2e-9][antenna]!, 0]);
    const xs = new Drawn(renderCalibration(solutions)).places('blue', { left: 0, right: 1 });
    const tops = [...xs].sort((a, b) => a.x - b.x).map(({ y }) => y);
    const [first, second, third] = [tops[0]!, Math.min(...tops), tops.at(-1)!];
    expect(first - second).toBeGreaterThan(30);
    expect(third - first).toBeCloseTo(first - second, -1);
  });

  it('refuses a quantity that there is not, and solutions that are all flagged', () => {
    const delay = solutionsOf({ term: 'delay' }, () => [0, 0]);
    expect(() => renderCalibration(delay, { quantity: 'phase' })).toThrow(/quantity to be one of delay/);
    expect(() => renderCalibration(solutionsOf({}, () => 'lowSnr'))).toThrow(/all are flagged/);
  });
});
