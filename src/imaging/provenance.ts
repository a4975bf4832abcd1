import type { RawClean, RawImaging, RawFittedSource } from '../../bindings/addon.js';
import { countOf } from '../core/count-of.js';
import { fromRawDirection } from '../core/sky.js';
import { stokesOfCode } from '../core/stokes.js';
import type { Stokes } from '../core/stokes.js';
import type { Beam } from '../fits/types.js';
import type { FittedSource } from './tile-images.js';
import { describeWeighting } from './weighting.js';

const degree = Math.PI / 180;
const arcsec = degree / 3600;

/** How visibilities were gridded, as a line of HISTORY. */
export function describeGridding({ weighting, epsilon }: RawImaging): string {
  return `weighting ${describeWeighting(weighting)}; gridding accuracy ${epsilon}`;
}

/** How an image was cleaned, as lines of HISTORY. */
export function describeCleaning(options: RawImaging): string[] {
  return [
    `clean: gain ${options.gain}, mgain ${options.mgain}, niter ${options.niter}, major cycles up to ${options.maxMajorCycles}, ` +
      `threshold ${options.thresholdJyBeam} Jy/beam, from ${options.autoMaskSigma} sigma to ${options.autoThresholdSigma} sigma` +
      (options.localRmsWindow > 0 ? `, in boxes of ${options.localRmsWindow} beams` : '') +
      (options.mask ? ', within a mask' : '') +
      `; spectral index of the model ${options.spectralIndex}`,
    ...(options.spectralTerms > 1 ? [`clean of spectra with ${options.spectralTerms} terms`] : []),
    ...startModel(options),
    ...multiscale(options),
  ];
}

function startModel({ startModel: { length } }: RawImaging): string[] {
  return length === 0 ? [] : [`clean started from a model of ${length} point sources`];
}

function multiscale({ multiscale, scalesRad, multiscaleScaleBias }: RawImaging): string[] {
  if (!multiscale) return [];
  const scales =
    scalesRad.length === 0
      ? 'from the beam'
      : scalesRad.map(scale => `${Number((scale / arcsec).toPrecision(6))}"`).join(', ');
  return [`clean with Gaussian components: widths ${scales}; scale bias ${multiscaleScaleBias}`];
}

/** Sources that were found and subtracted where they are. */
export function describeSubtracted({ length }: readonly unknown[], which: string): string[] {
  return length === 0 ? [] : [`${length} ${which} were subtracted where they are`];
}

/** What clean did. */
export function describeCycles({ cycles, stop }: RawClean): string {
  const nComponents = cycles.reduce((n, cycle) => n + cycle.nComponents, 0);
  return `clean took ${nComponents} components in ${countOf(cycles.length, 'major cycle')} and stopped by: ${stop}`;
}

export function beamOf({ beamMajorRad, beamMinorRad, beamPositionAngleRad }: RawClean): Beam {
  return {
    majorArcsec: beamMajorRad / arcsec,
    minorArcsec: beamMinorRad / arcsec,
    positionAngleDeg: beamPositionAngleRad / degree,
  };
}

/** Brightest first. */
export function fittedSources(sources: readonly RawFittedSource[]): FittedSource[] {
  return sources
    .map(({ direction, apparentFluxJy }) => ({ ...fromRawDirection(direction), apparentFluxJy }))
    .sort((a, b) => b.apparentFluxJy - a.apparentFluxJy);
}

export function stokesOf({ stokesCode }: RawImaging): Stokes {
  return stokesOfCode(stokesCode)!;
}
