import { join } from 'node:path';

import ndarray from 'ndarray';

import { median } from '../../src/core/median.js';
import { compareCatalogue, jointMosaic, readFits, simulateObservation, skyToPixel } from '../../src/index.js';
import type { JointMosaic, SkyImage, SkySource } from '../../src/index.js';
import { randomOf } from '../../test/support/random.js';
import { robustRms } from '../../test/support/robust-rms.js';
import type { Case, Size } from '../case.js';
import { nCores } from '../data/data-folder.js';
import type { DataFolder } from '../data/data-folder.js';
import { groupIn } from '../data/subband-group.js';

/** Half of the array with one channel a subband, with its noise; ten tiles of all of it would be 23 GB. */
const sizes = {
  full: { nTiles: 10, nAntennas: 48, nChannels: 1, nIntegrations: 12, nSources: 200 },
  quick: { nTiles: 3, nAntennas: 32, nChannels: 1, nIntegrations: 6, nSources: 30 },
} as const satisfies Record<Size, object>;

/** Where the first tile of a simulation looks, and how far tiles of 24 integrations are apart. */
const start = { raDeg: 336.9, decDeg: 16.1, perIntegrationDeg: 0.0538 };

const imaging = { maxBaselineMeters: 450, cellArcsec: 18, niter: 200_000 } as const;

/** Ten tiles from subband files to a mosaic: of visibilities, cleaned as a whole, and of images. */
export function jointMosaicCase(size: Size): Case {
  const { nSources, ...observation } = sizes[size];
  return {
    name: 'mosaic/joint',
    params: { ...sizes[size], ...imaging },
    threads: nCores,
    unit: 'tiles/s',
    errorMeans: 'noise of the mosaic over that of noise alone, minus 1',
    runsOnce: true,
    contenders: [
      { name: 'contimg joint', task: { node: 'joint-mosaic' } },
      { name: 'contimg images', task: { node: 'mosaic-of-images' } },
    ],
    prepare: async data => {
      const sources = randomSources(nSources, observation.nTiles * observation.nIntegrations);
      const groups = await simulated(data, `strip-${size}`, observation, sources);
      const noise = await jointMosaic(await simulated(data, `noise-strip-${size}`, observation, []), {
        ...imaging,
        niter: 0,
      });
      const { wcs, pixels } = noise.mosaic;
      return {
        input: { groups, imaging, grid: { wcs, nx: pixels.shape[1]!, ny: pixels.shape[0]! } },
        work: observation.nTiles,
        errorOf: async result => noiseRatio(await readFits(join(result, 'mosaic.fits')), noise) - 1,
        figuresOf: async result => figuresOf(await readFits(join(result, 'mosaic.fits')), noise, sources),
      };
    },
  };
}

/** How many times the noise of a mosaic, wherever there are no sources, is that of noise alone. */
function noiseRatio(mosaic: SkyImage, noise: JointMosaic): number {
  return robustRms(over(mosaic, noise.rms)) / robustRms(over(noise.mosaic, noise.rms));
}

/** Depth: how many times less than one tile's the noise is where the mosaic is deepest. */
function figuresOf(mosaic: SkyImage, noise: JointMosaic, sources: readonly SkySource[]) {
  const leastJyBeam = noise.rms.pixels.data.reduce((a, b) => (b < a ? b : a), Infinity);
  const ratio = noiseRatio(mosaic, noise);
  const depth = median(noise.tiles.map(({ rmsJyBeam }) => rmsJyBeam)) / leastJyBeam;
  const { nExpected, matches, fluxRatio, fluxScatter } = compareCatalogue(mosaic, noise.rms, sources);
  const right = matches.filter(match => {
    const { fluxJy, catalogueJy, eastArcsec, northArcsec } = match;
    const { x, y } = skyToPixel(mosaic.wcs, match);
    const sigmas = noise.rms.pixels.get(Math.round(y), Math.round(x)) / catalogueJy;
    const beams = Math.hypot(eastArcsec, northArcsec) / mosaic.beam!.minorArcsec;
    return Math.abs(fluxJy / catalogueJy - 1) < 0.03 + 3 * sigmas && beams < 0.1 + sigmas;
  });
  return {
    'rms mJy/beam': 1e3 * ratio * leastJyBeam,
    'depth predicted': depth,
    'depth measured': depth / ratio,
    'sources above 10 sigma': nExpected,
    right: right.length,
    'flux ratio': fluxRatio,
    'flux scatter': fluxScatter,
  };
}

/** Pixel by pixel. */
function over(image: SkyImage, divisor: SkyImage): SkyImage {
  const data = image.pixels.data.map((value, i) => value / divisor.pixels.data[i]!);
  return { ...image, pixels: ndarray(data, image.pixels.shape) };
}

async function simulated(
  data: DataFolder,
  name: string,
  observation: Omit<(typeof sizes)[Size], 'nSources'>,
  sources: readonly SkySource[],
) {
  const folder = await data.once(name, async path => {
    await simulateObservation({ folder: path, ...observation, sources, seed: 23 });
  });
  return Array.from({ length: observation.nTiles }, (_, tile) => groupIn(folder, tile));
}

/** From 20 mJy to 20 Jy, as many in every factor of flux, all over the strip and around it, none within 0.1 degrees. */
function randomSources(n: number, nIntegrations: number): SkySource[] {
  const random = randomOf(29);
  const sources: SkySource[] = [];
  const lengthDeg = nIntegrations * start.perIntegrationDeg;
  while (sources.length < n) {
    const raDeg = start.raDeg - 3 + (lengthDeg + 6) * random();
    const decDeg = start.decDeg + 5 * (random() - 0.5);
    const near = (other: (typeof sources)[number]) =>
      Math.hypot(0.96 * (other.raDeg - raDeg), other.decDeg - decDeg) < 0.1;
    if (!sources.some(near))
      sources.push({ raDeg, decDeg, fluxJy: 0.02 * 1000 ** random(), spectralIndex: -0.7, referenceMhz: 1405 });
  }
  return sources;
}
