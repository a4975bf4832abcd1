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
  const { data } = mosaic.pixels;
  const sigma = rms.pixels.data;
  const noises: number[] = [];
  let peak = -Infinity;
  let negative = 0;
  let usable = 0;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]!)) continue;
    usable++;
    noises.push(sigma[i]!);
    peak = Math.max(peak, data[i]!);
    if (data[i]! < -5 * sigma[i]!) negative++;
  }
  noises.sort((a, b) => a - b);
  const medianRmsJyBeam = noises[noises.length >> 1] ?? NaN;
  return {
    coverage: usable / data.length,
    medianRmsJyBeam,
    peakJyBeam: peak,
    dynamicRange: peak / medianRmsJyBeam,
    negativeFraction: negative / usable,
  };
}

/** Everything that keeps a mosaic from being published, one sentence each; empty for a good one. */
export function findMosaicProblems(mosaic: SkyImage, rms: SkyImage): string[] {
  const problems: string[] = [];
  const expect = (condition: boolean, sentence: string) => void (condition || problems.push(sentence));
  const { center, cellArcsec } = mosaic.wcs;
  const sameShape = mosaic.pixels.shape.join() === rms.pixels.shape.join();
  expect(sameShape, `The noise map has the shape ${rms.pixels.shape}, the mosaic ${mosaic.pixels.shape}`);
  if (!sameShape) return problems;
  expect(Number.isFinite(center.raDeg) && Math.abs(center.decDeg) <= 90, 'The center of the mosaic is no direction');
  expect(cellArcsec > 0 && Number.isFinite(cellArcsec), `The cell is ${cellArcsec} arcsec`);
  expect(noiseIsPositive(mosaic, rms), 'Pixels with a value have a noise that is not a positive number');

  const found = measureMosaic(mosaic, rms);
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
  expect(
    found.coverage >= mosaicLimits.minCoverage,
    `Only ${percent(found.coverage)} of the pixels have a value; at least ${percent(mosaicLimits.minCoverage)} are expected`,
  );
  expect(
    found.dynamicRange >= mosaicLimits.minDynamicRange,
    `The brightest pixel is ${found.dynamicRange.toFixed(1)} times the median noise; at least ${mosaicLimits.minDynamicRange} is expected`,
  );
  expect(
    found.negativeFraction <= mosaicLimits.maxNegativeFraction,
    `${percent(found.negativeFraction)} of the pixels are below -5 sigma; at most ${percent(mosaicLimits.maxNegativeFraction)} are expected`,
  );
  return problems;
}

function noiseIsPositive(mosaic: SkyImage, rms: SkyImage): boolean {
  return mosaic.pixels.data.every((value, i) => !Number.isFinite(value) || rms.pixels.data[i]! > 0);
}
