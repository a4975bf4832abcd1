import { NoValidDataError } from '../core/errors.js';
import { mjdSecToIso } from '../core/time.js';
import type { VisibilityFlags } from '../core/visibility-flags.js';
import type { Rgb } from '../fits/color-map.js';
import { colorTable } from '../fits/color-map.js';
import { Canvas } from './canvas.js';
import { flagFractionsOf } from './flag-fractions.js';
import type { FlaggedObservation } from './flag-fractions.js';
import { Panel, roundAxis } from './panel.js';

const barColor: Rgb = [31, 98, 180];
/** Pixels. */
const margin = { left: 64, right: 86, top: 50, bottom: 44, between: 44 };
const [antennaHeight, minRowHeight] = [120, 4];

/**
 * Draws flags as PNG: a waterfall, time downwards against frequency, of what is flagged on baselines of two antennas for
 * any reason, one for each reason that there is, and the fraction of every antenna.
 *
 * @param observation - that of the flags, as `describeSource` gives it.
 * @throws {InvalidArgumentError} flags of another observation.
 * @throws {NoValidDataError} an observation without baselines of two antennas.
 * @example
 * writeFileSync('flags.png', renderFlags(await flagVisibilities(ms), await describeSource(ms)));
 */
export function renderFlags(flags: VisibilityFlags, observation: FlaggedObservation): Buffer {
  const { any, byReason, ofAntenna } = flagFractionsOf(flags, observation);
  const antennas = [...ofAntenna.entries()].filter(([, fraction]) => !Number.isNaN(fraction));
  if (antennas.length === 0) throw new NoValidDataError('Expected baselines of two antennas, but there are none');
  const waterfalls: [string, Float64Array][] = [['any reason', any], ...byReason];
  const { freqHz, timeMjdSec } = observation;
  const width = freqHz.length * Math.max(1, Math.round(1152 / freqHz.length));
  const height = timeMjdSec.length * Math.max(minRowHeight, Math.round(120 / timeMjdSec.length));
  const total = waterfalls.length * (height + margin.between) + antennaHeight;
  const canvas = new Canvas(margin.left + width + margin.right, margin.top + total + margin.bottom);
  canvas.text(`flagged, ${mjdSecToIso(timeMjdSec[0]!).slice(0, 19)} UTC`, margin.left, 16, { scale: 2 });
  const boxAt = (i: number) => ({ ...margin, top: margin.top + i * (height + margin.between), width });
  for (const [i, [reason, fractions]] of waterfalls.entries()) {
    const box = { ...boxAt(i), height };
    drawWaterfall(canvas, box, fractions, observation);
    canvas.text(`${reason}: ${percent(meanOf(fractions))}`, box.left, box.top - 8);
  }
  drawColorBar(canvas, { ...boxAt(0), left: margin.left + width + 14, width: 12, height });
  drawAntennas(canvas, { ...boxAt(waterfalls.length), height: antennaHeight }, antennas, observation);
  return canvas.toPng();
}

interface PlotBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Every channel and integration a rectangle; channels are as wide as the others, wherever in frequency they are. */
function drawWaterfall(
  canvas: Canvas,
  box: PlotBox,
  fractions: Float64Array,
  { freqHz, timeMjdSec }: FlaggedObservation,
): void {
  const [nTimes, nFreqs] = [timeMjdSec.length, freqHz.length];
  const [width, height] = [box.width / nFreqs, box.height / nTimes];
  for (let time = 0; time < nTimes; time++)
    for (let channel = 0; channel < nFreqs; channel++) {
      const corner = { left: box.left + channel * width, top: box.top + time * height };
      canvas.fill({ ...corner, width, height }, colorOf(fractions[time * nFreqs + channel]!));
    }
  const channels = roundAxis(0, nFreqs, 8);
  const marked = channels.ticks.filter(({ value }) => Number.isInteger(value) && value < nFreqs);
  const ticks = marked.map(({ value }) => ({ value: value + 0.5, text: `${(freqHz[value]! / 1e6).toFixed(1)}` }));
  const minutes = nTimes > 1 ? (timeMjdSec[nTimes - 1]! - timeMjdSec[0]!) / 60 : 1;
  const down = roundAxis(0, minutes, 3); // time runs downwards
  const yTicks = down.ticks.map(({ value, text }) => ({ value: minutes - value, text }));
  const axes = [
    { min: 0, max: nFreqs, ticks },
    { min: 0, max: minutes, ticks: yTicks },
  ] as const;
  new Panel(canvas, box, ...axes).drawAxes({ grid: false });
  canvas.text('MHz', box.left + box.width + 8, box.top + box.height + 8);
  canvas.text('minutes', 12, box.top + (box.height >> 1), { align: 'center', upwards: true });
}

function drawColorBar(canvas: Canvas, box: PlotBox): void {
  for (let y = 0; y < box.height; y++)
    canvas.fill({ ...box, top: box.top + y, height: 1 }, colorOf(1 - y / (box.height - 1)));
  for (const fraction of [0, 0.5, 1])
    canvas.text(percent(fraction, 0), box.left + 16, Math.round(box.top + 4 + (1 - fraction) * (box.height - 8)));
}

function drawAntennas(
  canvas: Canvas,
  box: PlotBox,
  fractions: readonly [antenna: number, fraction: number][],
  { antennas }: FlaggedObservation,
): void {
  const step = box.width / fractions.length;
  const upwards = step < 20;
  const ticks = fractions.map(([antenna], i) => ({ value: i + 0.5, text: antennas[antenna]!.name }));
  const percents = [0, 0.5, 1].map(value => ({ value, text: percent(value, 0) }));
  const xAxis = { min: 0, max: fractions.length, ticks };
  const panel = new Panel(canvas, box, xAxis, { min: 0, max: 1, ticks: percents });
  panel.drawAxes({ grid: false, xNumbers: !upwards });
  for (const [i, [, fraction]] of fractions.entries()) panel.bar(i + 0.5, fraction, 0.7 * step, barColor);
  if (upwards)
    for (const { value, text } of ticks) {
      const x = Math.round(box.left + value * step);
      canvas.text(text, x, box.top + box.height + 24, { align: 'right', upwards });
    }
  canvas.text('any reason, by antenna', box.left, box.top - 8);
  canvas.text('antenna', box.left + box.width + 8, box.top + box.height + 8);
}

const colors = colorTable('inferno');
const colorOf = (fraction: number): Rgb => colors[Math.round(255 * Math.min(1, Math.max(0, fraction)))]!;
const percent = (fraction: number, decimals = 1) => `${(100 * fraction).toFixed(decimals)} %`;
const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
