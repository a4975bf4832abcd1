import { fluxAt } from '../calibration/index.js';
import type { SkySource } from '../calibration/index.js';
import { checkPositive } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import { median } from '../core/median.js';
import type { SkyDirection } from '../core/sky.js';
import { skyToPixel } from '../fits/index.js';
import type { SkyImage } from '../fits/index.js';
import { measureSources } from '../imaging/index.js';

/** A source of a catalogue as a mosaic shows it. */
export interface CatalogueMatch extends SkyDirection {
  /** The catalogue's, at the mosaic's frequency. */
  readonly catalogueJy: number;
  /** The mosaic's: its peak. */
  readonly fluxJy: number;
  /** Of the mosaic's position from the catalogue's. */
  readonly eastArcsec: number;
  readonly northArcsec: number;
}

/** Fluxes and positions of a mosaic against a catalogue's. Medians; NaN where nothing was found. */
export interface CatalogueComparison {
  /** Sources that are alone within two beams and that the mosaic should show. */
  readonly nExpected: number;
  /** Of these, within a beam and at half the least flux or more. */
  readonly nFound: number;
  /** Of the mosaic to the catalogue. */
  readonly fluxRatio: number;
  /** Of the single ratios about that: 1.4826 times the median absolute deviation. */
  readonly fluxScatter: number;
  readonly eastArcsec: number;
  readonly northArcsec: number;
  /** Of the single offsets about these, along one axis. */
  readonly offsetScatterArcsec: number;
  readonly matches: readonly CatalogueMatch[];
}

/**
 * Looks for the point sources of a catalogue in a mosaic.
 *
 * @param rms - noise of every pixel, on the same grid.
 * @param catalogue - as `readSkyModel` reads it; its sources are taken to be points.
 * @param minSigmas - sources below this many times the noise are not expected. @default 10
 * @throws {InvalidArgumentError} images of different shapes, or a mosaic without a beam.
 * @example
 * const { fluxRatio } = compareCatalogue(mosaic, rms, await readSkyModel('nvss.csv'));
 */
export function compareCatalogue(
  mosaic: SkyImage,
  rms: SkyImage,
  catalogue: readonly SkySource[],
  minSigmas = 10,
): CatalogueComparison {
  checkPositive('minSigmas', minSigmas);
  const { beam, wcs, freqHz } = mosaic;
  if (!beam) throw new InvalidArgumentError('Expected a mosaic with a restoring beam, but it has none');
  const [ny, nx] = mosaic.pixels.shape as [number, number];
  if (rms.pixels.shape.join() !== mosaic.pixels.shape.join())
    throw new InvalidArgumentError(
      `Expected a noise map of ${ny} x ${nx} pixels but it has ${rms.pixels.shape.join(' x ')}`,
    );
  const shown = catalogue
    .map(source => {
      const { x, y } = skyToPixel(wcs, source);
      const inside = x >= 0 && y >= 0 && x <= nx - 1 && y <= ny - 1; // false for NaN, behind the projection
      return { source, x, y, noise: inside ? rms.pixels.get(Math.round(y), Math.round(x)) : NaN };
    })
    .filter(({ noise }) => noise > 0);
  const reach = (2 * beam.majorArcsec) / wcs.cellArcsec;
  const alone = shown.filter(
    ({ source, x, y, noise }) =>
      fluxAt(source, freqHz) > minSigmas * noise &&
      shown.every(other => other.source === source || Math.hypot(other.x - x, other.y - y) > reach),
  );
  const found = measureSources(
    mosaic,
    alone.map(({ source }) => source),
  );
  const matches = alone.flatMap(({ source, noise }, i): CatalogueMatch[] => {
    const measured = found[i];
    if (!measured || measured.fluxJy < (minSigmas / 2) * noise) return [];
    const { raDeg, decDeg } = source;
    const { fluxJy, eastArcsec, northArcsec } = measured;
    return [{ raDeg, decDeg, catalogueJy: fluxAt(source, freqHz), fluxJy, eastArcsec, northArcsec }];
  });
  return { nExpected: alone.length, nFound: matches.length, ...summarize(matches), matches };
}

function summarize(matches: readonly CatalogueMatch[]) {
  const ratios = matches.map(match => match.fluxJy / match.catalogueJy);
  const east = matches.map(match => match.eastArcsec);
  const north = matches.map(match => match.northArcsec);
  const [fluxRatio, eastArcsec, northArcsec] = [median(ratios), median(east), median(north)];
  const offsets = [...east.map(value => value - eastArcsec), ...north.map(value => value - northArcsec)];
  return {
    fluxRatio,
    fluxScatter: 1.4826 * median(ratios.map(ratio => Math.abs(ratio - fluxRatio))),
    eastArcsec,
    northArcsec,
    offsetScatterArcsec: 1.4826 * median(offsets.map(Math.abs)),
  };
}
