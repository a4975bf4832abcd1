import type { SkyDirection } from '../core/sky.js';
import type { ImageWcs, SkyImage } from '../fits/types.js';

/** The power response of a uniformly lit dish, (2 J1(x)/x)^2, averaged over the band. */
export interface AiryBeam {
  readonly dishDiameterMeters: number;
  /** Frequencies, with the weights that imaging gave them. @default that of the image, weights of 1 */
  readonly freqsHz?: readonly number[] | undefined;
  readonly weights?: readonly number[] | undefined;
  /** Where the dishes looked, as often each: the integrations of a drift scan. @default the center of the image */
  readonly pointings?: readonly SkyDirection[] | undefined;
}

/** A power response as a table over the angle from where the dishes looked. */
export interface BeamTable {
  /** Ascending from 0. */
  readonly anglesDeg: readonly number[];
  /** 1 at angle 0; 0 beyond the last. */
  readonly power: readonly number[];
  readonly pointings?: readonly SkyDirection[] | undefined;
}

/** One image to go into a mosaic. Images may be given as paths of FITS files: then they are never in memory whole. */
export interface MosaicTile {
  /** A name for errors and provenance. @default `objectName` of the image, or the name of its file */
  readonly id?: string | undefined;
  /** Jy/beam, not divided by the primary beam. */
  readonly image: SkyImage | string;
  /** Power response, 1 at the pointing: on the pixels of `image`, or by formula or table. */
  readonly primaryBeam: SkyImage | string | AiryBeam | BeamTable;
  /** Noise of `image`. @default measured: 1.4826 times the median absolute deviation */
  readonly rmsJyBeam?: number | undefined;
  /** Noise of every pixel of `image`, Jy/beam, instead of one number. */
  readonly noise?: SkyImage | string | undefined;
  /** What the image and its noise are multiplied by. @default 1 */
  readonly fluxScale?: number | undefined;
  /** What is added to the positions in the image, to the east and to the north. @default [0, 0] */
  readonly shiftArcsec?: readonly [east: number, north: number] | undefined;
}

/** Pixels of a mosaic on the sky. */
export interface MosaicGrid {
  readonly wcs: ImageWcs;
  readonly nx: number;
  readonly ny: number;
}

/** What one tile gave to a mosaic, and how it agrees with the others. */
export interface MosaicTileSummary {
  readonly id: string;
  readonly center: SkyDirection;
  /** Noise at a primary beam of 1; of a noise map the median. */
  readonly rmsJyBeam: number;
  readonly fluxScale: number;
  readonly shiftArcsec: readonly [east: number, north: number];
  /** Pixels of the mosaic that it contributed to. */
  readonly nPixels: number;
  /** Pixels that were left out because the other tiles contradict them. */
  readonly nRejected: number;
  /** With `compareTiles`, where tiles overlap. */
  readonly agreement?: TileAgreement | undefined;
}

/** A tile against the mosaic of the others. NaN where too little of it overlaps. */
export interface TileAgreement {
  /** Of its pixels about the mosaic, per degree of freedom: 1 where noise is all. */
  readonly chiSquare: number;
  /** Of its sources above 10 sigma to the others'. */
  readonly fluxRatio: number;
  /** Of its sources from the others'. */
  readonly eastArcsec: number;
  readonly northArcsec: number;
  readonly nPixels: number;
  readonly nBrightPixels: number;
}

/** A figure that a tile or mosaic was checked for. */
export interface MosaicCheck {
  readonly check: 'dynamicRange' | 'noise' | 'beam' | 'frequency' | 'fluxRatio' | 'offset';
  readonly tile: string;
  readonly value: number;
  /** At least, for dynamicRange; at most, for the others. */
  readonly limit: number;
  readonly passed: boolean;
}

/** What there is to say of a mosaic beside its pixels. */
export interface MosaicReport {
  /** Those that went in, in the order in which they were given. */
  readonly tiles: readonly MosaicTileSummary[];
  /** Tiles that were left out, with the sentence that says why. */
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
  readonly checks: readonly MosaicCheck[];
}

/** A linear mosaic. All images are on one grid. */
export interface Mosaic extends MosaicReport {
  /** Jy/beam, corrected for the primary beams; NaN where no tile counts. */
  readonly mosaic: SkyImage;
  /** Sum of A^2 / sigma^2, (beam/Jy)^2. */
  readonly weight: SkyImage;
  /** Noise of `mosaic`, 1 / sqrt(weight), Jy/beam; NaN where no tile counts. */
  readonly rms: SkyImage;
  /** Number of tiles that count. */
  readonly coverage: SkyImage;
  /** With `compareTiles`: chi-square of the tiles about the mosaic, per degree of freedom; NaN where one tile counts. */
  readonly chiSquare?: SkyImage | undefined;
  /** One line: size, cell, tiles, least noise. */
  toString(): string;
}

/** A mosaic that was written to files. */
export interface MosaicFiles extends MosaicReport {
  readonly grid: MosaicGrid;
  /** The mosaic's first, then the maps: weight, rms, coverage, and chi-square where tiles were compared. */
  readonly files: readonly string[];
  toString(): string;
}
