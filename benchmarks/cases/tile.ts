import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { median } from '../../src/core/median.js';
import { imagingDefaults, measureSources, readFits, skyToPixel } from '../../src/index.js';
import type { ImagingOptions, SimulationTruth, SkyImage, Weighting } from '../../src/index.js';
import { apparentScale } from '../../test/support/apparent-scale.js';
import { randomOf } from '../../test/support/random.js';
import type { Case, Contender, Prepared, Size } from '../case.js';
import { relativeRms } from '../compare.js';
import { nCores } from '../data/data-folder.js';
import type { DataFolder } from '../data/data-folder.js';
import { groupIn, observationSizes, simulatedFolder } from '../data/subband-group.js';
import { stokesI, tileMs } from '../data/tile-ms.js';
import { directPixel } from '../direct-sum.js';
import { flopsPerVisibility } from './gridding.js';

/** How a tile is imaged: the same for contimg and WSClean. */
export interface TileSettings {
  readonly npix: number;
  readonly cellArcsec: number;
  readonly weighting: Weighting;
  readonly niter: number;
  /** Clean from this many sigma ... @default 5 */
  readonly maskSigma?: number;
  /** ... down to this many; 0 for no threshold. */
  readonly thresholdSigma: number;
}

const natural: Weighting = { scheme: 'natural' };
const briggs: Weighting = { scheme: 'briggs', robust: 0.5 };

/** From files to images. */
export function tileCases(size: Size): Case[] {
  const small = size === 'full' ? { npix: 2048, cellArcsec: 3 } : { npix: 768, cellArcsec: 5 };
  const large = size === 'full' ? { npix: 4096, cellArcsec: 3 } : { npix: 1024, cellArcsec: 5 };
  const clean = { weighting: briggs, niter: 1000, thresholdSigma: 0 };
  return [
    uvh5OrMsCase(size, { ...small, ...clean }),
    tileCase(size, 'tile/dirty', { ...small, weighting: natural, niter: 0, thresholdSigma: 0 }),
    { ...tileCase(size, 'tile/clean', { ...small, ...clean }), runsOnce: true }, // WSClean takes 2 to 4 minutes
    {
      ...tileCase(size, 'tile/clean-to-3-sigma', { ...large, weighting: briggs, niter: 100_000, thresholdSigma: 3 }),
      runsOnce: true, // WSClean takes from 7 to 11 minutes
    },
  ];
}

export function imagingOptions(settings: TileSettings): ImagingOptions {
  const { npix, cellArcsec, weighting, niter, maskSigma = 5, thresholdSigma } = settings;
  const autoMaskSigma = thresholdSigma > 0 ? maskSigma : 0;
  // At a given number of iterations both do the same work; sources beyond the image, or between pixels, are contimg's.
  const sources = { outerSources: thresholdSigma > 0, pointSources: thresholdSigma > 0 };
  const clean = { niter, autoMaskSigma, autoThresholdSigma: thresholdSigma, ...sources };
  return { npix, cellArcsec, weighting, ...clean, threads: nCores };
}

/** Megavisibilities of Stokes I without autocorrelations. */
export function workOf(size: Size, nChannels: number = observationSizes[size].nChannels): number {
  const { nAntennas, nIntegrations } = observationSizes[size];
  return (((nAntennas * (nAntennas - 1)) / 2) * nIntegrations * 16 * nChannels) / 1e6;
}

/** What every case of a tile says of itself. */
export function tileCommon(size: Size, { npix, cellArcsec, weighting, niter }: TileSettings, work = workOf(size)) {
  return {
    params: { npix, cellArcsec, weighting: weighting.scheme, niter, visibilities: work * 1e6 },
    threads: nCores,
    unit: 'Mvis/s',
    // The least that imaging takes: every visibility gridded once, and once more for the point spread function.
    limit: { kind: 'fma', flopsPerUnit: 2e6 * flopsPerVisibility(imagingDefaults.epsilon) } as const,
    ...(size === 'quick' ? { maxRounds: 3 } : {}), // a run of WSClean takes long even then
  };
}

function uvh5OrMsCase(size: Size, settings: TileSettings): Case {
  return {
    name: 'tile/uvh5-or-ms',
    ...tileCommon(size, settings),
    errorMeans: 'largest difference of the two restored images over the peak',
    contenders: [
      { name: 'contimg from UVH5', task: { node: 'tile' } },
      { name: 'contimg through an MS', task: { node: 'tile-through-ms' } },
    ],
    prepare: async data => ({
      input: {
        group: groupIn(await simulatedFolder(data, size)),
        imaging: imagingOptions(settings),
        output: data.scratch('through-ms'),
      },
      work: workOf(size),
      errorOf: async (_, saved) => {
        const images = [...saved.values()].map(folder => readFits(join(folder, 'restored.fits')));
        if (images.length < 2) return undefined;
        const [a, b] = (await Promise.all(images)).map(image => image.pixels.data) as [Float32Array, Float32Array];
        const peak = a.reduce((highest, value) => Math.max(highest, value), 0);
        return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0) / peak;
      },
    }),
  };
}

function tileCase(size: Size, name: string, settings: TileSettings): Case {
  const wsclean = Object.keys(gridders).map((gridder): Contender => {
    return { name: `wsclean ${gridder}`, task: { python: 'command' }, peer: 'wsclean' };
  });
  const dirty = settings.niter === 0;
  return {
    name,
    ...tileCommon(size, settings),
    errorMeans: dirty ? 'rms relative to the direct sum' : 'median flux error of the sources above 10 sigma, relative',
    contenders: [{ name: 'contimg', task: { node: 'tile' } }, ...wsclean],
    prepare: async data => {
      const folder = await simulatedFolder(data, size);
      const group = groupIn(folder);
      const ms = await tileMs(data, `tile-${size}.ms`, group);
      const scale = apparentScale(ms);
      return {
        input: {
          group,
          imaging: imagingOptions({ ...settings, cellArcsec: settings.cellArcsec / scale }),
        },
        inputOf: Object.fromEntries(
          Object.keys(gridders).map(gridder => [`wsclean ${gridder}`, wscleanInput(data, ms.path, settings, gridder)]),
        ),
        work: workOf(size),
        errorOf: dirty ? dirtyErrors(ms.path, settings) : fluxErrors(folder),
      };
    },
  };
}

/** WSClean's ways to grid, and their options. */
export const gridders: Readonly<Record<string, readonly string[]>> = {
  wgridder: ['-use-wgridder', '-wgridder-accuracy', '1e-4'],
  'w-stacking': [],
};

export function wscleanInput(data: DataFolder, ms: string, settings: TileSettings, gridder: string) {
  const { npix, cellArcsec, weighting, niter, maskSigma = 5, thresholdSigma } = settings;
  const folder = data.scratch(`wsclean-${gridder}`);
  const name = join(folder, 'tile');
  const scheme = weighting.scheme === 'briggs' ? ['briggs', String(weighting.robust)] : [weighting.scheme];
  const clean = ['-niter', String(niter), '-mgain', '0.8', '-gain', '0.1'];
  const thresholds =
    thresholdSigma > 0 ? ['-auto-mask', String(maskSigma), '-auto-threshold', String(thresholdSigma)] : [];
  return {
    command: [
      ...['wsclean', '-name', name, '-size', String(npix), String(npix), '-scale', `${cellArcsec}asec`],
      ...['-weight', ...scheme, '-pol', 'I', '-j', String(nCores), '-no-update-model-required', '-make-psf'],
      ...['-reorder', '-temp-dir', folder],
      ...[...(niter > 0 ? [...clean, ...thresholds] : []), ...gridders[gridder]!, ms],
    ],
    versionCommand: ['wsclean', '--version'],
    results: {
      [`${name}-dirty.fits`]: 'dirty.fits',
      [`${name}-image.fits`]: 'restored.fits',
      [`${name}-residual.fits`]: 'residual.fits',
    },
  };
}

/** Of the dirty image, at pixels chosen by chance. */
function dirtyErrors(ms: string, { npix, cellArcsec }: TileSettings): Prepared['errorOf'] {
  const random = randomOf(8);
  const pixels = Array.from({ length: 16 }, () => Math.floor(random() * npix * npix));
  let truth: number[] | undefined;
  return async folder => {
    if (!truth) {
      const samples = await stokesI(ms);
      const sumOfWeights = samples.weights.reduce((sum, weight) => sum + weight, 0);
      const grid = { nx: npix, ny: npix, cellArcsec };
      truth = pixels.map(
        pixel => directPixel(samples, grid, Math.floor(pixel / npix), pixel % npix, samples.weights) / sumOfWeights,
      );
    }
    const { pixels: image } = await readFits(join(folder, 'dirty.fits'));
    return relativeRms(
      pixels.map(pixel => image.get(Math.floor(pixel / npix), pixel % npix)),
      truth,
    );
  };
}

/** Of the restored image, against what was simulated, seen through the primary beam that contimg gives. */
function fluxErrors(simulation: string): Prepared['errorOf'] {
  const { sources } = JSON.parse(readFileSync(join(simulation, 'truth.json'), 'utf8')) as SimulationTruth;
  return async (folder, saved) => {
    const ours = saved.get('contimg');
    if (!ours || !existsSync(join(folder, 'restored.fits'))) return undefined;
    const beam = await readFits(join(ours, 'primaryBeam.fits'));
    const { rmsJyBeam } = JSON.parse(readFileSync(join(ours, 'tile.json'), 'utf8')) as { rmsJyBeam: number };
    const bright = sources
      .map(source => ({ raDeg: source.ra_deg, decDeg: source.dec_deg, fluxJy: source.flux_jy }))
      .map(source => ({ ...source, fluxJy: source.fluxJy * beamAt(beam, source) }))
      .filter(source => source.fluxJy > 10 * rmsJyBeam);
    const measured = measureSources(await readFits(join(folder, 'restored.fits')), bright);
    return median(bright.map((source, i) => Math.abs((measured[i]?.fluxJy ?? 0) / source.fluxJy - 1)));
  };
}

function beamAt(beam: SkyImage, direction: { raDeg: number; decDeg: number }): number {
  const { x, y } = skyToPixel(beam.wcs, direction);
  const [ny, nx] = beam.pixels.shape as [number, number];
  const [column, row] = [Math.round(x), Math.round(y)];
  return column >= 0 && column < nx && row >= 0 && row < ny ? beam.pixels.get(row, column) : 0;
}
