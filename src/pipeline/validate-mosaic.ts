import { toRaw } from '../core/array.js';
import { medianWhere } from '../core/median.js';
import type { SkyImage } from '../fits/types.js';

/** What a mosaic must meet before it is published. */
export const mosaicLimits = Object.freeze({
  /** Least fraction of pixels with a value. */
  minCoverage: 0.1,
  /** Least ratio of the brightest pixel to the median noise. */
  minDynamicRange: 5,
  /** Largest fraction of pixels below -5 sigma: more means that deconvolution diverged or calibration failed. */
  maxNegativeFraction: 0.01,
});

/** Figures of a mosaic, over the pixels with a value. */
export interface MosaicStatistics {
  readonly coverage: number;
  readonly medianRmsJyBeam: number;
  readonly peakJyBeam: number;
  readonly dynamicRange: number;
  readonly negativeFraction: number;
}

/** Measures a mosaic against its noise map; both have the same grid. */
export function measureMosaic(mosaic: SkyImage, rms: SkyImage): MosaicStatistics {
  const { data } = toRaw(mosaic.pixels);
  const sigma = toRaw(rms.pixels).data;
  let peak = -Infinity;
  let negative = 0;
  let usable = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isFinite(value)) continue;
    usable++;
    if (value > peak) peak = value;
    if (value < -5 * sigma[i]!) negative++;
  }
  const medianRmsJyBeam = medianWhere(sigma, data);
  return {
    coverage: usable / data.length,
    medianRmsJyBeam,
    peakJyBeam: peak,
    dynamicRange: peak / medianRmsJyBeam,
    negativeFraction: negative / usable,
  };
}

/** What is wrong with a mosaic whatever it shows, one sentence each; empty for one that is valid. */
export function findMosaicFaults(mosaic: SkyImage, rms: SkyImage): string[] {
  if (mosaic.pixels.shape.join() !== rms.pixels.shape.join())
    return [`The noise map has the shape ${rms.pixels.shape}, the mosaic ${mosaic.pixels.shape}`];
  const { center, cellArcsec } = mosaic.wcs;
  return unmet([
    [Number.isFinite(center.raDeg) && Math.abs(center.decDeg) <= 90, 'The center of the mosaic is no direction'],
    [cellArcsec > 0 && Number.isFinite(cellArcsec), `The cell is ${cellArcsec} arcsec`],
    [noiseIsPositive(mosaic, rms), 'Pixels with a value have a noise that is not a positive number'],
  ]);
}

/** What makes a valid mosaic too poor to be published, one sentence each; empty for a good one. */
export function findQualityProblems(mosaic: SkyImage, rms: SkyImage): string[] {
  const found = measureMosaic(mosaic, rms);
  const { minCoverage, minDynamicRange, maxNegativeFraction } = mosaicLimits;
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
  return unmet([
    [
      found.coverage >= minCoverage,
      `Only ${percent(found.coverage)} of the pixels have a value; at least ${percent(minCoverage)} are expected`,
    ],
    [
      found.dynamicRange >= minDynamicRange,
      `The brightest pixel is ${found.dynamicRange.toFixed(1)} times the median noise; at least ${minDynamicRange} is expected`,
    ],
    [
      found.negativeFraction <= maxNegativeFraction,
      `${percent(found.negativeFraction)} of the pixels are below -5 sigma; at most ${percent(maxNegativeFraction)} are expected`,
    ],
  ]);
}

function unmet(expectations: readonly (readonly [met: boolean, sentence: string])[]): string[] {
  return expectations.flatMap(([met, sentence]) => (met ? [] : [sentence]));
}

function noiseIsPositive(mosaic: SkyImage, rms: SkyImage): boolean {
  const sigma = toRaw(rms.pixels).data;
  return toRaw(mosaic.pixels).data.every((value, i) => !Number.isFinite(value) || sigma[i]! > 0);
}
