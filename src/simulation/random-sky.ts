import type { TileSchedule } from './observing-schedule.js';
import { randomStream } from './random-stream.js';
import type { CompleteSource } from './simulation-options.js';
import type { PointSource } from './types.js';

const brightestJy = 3;
/** Integral counts N(>S) follow S^-1.3 from here up, as extragalactic sources around 1 Jy do. */
const faintestJy = 0.15;
const countSlope = 1.3;
const capJy = 5;
/** Margin around the drift of the pointing, of about half the primary beam, so that few sources are lost to it. */
const marginRaDeg = 0.8;
const marginDecDeg = 0.9;
/** Closer pairs would blend in the beam of a small array. */
const separationDeg = 0.05;
const degree = Math.PI / 180;

/**
 * Random sources along the strip that drifts by: the first of 3 Jy, the others as the sky has them from 0.15 to 5 Jy,
 * spectral indices around -0.7.
 */
export function randomSky(count: number, schedule: readonly TileSchedule[], seed: number): CompleteSource[] {
  const random = randomStream(seed, 'sky');
  const meridian = schedule.flatMap(tile => tile.meridian);
  const first = meridian[0]!;
  const middle = meridian[meridian.length >> 1]!;
  const last = meridian[meridian.length - 1]!;
  const marginRa = marginRaDeg / Math.cos(middle.decDeg * degree);
  const track = Math.min(((last.raDeg - first.raDeg + 360) % 360) + 2 * marginRa, 360);
  const sources: CompleteSource[] = [];
  for (let attempts = 0; sources.length < count; attempts++) {
    const source = {
      raDeg: (first.raDeg - marginRa + random.uniform(0, track) + 360) % 360,
      decDeg: Math.min(middle.decDeg + random.uniform(-marginDecDeg, marginDecDeg), 90),
      fluxJy: sources.length === 0 ? brightestJy : drawFlux(random.uniform(0, 1)),
      spectralIndex: Number((-0.7 + 0.1 * random.normal()).toFixed(3)),
    };
    // On a crowded strip, close pairs are taken in the end.
    const crowded = attempts > 100 * count;
    if (crowded || sources.every(other => distanceDeg(source, other) > separationDeg)) sources.push(source);
  }
  return sources;
}

function drawFlux(quantile: number): number {
  return Math.min(faintestJy * (1 - quantile) ** (-1 / countSlope), capJy);
}

function distanceDeg(a: PointSource, b: PointSource): number {
  const dDec = a.decDeg - b.decDeg;
  const dRa = ((a.raDeg - b.raDeg + 540) % 360) - 180;
  return Math.hypot(dDec, dRa * Math.cos(a.decDeg * degree));
}
