import { basename } from 'node:path';

import { toAscii } from '../core/ascii.js';
import { isoToMjdSec } from '../core/time.js';
import { packageVersion } from '../core/version.js';
import type { Beam, SkyImage } from '../fits/types.js';
import type { CheckedMosaicOptions } from './options.js';
import { medianBeam } from './shared-beam.js';
import type { TileSurvey } from './survey-tile.js';
import type { MosaicGrid } from './types.js';

/** A mosaic's image without its pixels. */
export type MosaicHeader = Omit<SkyImage, 'pixels'>;

/**
 * What a mosaic's header says: the median beam or the common one, mean frequency, earliest start, total exposure, and
 * as provenance the formula and every tile with its weight.
 *
 * @param leftOut - sentences about tiles that did not go in.
 */
export function combineHeaders(
  surveys: readonly TileSurvey[],
  grid: MosaicGrid,
  commonBeam: Beam | undefined,
  leftOut: readonly string[],
  options: CheckedMosaicOptions,
): MosaicHeader {
  const headers = surveys.map(survey => survey.header);
  const exposureSec = sum(headers.map(header => header.exposureSec));
  const byExposure = (value: (header: TileSurvey['header']) => number) =>
    exposureSec > 0
      ? sum(headers.map(header => value(header) * header.exposureSec)) / exposureSec
      : sum(headers.map(value)) / headers.length;
  const starts = headers.map(header => isoToMjdSec(header.dateObs));
  return {
    wcs: grid.wcs,
    unit: 'Jy/beam',
    stokes: headers[0]!.stokes,
    beam: commonBeam ?? medianBeam(headers.map(header => header.beam!)),
    freqHz: sum(headers.map(header => header.freqHz)) / headers.length,
    bandwidthHz: Math.max(...headers.map(header => header.bandwidthHz)),
    dateObs: headers[starts.indexOf(Math.min(...starts))]!.dateObs,
    midTimeMjdSec: byExposure(header => header.midTimeMjdSec),
    exposureSec,
    telescopeName: [...new Set(headers.map(header => header.telescopeName))].join('+'),
    objectName: options.objectName,
    keywords: { NTILES: surveys.length, PBCUTOFF: options.primaryBeamCutoff, KERNEL: options.kernel },
    history: historyOf(surveys, commonBeam, leftOut, options),
  };
}

function historyOf(
  surveys: readonly TileSurvey[],
  commonBeam: Beam | undefined,
  leftOut: readonly string[],
  options: CheckedMosaicOptions,
): string[] {
  const formula = `contimg ${packageVersion()}: linear mosaic, sum(A I / sigma^2) / sum(A^2 / sigma^2) (Sault et al. 1996)`;
  const { rejectSigma, maxBeamDifference, maxFreqDifferenceHz, maxNoiseRatio, minDynamicRange } = options;
  const { maxFluxDifference, maxOffsetArcsec, disagreeingTiles } = options;
  return [
    `${formula}, A >= ${options.primaryBeamCutoff}, kernel ${options.kernel}`,
    `tiles with beams within ${maxBeamDifference} of the median, frequencies within ${maxFreqDifferenceHz / 1e6} MHz of it, noise up to ${maxNoiseRatio} times the median, dynamic range from ${minDynamicRange}`,
    ...(commonBeam ? [`beams convolved to ${commonBeam.majorArcsec}" x ${commonBeam.minorArcsec}"`] : []),
    ...(rejectSigma > 0
      ? [`pixels beyond ${rejectSigma} sigma + 10 % of the median of three tiles or more rejected`]
      : []),
    ...(disagreeingTiles === 'leaveOut'
      ? [
          `tiles left out whose fluxes differ from the others' by more than ${maxFluxDifference}, or positions by ${maxOffsetArcsec} arcsec`,
        ]
      : []),
    ...surveys.map(describe),
    ...leftOut.map(reason => toAscii(`left out: ${reason}`)),
  ];
}

function describe({ id: name, rmsJyBeam, fluxScale, shiftArcsec, raw }: TileSurvey): string {
  const file = 'path' in raw.image ? basename(raw.image.path) : name;
  const id = file === name ? name : `${name} (${file})`;
  const noise = `sigma ${rmsJyBeam.toExponential(4)} Jy/beam${raw.noise ? ', the median of a map' : ''}`;
  const weight = `, weight ${(1 / rmsJyBeam ** 2).toExponential(4)} at A = 1`;
  const scale = fluxScale === 1 ? '' : `, flux times ${fluxScale}`;
  const shift = shiftArcsec.every(value => value === 0) ? '' : `, shifted by ${shiftArcsec.join(', ')} arcsec E, N`;
  return `tile ${id}: ${noise}${weight}${scale}${shift}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
