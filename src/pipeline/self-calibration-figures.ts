import type { SkyDirection } from '../core/sky.js';
import { measureSources } from '../imaging/index.js';
import type { TileImages } from '../imaging/index.js';
import { findPeaks } from '../mosaic/index.js';

/** By what images are compared from round to round of self-calibration. */
export interface SelfCalibrationFigures {
  /** Robust sigma of the residual, Jy/beam. */
  readonly rmsJyBeam: number;
  /** Of the restored image. */
  readonly peakJyBeam: number;
  /** Peak over rms. */
  readonly dynamicRange: number;
  /** Sum of the peaks of the compact sources that the first image shows, Jy/beam. */
  readonly compactFluxJy: number;
  readonly nVisibilities: number;
}

/** How much worse an image may be in one respect, where it is better on the whole. */
export interface SelfCalibrationLimits {
  /** Rise of the noise. */
  readonly maxRmsRise: number;
  /** Part of the flux of the compact sources. */
  readonly maxFluxLoss: number;
  /** Part of the visibilities, lost to solutions that failed. */
  readonly maxDataLoss: number;
}

/** By the compact sources a change is judged. */
export const compactSigmas = 15;
const mostCompact = 30;

/** The compact sources of an image, the brightest first. */
export function compactSources({ restored, rmsJyBeam }: TileImages): SkyDirection[] {
  return findPeaks(restored, rmsJyBeam, compactSigmas)
    .slice(0, mostCompact)
    .map(({ raDeg, decDeg }) => ({ raDeg, decDeg }));
}

export function figuresOf(tile: TileImages, compact: readonly SkyDirection[]): SelfCalibrationFigures {
  const { restored, rmsJyBeam, nVisibilities } = tile;
  const peakJyBeam = restored.pixels.data.reduce((most, value) => Math.max(most, value), 0);
  const compactFluxJy = measureSources(restored, compact).reduce((sum, source) => sum + (source?.fluxJy ?? 0), 0);
  return { rmsJyBeam, peakJyBeam, dynamicRange: peakJyBeam / rmsJyBeam, compactFluxJy, nVisibilities };
}

/**
 * Why an image is no better than another, as a sentence; undefined where it is.
 *
 * Noise and flux are compared with those of the first image too, so that what rounds may lose does not add up.
 *
 * @param best - of the image that the round began with.
 * @param first - of the image without self-calibration.
 */
export function verdictOn(
  now: SelfCalibrationFigures,
  best: SelfCalibrationFigures,
  first: SelfCalibrationFigures,
  limits: SelfCalibrationLimits,
): string | undefined {
  const milli = (jy: number) => `${(1e3 * jy).toPrecision(4)} mJy/beam`;
  const loss = lossProblem(1 - now.nVisibilities / first.nVisibilities, limits);
  if (loss !== undefined) return loss;
  for (const [{ rmsJyBeam, compactFluxJy }, when] of [
    [best, ''],
    [first, ' since the first image'],
  ] as const) {
    if (now.rmsJyBeam > rmsJyBeam * (1 + limits.maxRmsRise))
      return `The noise would rise from ${milli(rmsJyBeam)} to ${milli(now.rmsJyBeam)}${when}`;
    const fluxLoss = 1 - now.compactFluxJy / compactFluxJy;
    if (fluxLoss > limits.maxFluxLoss)
      return `The compact sources would lose ${percent(fluxLoss)} of their flux${when}; at most ${percent(limits.maxFluxLoss)} may go`;
  }
  if (!(now.dynamicRange > best.dynamicRange))
    return `The dynamic range would be ${now.dynamicRange.toPrecision(4)}, which is no more than ${best.dynamicRange.toPrecision(4)}`;
  return undefined;
}

/** @param lost - part of the visibilities. */
export function lossProblem(lost: number, { maxDataLoss }: SelfCalibrationLimits): string | undefined {
  if (!(lost > maxDataLoss)) return undefined;
  return `${percent(lost)} of the visibilities would have no solution; at most ${percent(maxDataLoss)} may be lost`;
}

const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
