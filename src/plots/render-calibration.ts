import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { checkKnownOptions, checkOneOf } from '../core/check.js';
import { NoValidDataError } from '../core/errors.js';
import { mjdSecToIso } from '../core/time.js';
import type { Rgb } from '../fits/color-map.js';
import { abscissaOf, calibrationQuantitiesOf, seriesOf } from './calibration-series.js';
import type { Abscissa, AntennaSeries, CalibrationQuantity } from './calibration-series.js';
import { Canvas, textWidth } from './canvas.js';
import { Panel, roundAxis } from './panel.js';
import type { Axis } from './panel.js';

export interface CalibrationPlotOptions {
  /** @default the first of what there is to see: amplitude, phase or delay */
  readonly quantity?: CalibrationQuantity | undefined;
}

/** Colors of the two feeds, of flags, and of what is written about them. */
const feedColors: readonly Rgb[] = [
  [31, 98, 180],
  [226, 120, 20],
];
const flagColor: Rgb = [200, 30, 40];
const feedNames: Readonly<Record<number, string>> = { [-1]: 'R', [-2]: 'L', [-5]: 'X', [-6]: 'Y' };
const units = { amplitude: 'amplitude', phase: 'phase, degrees', delay: 'delay, ns' };

/** Pixels. */
const [plotWidth, margin] = [1560, { left: 64, right: 16, top: 50, bottom: 40 }];

/**
 * Draws solutions as PNG, a panel for each antenna with data: a bandpass against frequency, gains and delays against time.
 * What has one value per antenna comes into one panel, against antennas.
 *
 * The panels share their axes. Blue is the first feed, orange the second; a red stroke at the lower edge is a solution
 * that is flagged, a red point at the edge a value beyond the axis.
 *
 * @throws {InvalidArgumentError} a quantity that these solutions do not have.
 * @throws {NoValidDataError} not one solution.
 * @example
 * writeFileSync('phases.png', renderCalibration(bandpass, { quantity: 'phase' }));
 * tslab.display.png(renderCalibration(bandpass)); // in a notebook
 */
export function renderCalibration(solutions: CalibrationSolutions, options: CalibrationPlotOptions = {}): Buffer {
  checkKnownOptions(options, ['quantity']);
  const quantities = calibrationQuantitiesOf(solutions);
  const quantity = checkOneOf('quantity', options.quantity ?? quantities[0]!, quantities);
  const abscissa = abscissaOf(solutions);
  const series = seriesOf(solutions, quantity, abscissa);
  if (!series.some(({ points }) => points.length > 0))
    throw new NoValidDataError('Expected solutions to draw, but all are flagged');
  const canvas = abscissa.along === 'antenna' ? drawOnePanel(series, quantity) : drawPanels(series, quantity, abscissa);
  drawTitle(canvas, solutions, quantity, series);
  return canvas.toPng();
}

function drawPanels(series: readonly AntennaSeries[], quantity: CalibrationQuantity, abscissa: Abscissa): Canvas {
  const columns = Math.min(12, Math.ceil(Math.sqrt(1.5 * series.length)));
  const rows = Math.ceil(series.length / columns);
  const width = Math.floor(plotWidth / columns);
  const height = Math.round(width * (columns > 8 ? 0.75 : 0.6));
  const canvas = new Canvas(margin.left + columns * width + margin.right, margin.top + rows * height + margin.bottom);
  const xs = series.flatMap(({ points, flaggedAt }) => [...points.map(({ x }) => x), ...flaggedAt]);
  const [low, high] = extremesOf(xs);
  const edge = 0.03 * (high - low || 1);
  const xAxis = roundAxis(low - edge, high + edge, width > 200 ? 6 : 4);
  const yAxis = valueAxis(series, quantity, height > 140 ? 4 : 3);
  const nPoints = Math.max(...series.map(({ points }) => points.length));
  const size = nPoints > 2 * width ? 1 : nPoints > width / 2 ? 2 : 3;
  for (const [i, one] of series.entries()) {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    const corner = { left: margin.left + column * width, top: margin.top + row * height };
    const panel = new Panel(canvas, { ...corner, width: width - 4, height: height - 4 }, xAxis, yAxis);
    panel.drawAxes({ xNumbers: i + columns >= series.length, yNumbers: column === 0 });
    for (const x of one.flaggedAt) panel.stroke(x, flagColor);
    for (const { x, y, feed } of one.points) panel.mark(x, y, size, feedColors[feed % 2]!);
    panel.name(one.name, one.reason === undefined ? undefined : flagColor);
    if (one.reason !== undefined) panel.say(one.reason, flagColor);
  }
  canvas.text(abscissa.label, margin.left + (columns * width) / 2, canvas.height - 12, { align: 'center' });
  canvas.text(units[quantity], 12, margin.top + ((rows * height) >> 1), { align: 'center', upwards: true });
  return canvas;
}

/** One value per antenna and feed. */
function drawOnePanel(series: readonly AntennaSeries[], quantity: CalibrationQuantity): Canvas {
  const step = Math.max(22, Math.floor(plotWidth / series.length / 2));
  const [width, height] = [(series.length + 1) * step, 320];
  const canvas = new Canvas(margin.left + width + margin.right, margin.top + height + margin.bottom + 16);
  const ticks = series.map(({ name }, i) => ({ value: i, text: name }));
  const box = { left: margin.left, top: margin.top, width, height };
  const panel = new Panel(canvas, box, { min: -1, max: series.length, ticks }, valueAxis(series, quantity, 6));
  panel.drawAxes({ xNumbers: series.every(({ name }) => textWidth(name) < step) });
  for (const [i, { points, flaggedAt }] of series.entries()) {
    for (const { y, feed } of points) panel.mark(i + (feed - 0.5) * 0.3, y, 4, feedColors[feed % 2]!);
    if (flaggedAt.length > 0) panel.stroke(i, flagColor);
  }
  canvas.text('antenna', margin.left + width / 2, canvas.height - 20, { align: 'center' });
  canvas.text(units[quantity], 12, margin.top + (height >> 1), { align: 'center', upwards: true });
  return canvas;
}

/** Amplitudes from 0, phases about 0, delays as they are; a few that are far from all others lie beyond. */
function valueAxis(series: readonly AntennaSeries[], quantity: CalibrationQuantity, nTicks: number): Axis {
  const sorted = Float64Array.from(series.flatMap(({ points }) => points.map(({ y }) => y))).sort();
  const [low, high] = [0.002, 0.998].map(part => sorted[Math.round(part * (sorted.length - 1))]!) as [number, number];
  if (quantity === 'amplitude') return roundAxis(0, 1.15 * high, nTicks);
  if (quantity === 'delay') return roundAxis(low - 0.1 * (high - low), high + 0.1 * (high - low), nTicks);
  const largest = 1.2 * Math.max(-low, high, 1);
  if (largest < 90) return roundAxis(-largest, largest, nTicks);
  return { min: -180, max: 180, ticks: [-90, 0, 90].map(value => ({ value, text: `${value}` })) };
}

function drawTitle(
  canvas: Canvas,
  { term, refAnt, timeMjdSec, polarizations, telescopeName }: CalibrationSolutions,
  quantity: CalibrationQuantity,
  series: readonly AntennaSeries[],
): void {
  const what = term === quantity ? term : `${term} ${quantity}`;
  const time = mjdSecToIso((timeMjdSec[0]! + timeMjdSec.at(-1)!) / 2).slice(0, 19);
  canvas.text(`${telescopeName} ${what}, ${time} UTC`, margin.left, 16, { scale: 2 });
  const solved = series.filter(({ reason }) => reason === undefined).length;
  const against = refAnt === undefined ? '' : `, phases against antenna ${refAnt}`;
  canvas.text(`${solved} of ${series.length} antennas${against}`, margin.left, 37);
  let right = canvas.width - margin.right;
  const legend: [string, Rgb][] = [['flagged', flagColor]];
  for (const [feed, code] of polarizations.entries())
    legend.push([feedNames[code] ?? `${code}`, feedColors[feed % 2]!]);
  for (const [text, color] of legend) {
    canvas.text(text, right, 37, { align: 'right', color });
    right -= textWidth(text) + 12;
    canvas.mark(right + 4, 37, 6, color);
    right -= 12;
  }
}

function extremesOf(values: readonly number[]): [min: number, max: number] {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [min, max];
}
