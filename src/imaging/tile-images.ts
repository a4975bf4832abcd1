import type { SkyDirection } from '../core/sky.js';
import type { Beam, SkyImage } from '../fits/types.js';

/** What one major cycle of clean did; peak and rms are those of the residual after it. */
export interface CleanCycle {
  readonly nComponents: number;
  readonly modelFluxJy: number;
  readonly peakJyBeam: number;
  /** Robust: from the median absolute deviation. */
  readonly rmsJyBeam: number;
  /** Time that it took. */
  readonly seconds: number;
}

/** Why cleaning stopped: nothing left above the thresholds, or a limit was met, or the last cycle made it worse. */
export type CleanStop = 'threshold' | 'iterations' | 'majorCycles' | 'diverged';

/** A source that was fitted to the visibilities of a tile. */
export interface FittedSource extends SkyDirection {
  /** Attenuated by the primary beam, in the mean over band and tile. */
  readonly apparentFluxJy: number;
}

/** Everything that imaging a tile gives. */
export interface TileFields {
  /** Residual plus model convolved with the beam, Jy/beam, attenuated by the primary beam: flat noise. */
  readonly restored: SkyImage;
  /** `restored` divided by the primary beam: true fluxes; NaN where the beam is below `primaryBeamCutoff`. */
  readonly restoredPb: SkyImage;
  readonly residual: SkyImage;
  /** Clean components, Jy/pixel, attenuated. */
  readonly model: SkyImage;
  readonly dirty: SkyImage;
  /** Point spread function, 1 at the center. */
  readonly psf: SkyImage;
  /** Inverse variance of `restoredPb`, (beam / rms)^2; 0 where that is NaN. */
  readonly weight: SkyImage;
  /** Power response, averaged over the band and over the pointings of the integrations. */
  readonly primaryBeam: SkyImage;
  /** Of the dishes; undefined where it is not known: `primaryBeam` is 1 everywhere, and `restoredPb` is `restored`. */
  readonly dishDiameterMeters: number | undefined;
  /**
   * With `spectralTerms` above 1: d ln S / d ln nu of the sky in the middle of the band, where noise leaves it known to
   * 0.5; NaN elsewhere.
   */
  readonly spectralIndex: SkyImage | undefined;
  readonly beam: Beam;
  /** Robust sigma of the residual, Jy/beam. */
  readonly rmsJyBeam: number;
  readonly cycles: readonly CleanCycle[];
  readonly stop: CleanStop;
  /** Sources beyond the image whose visibilities were subtracted, brightest first. */
  readonly outerSources: readonly FittedSource[];
  /** Bright points of the image whose visibilities were subtracted, and restored where they are, brightest first. */
  readonly pointSources: readonly FittedSource[];
  /** Channels that were imaged: from the first up to, but not with, the second. */
  readonly channelRange: readonly [first: number, end: number];
  /** Which of the `channelsOut` parts of the channels this is, from 0; undefined for the image of all. */
  readonly channelIndex: number | undefined;
  /** Visibilities that went in, of the one Stokes parameter, and in how many rows and channels they are. */
  readonly nVisibilities: number;
  readonly nRows: number;
  readonly nChannels: number;
  /** Sum of the imaging weights. */
  readonly sumOfWeights: number;
  /**
   * Images of `channelsOut` equal parts of the channels on the same pixels, in ascending frequency, without the parts that
   * have no data. Empty for `channelsOut` 1.
   */
  readonly channelImages: readonly TileImages[];
}

/** The images of a tile; prints itself on one line. */
export interface TileImages extends TileFields {
  /** `Tile 2048x2048, 3", beam 38"x27", rms 1.9 mJy/beam` */
  toString(): string;
}

class PrintableTile {
  constructor(fields: TileFields) {
    Object.assign(this, fields);
  }

  toString(): string {
    const { restored, beam, rmsJyBeam } = this as unknown as TileFields;
    const [ny, nx] = restored.pixels.shape;
    const cell = Number(restored.wcs.cellArcsec.toPrecision(3));
    const size = `${Math.round(beam.majorArcsec)}"x${Math.round(beam.minorArcsec)}"`;
    return `Tile ${nx}x${ny}, ${cell}", beam ${size}, rms ${(rmsJyBeam * 1e3).toPrecision(2)} mJy/beam`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

export function tileImages(fields: TileFields): TileImages {
  return new PrintableTile(fields) as unknown as TileImages;
}
