import type { MsChoice, SourceOptions } from '../core/source.js';
import { dsa110 } from '../core/dsa110.js';
import type { JobOptions } from '../core/job.js';
import type { SkyDirection } from '../core/sky.js';
import type { CleanMask } from './clean-mask.js';
import type { StartSource } from './start-model.js';
import type { Weighting, WeightingOptions } from './weighting.js';

export interface ImagingOptions extends WeightingOptions, JobOptions, Omit<SourceOptions, keyof MsChoice> {
  /**
   * What is imaged: Stokes I, or a correlation of two like feeds as it is, without the other. XX and YY of a source without
   * polarization are both its flux. @default 'I'
   */
  readonly stokes?: 'I' | 'XX' | 'YY' | 'RR' | 'LL' | undefined;
  /** Channels that are imaged, counted from 0 upwards in frequency: from the first up to, but not with, the second. @default all */
  readonly channelRange?: readonly [first: number, end: number] | undefined;
  /**
   * Above 1: beside the image of all channels as many more (`channelImages`), each of an equal part of the channels, with its
   * own frequency, beam, clean and noise. @default 1
   */
  readonly channelsOut?: number | undefined;
  /** Pixels along both axes, even. @default what the primary beam down to `fieldBeamLevel` takes */
  readonly npix?: number | undefined;
  /** Pixels along right ascension and declination, where they are to differ. */
  readonly nx?: number | undefined;
  readonly ny?: number | undefined;
  /** Pixel size at the phase center, arcsec. @default five pixels per minor axis of the beam, two significant digits */
  readonly cellArcsec?: number | undefined;
  /** Level of the primary beam out to which an image reaches whose size is not given. @default 0.1 */
  readonly fieldBeamLevel?: number | undefined;
  /** Relative accuracy of gridding, 1e-6 to 1e-2. @default 1e-5 */
  readonly epsilon?: number | undefined;
  /**
   * Spectral index that the sources of the model are taken to have within the band, S ~ nu^index. With the beam's own
   * change over band and drift it decides how well their sidelobes go. @default -0.7
   */
  readonly spectralIndex?: number | undefined;
  /**
   * Terms of the spectra that clean finds, jointly for all channels: 1 takes every source to have `spectralIndex`; 2 finds
   * its slope too, 3 its curvature. The spectra are of the sky: the beam's change over the band is known. Each further
   * term costs an image per major cycle and three in memory. It matters for sources above some hundred times the
   * noise. @default 1
   */
  readonly spectralTerms?: number | undefined;
  /**
   * Sources that are known, from a catalogue say. They are taken off the visibilities before clean, exactly where they
   * are, beyond the image too, and restored at the end; clean finds what they differ by. A source costs as much time as a
   * component. @default none
   */
  readonly startModel?: readonly StartSource[] | undefined;
  /** Most clean components; 0 leaves the dirty image. @default 50000 */
  readonly niter?: number | undefined;
  /** Most major cycles, each of which takes the model off the visibilities. @default 12 */
  readonly maxMajorCycles?: number | undefined;
  /** Part of a peak that one component takes. @default 0.1 */
  readonly gain?: number | undefined;
  /** Part of the highest peak that one major cycle takes. @default 0.8 */
  readonly mgain?: number | undefined;
  /** Nothing fainter is cleaned, Jy/beam. @default 0 */
  readonly thresholdJyBeam?: number | undefined;
  /**
   * A pixel is cleaned once it exceeds this many sigma of the residual, and then down to `autoThresholdSigma`.
   *
   * @default 3.5, or `autoThresholdSigma` where that is higher
   */
  readonly autoMaskSigma?: number | undefined;
  /** Up to `autoMaskSigma`. @default 2, or `autoMaskSigma` where that is lower */
  readonly autoThresholdSigma?: number | undefined;
  /**
   * Sigma of `autoMaskSigma` and `autoThresholdSigma` is that of the surroundings: about a bright source, whose
   * sidelobes are not all gone, it is higher; so it is on sources as wide as many beams. @default false
   */
  readonly localRms?: boolean | undefined;
  /** Side of the boxes in which the local sigma is measured, in beams. @default 25 */
  readonly localRmsWindow?: number | undefined;
  /** Components are points and Gaussians of several widths, for extended sources. Slower. @default false */
  readonly multiscale?: boolean | undefined;
  /** Full widths at half maximum of the Gaussians, with `multiscale`. @default the beam's, twice that, ... four in all */
  readonly scalesArcsec?: readonly number[] | undefined;
  /** 0.1 to 1; smaller values prefer larger scales. @default 0.6 */
  readonly multiscaleScaleBias?: number | undefined;
  /** Where to clean: `(ny, nx)`, not 0, or an image on the grid of the tile, which is then its grid. @default everywhere */
  readonly mask?: CleanMask | undefined;
  /**
   * Find sources beyond the image, as far as the first sidelobe of the primary beam, and subtract them from the
   * visibilities: their sidelobes cross the image. Only where it is cleaned. @default true
   */
  readonly outerSources?: boolean | undefined;
  /**
   * Put the components of a bright point together to one at their center of mass, between pixels: on pixels they make it
   * up to 3 % too faint. Not with `multiscale` or `spectralTerms`. Only where it is cleaned. @default true
   */
  readonly pointSources?: boolean | undefined;
  /** Center of the image, ICRS. @default the meridian position at the middle of the observation */
  readonly phaseCenter?: SkyDirection | undefined;
  /** `restoredPb` is NaN where the primary beam is below it. @default 0.1 */
  readonly primaryBeamCutoff?: number | undefined;
  /**
   * Diameter of the dishes, whose Airy pattern is the primary beam. Antennas without one, as in some MeasurementSets, are
   * imaged without primary beam (`npix` and `cellArcsec` are then to be given). @default that of the antennas
   */
  readonly dishDiameterMeters?: number | undefined;
}

/** Defaults of imaging; sizes and cell follow from the data. */
export const imagingDefaults = Object.freeze({
  stokes: 'I' as const,
  channelsOut: 1,
  fieldBeamLevel: 0.1,
  weighting: Object.freeze({ scheme: 'briggs', robust: 0.5 }) as Weighting,
  epsilon: 1e-5,
  spectralIndex: -0.7,
  spectralTerms: 1,
  startModel: Object.freeze([]) as readonly StartSource[],
  niter: 50000,
  maxMajorCycles: 12,
  gain: 0.1,
  mgain: 0.8,
  thresholdJyBeam: 0,
  autoMaskSigma: 3.5,
  autoThresholdSigma: 2,
  multiscale: false,
  multiscaleScaleBias: 0.6,
  localRms: false,
  localRmsWindow: 25,
  outerSources: true,
  pointSources: true,
  primaryBeamCutoff: 0.1,
  minSubbands: dsa110.minSubbands,
});
