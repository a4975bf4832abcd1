import type { RawImaging, RawSource, RawTile } from '../../bindings/addon.js';
import { addon } from '../core/addon.js';
import { fromRaw } from '../core/array.js';
import type { RawArray } from '../core/array.js';
import { runJob } from '../core/job.js';
import { fromRawDirection } from '../core/sky.js';
import type { SkyDirection } from '../core/sky.js';
import { mjdSecToIso, now } from '../core/time.js';
import { packageVersion } from '../core/version.js';
import type { Beam, SkyImage } from '../fits/types.js';
import type { ImagingOptions } from './options.js';
import { toRawOptions } from './raw-options.js';
import { sourceHistory } from './source-history.js';
import {
  beamOf,
  describeCleaning,
  describeCycles,
  describeGridding,
  describeSubtracted,
  fittedSources,
  stokesOf,
} from './provenance.js';
import { tileImages } from './tile-images.js';
import type { TileImages } from './tile-images.js';

const arcsec = Math.PI / 180 / 3600;

/** Images a source of visibilities: what imageGroup and imageMs have in common. */
export async function imageTile(source: RawSource, options: ImagingOptions): Promise<TileImages> {
  const raw = toRawOptions(options);
  const tile = await runJob(options, onProgress => addon().imageTile({ source, ...raw }, onProgress));
  return toTileImages(tile, raw, sourceHistory(source));
}

function toTileImages(tile: RawTile, options: RawImaging, read: readonly string[], channelIndex?: number): TileImages {
  const beam = beamOf(tile);
  const common = commonFields(tile, options);
  const gridded = [...tile.history, ...read, ...describeData(tile, options)];
  const cleaned = [...gridded, ...describeClean(tile, options)];
  const image = (
    pixels: RawArray<Float32Array>,
    unit: string,
    history: readonly string[],
    { noise, ...more }: { beam?: Beam; noise?: number } = {},
  ): SkyImage => ({
    ...common,
    ...more,
    keywords: {
      ...common.keywords,
      ...(unit.startsWith('Jy') && { BTYPE: 'Intensity' }),
      ...(noise !== undefined && { NOISE: noise }),
    },
    pixels: fromRaw(pixels),
    unit,
    history,
  });
  const { primaryBeamCutoff: cutoff } = options;
  const attenuated = tile.dishDiameterMeters > 0 ? 'attenuated by the primary beam' : 'without primary beam';
  const noise = tile.rmsJyBeam;
  const rounded = (value: number) => Number(value.toPrecision(5));
  return tileImages({
    restored: image(tile.restored, 'Jy/beam', [...cleaned, `restored image, ${attenuated}`], { beam, noise }),
    restoredPb: image(
      tile.restoredPb,
      'Jy/beam',
      [
        ...cleaned,
        `restored image divided by the primary beam, blank below ${cutoff}`,
        `noise ${rounded(noise)} Jy/beam at a beam of 1`,
      ],
      { beam },
    ),
    residual: image(tile.residual, 'Jy/beam', [...cleaned, `residual image, ${attenuated}`], { beam, noise }),
    model: image(tile.model, 'Jy/pixel', [...cleaned, `clean components, ${attenuated}`]),
    dirty: image(tile.dirty, 'Jy/beam', [...gridded, `dirty image, ${attenuated}`], {
      beam,
      noise: tile.dirtyRmsJyBeam,
    }),
    psf: image(tile.psf, '', [...gridded, 'point spread function'], { beam }),
    weight: image(tile.weight, 'beam2/Jy2', [
      ...cleaned,
      `inverse variance of the image divided by the primary beam: (beam / ${rounded(noise)} Jy)^2`,
    ]),
    primaryBeam: image(tile.primaryBeam, '', [...gridded, 'primary beam, power, averaged over band and pointings']),
    spectralIndex:
      tile.spectralIndex && image(tile.spectralIndex, '', [...cleaned, 'spectral index of the sky, d ln S / d ln nu']),
    dishDiameterMeters: tile.dishDiameterMeters > 0 ? tile.dishDiameterMeters : undefined,
    beam,
    rmsJyBeam: tile.rmsJyBeam,
    cycles: tile.cycles,
    stop: tile.stop,
    outerSources: fittedSources(tile.outerSources),
    pointSources: fittedSources(tile.pointSources),
    channelRange: [tile.firstChannel, tile.endChannel],
    channelIndex,
    nVisibilities: tile.nVisibilities,
    nRows: tile.nRows,
    nChannels: tile.nChannels,
    sumOfWeights: tile.sumOfWeights,
    channelImages: tile.parts.map(part => toTileImages(part, options, read, part.part)),
  });
}

/** What the headers of all images of a tile share. */
function commonFields(tile: RawTile, options: RawImaging): Omit<SkyImage, 'pixels' | 'unit' | 'history'> {
  const [ny, nx] = tile.restored.shape as [number, number];
  const center = fromRawDirection(tile.center);
  return {
    wcs: {
      center,
      cellArcsec: Number((tile.cellRad / arcsec).toPrecision(12)),
      centerX: Math.floor(nx / 2),
      centerY: Math.floor(ny / 2),
    },
    stokes: stokesOf(options),
    freqHz: tile.freqHz,
    bandwidthHz: tile.bandwidthHz,
    dateObs: mjdSecToIso(tile.startMjdSec),
    midTimeMjdSec: tile.midMjdSec,
    exposureSec: tile.exposureSec,
    telescopeName: tile.telescopeName,
    objectName: nameOf(center),
    keywords: { DATE: now(), NVIS: tile.nVisibilities },
  };
}

/** What went into all images. */
function describeData(tile: RawTile, options: RawImaging): string[] {
  return [
    `contimg ${packageVersion()}: imaged ${tile.nVisibilities} visibilities of ${tile.nRows} rows, Stokes ${stokesOf(options)}`,
    `${tile.nChannels} channels with data from ${tile.firstChannel} up to, but not with, ${tile.endChannel}`,
    describeGridding(options),
    describeBeam(tile),
  ];
}

function describeBeam({ dishDiameterMeters }: RawTile): string {
  return dishDiameterMeters > 0
    ? `primary beam of dishes of ${Number(dishDiameterMeters.toPrecision(6))} m`
    : 'no primary beam: the antennas have no dish diameter';
}

/** What went into those that show the clean or what it left. */
function describeClean(tile: RawTile, options: RawImaging): string[] {
  return [
    ...describeCleaning(options),
    ...describeSubtracted(tile.outerSources, 'sources beyond the image'),
    ...describeSubtracted(tile.pointSources, 'point sources of the image'),
    describeCycles(tile),
  ];
}

/** `J2227+1601`: the center to the minute. */
function nameOf({ raDeg, decDeg }: SkyDirection): string {
  const pad = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor((raDeg / 15) * 60);
  const arcmin = Math.floor(Math.abs(decDeg) * 60);
  const sign = decDeg < 0 ? '-' : '+';
  return `J${pad(Math.floor(minutes / 60))}${pad(minutes % 60)}${sign}${pad(Math.floor(arcmin / 60))}${pad(arcmin % 60)}`;
}
