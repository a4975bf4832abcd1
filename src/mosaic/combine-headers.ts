import { MosaicError } from '../core/errors.js';
import { isoToMjdSec } from '../core/time.js';
import type { Beam, SkyImage } from '../fits/types.js';
import type { CheckedMosaicOptions } from './options.js';
import type { TileSurvey } from './survey-tile.js';
import type { MosaicGrid, MosaicTileSummary } from './types.js';

/**
 * What a mosaic's header says: the median beam, mean frequency, earliest start, total exposure.
 *
 * @throws {MosaicError} beams or frequencies too different to be added, or different Stokes parameters.
 */
export function combineHeaders(
  surveys: readonly TileSurvey[],
  grid: MosaicGrid,
  options: CheckedMosaicOptions,
): Omit<SkyImage, 'pixels' | 'history'> {
  const headers = surveys.map(survey => survey.header);
  const exposureSec = sum(headers.map(header => header.exposureSec));
  const byExposure = (value: (header: TileSurvey['header']) => number) =>
    exposureSec > 0
      ? sum(headers.map(header => value(header) * header.exposureSec)) / exposureSec
      : sum(headers.map(value)) / headers.length;
  const starts = headers.map(header => isoToMjdSec(header.dateObs));
  checkFrequencies(surveys, options.maxFreqDifferenceHz);
  checkStokes(surveys);
  return {
    wcs: grid.wcs,
    unit: 'Jy/beam',
    stokes: headers[0]!.stokes,
    beam: medianBeam(surveys, options.maxBeamDifference),
    freqHz: sum(headers.map(header => header.freqHz)) / headers.length,
    bandwidthHz: Math.max(...headers.map(header => header.bandwidthHz)),
    dateObs: headers[starts.indexOf(Math.min(...starts))]!.dateObs,
    midTimeMjdSec: byExposure(header => header.midTimeMjdSec),
    exposureSec,
    telescopeName: [...new Set(headers.map(header => header.telescopeName))].join('+'),
    objectName: options.objectName,
    keywords: { NTILES: surveys.length, PBCUTOFF: options.primaryBeamCutoff, KERNEL: options.kernel },
  };
}

/** Provenance: the formula, then every tile with its weight. */
export function mosaicHistory(tiles: readonly MosaicTileSummary[], options: CheckedMosaicOptions): string[] {
  const formula = 'linear mosaic: sum(A I / sigma^2) / sum(A^2 / sigma^2) (Sault et al. 1996)';
  return [
    `${formula}, A >= ${options.primaryBeamCutoff}, kernel ${options.kernel}`,
    ...tiles.map(
      ({ id, rmsJyBeam, nPixels }) =>
        `tile ${id}: sigma ${rmsJyBeam.toExponential(4)} Jy/beam, ` +
        `weight ${(1 / rmsJyBeam ** 2).toExponential(4)} at A = 1, ${nPixels} pixels`,
    ),
  ];
}

function medianBeam(surveys: readonly TileSurvey[], maxDifference: number): Beam {
  const beams = surveys.map(survey => survey.header.beam!);
  const majorArcsec = median(beams.map(beam => beam.majorArcsec));
  const minorArcsec = median(beams.map(beam => beam.minorArcsec));
  surveys.forEach(({ id }, i) => {
    const beam = beams[i]!;
    const difference = Math.max(
      Math.abs(beam.majorArcsec / majorArcsec - 1),
      Math.abs(beam.minorArcsec / minorArcsec - 1),
    );
    if (!(difference <= maxDifference))
      throw new MosaicError(
        `Expected beams within ${100 * maxDifference} % of the median ${describe(majorArcsec, minorArcsec)}, but ${id} has ` +
          `${describe(beam.majorArcsec, beam.minorArcsec)}. Leave it out, or give a larger maxBeamDifference`,
      );
  });
  // Position angles are axes, the same after half a turn: average the doubled angle.
  const doubled = beams.map(beam => (beam.positionAngleDeg * Math.PI) / 90);
  const positionAngleDeg = (Math.atan2(sum(doubled.map(Math.sin)), sum(doubled.map(Math.cos))) * 90) / Math.PI;
  return { majorArcsec, minorArcsec, positionAngleDeg };
}

function checkFrequencies(surveys: readonly TileSurvey[], maxDifferenceHz: number): void {
  const reference = surveys[0]!;
  for (const { id, header } of surveys) {
    if (!(Math.abs(header.freqHz - reference.header.freqHz) <= maxDifferenceHz))
      throw new MosaicError(
        `Expected frequencies within ${maxDifferenceHz / 1e6} MHz, but ${id} is at ${header.freqHz / 1e6} MHz and ` +
          `${reference.id} at ${reference.header.freqHz / 1e6} MHz`,
      );
  }
}

function checkStokes(surveys: readonly TileSurvey[]): void {
  const reference = surveys[0]!;
  for (const { id, header } of surveys)
    if (header.stokes !== reference.header.stokes)
      throw new MosaicError(
        `Expected one Stokes parameter, but ${id} shows ${header.stokes} and ${reference.id} ${reference.header.stokes}`,
      );
}

function describe(majorArcsec: number, minorArcsec: number): string {
  return `${majorArcsec.toFixed(1)}" x ${minorArcsec.toFixed(1)}"`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
