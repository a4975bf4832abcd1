import type { SkyDirection } from '../core/sky.js';
import type { ImageWcs, SkyImage } from '../fits/types.js';

/** One image to go into a mosaic. */
export interface MosaicTile {
  /** A name for errors and provenance. @default `objectName` of the image */
  readonly id?: string | undefined;
  /** Jy/beam, not divided by the primary beam: its noise is the same everywhere. */
  readonly image: SkyImage;
  /** Power response on the pixels of `image`, 1 at the pointing. */
  readonly primaryBeam: SkyImage;
  /** Noise of `image`. */
  readonly rmsJyBeam: number;
}

/** A tile, or a function that loads it: called twice, once for the grid and once for the pixels. */
export type MosaicTileSource = MosaicTile | (() => Promise<MosaicTile>);

/** Pixels of a mosaic on the sky. */
export interface MosaicGrid {
  readonly wcs: ImageWcs;
  readonly nx: number;
  readonly ny: number;
}

/** What one tile gave to a mosaic. */
export interface MosaicTileSummary {
  readonly id: string;
  readonly center: SkyDirection;
  readonly rmsJyBeam: number;
  /** Pixels of the mosaic that it contributed to. */
  readonly nPixels: number;
}

/** A linear mosaic. All images are on one grid. */
export interface Mosaic {
  /** Jy/beam, corrected for the primary beams; NaN where no tile counts. */
  readonly mosaic: SkyImage;
  /** Sum of A^2 / sigma^2, (beam/Jy)^2. */
  readonly weight: SkyImage;
  /** Noise of `mosaic`, 1 / sqrt(weight), Jy/beam; NaN where no tile counts. */
  readonly rms: SkyImage;
  /** Number of tiles that count. */
  readonly coverage: SkyImage;
  readonly tiles: readonly MosaicTileSummary[];
  /** One line: size, cell, tiles, least noise. */
  toString(): string;
}
