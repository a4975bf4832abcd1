import { join } from 'node:path';

import { median } from '../../src/core/median.js';
import { imageGroup, measureSources, readFits, skyToPixel } from '../../src/index.js';
import type { SimulationTruth, SkyDirection, SkyImage } from '../../src/index.js';
import { apparentScale } from '../../test/support/apparent-scale.js';
import { apparentFluxJy, separationRad } from '../../test/support/drifting-beam.js';
import { robustRms } from '../../test/support/robust-rms.js';
import type { Case, Contender, Size } from '../case.js';
import { crowdedChannels, crowdedTile } from '../data/crowded-sky.js';
import { groupIn } from '../data/subband-group.js';
import { tileMs } from '../data/tile-ms.js';
import { imagingOptions, tileCommon, workOf, wscleanInput } from './tile.js';
import type { TileSettings } from './tile.js';

/** Depth: what is left of a realistic sky above the thermal noise, and how well its sources are measured. */
export function depthCase(size: Size): Case {
  const pixels = size === 'full' ? { npix: 4096, cellArcsec: 3 } : { npix: 1024, cellArcsec: 5 };
  const settings: TileSettings = {
    ...pixels,
    weighting: { scheme: 'briggs', robust: 0.5 },
    niter: 100_000,
    maskSigma: 3.5,
    thresholdSigma: 2,
  };
  const gridder = 'w-stacking'; // the faster one; how deep WSClean gets is not up to it
  const wsclean: Contender = { name: `wsclean ${gridder}`, task: { python: 'command' }, peer: 'wsclean' };
  const work = workOf(size, crowdedChannels[size]);
  return {
    name: 'tile/depth',
    ...tileCommon(size, settings, work),
    runsOnce: true,
    errorMeans: 'rms of the residual over the thermal noise, minus 1',
    contenders: [{ name: 'contimg', task: { node: 'tile' } }, wsclean],
    prepare: async data => {
      const { folder, truth, noiseFolder } = await crowdedTile(data, size);
      const group = groupIn(folder);
      const ms = await tileMs(data, `crowded-${size}.ms`, group);
      const imaging = imagingOptions({ ...settings, cellArcsec: settings.cellArcsec / apparentScale(ms) });
      const noise = await imageGroup(groupIn(noiseFolder), { ...imaging, niter: 0, outerSources: false });
      const thermalJyBeam = robustRms(noise.dirty);
      const isolated = isolatedSources(truth, thermalJyBeam, (noise.beam.majorArcsec / 3600) * 2);
      return {
        input: { group, imaging },
        inputOf: { [wsclean.name]: wscleanInput(data, ms.path, settings, gridder) },
        work,
        errorOf: async result => robustRms(await readFits(join(result, 'residual.fits'))) / thermalJyBeam - 1,
        figuresOf: sourceFigures(isolated, thermalJyBeam),
      };
    },
  };
}

interface Expected extends SkyDirection {
  readonly apparentJy: number;
}

/** Those above 10 sigma that no others within `radiusDeg` change by more than half of sigma. */
function isolatedSources(truth: SimulationTruth, sigmaJy: number, radiusDeg: number): Expected[] {
  const radius = (radiusDeg / 180) * Math.PI;
  const all = truth.sources.map(source => ({
    raDeg: source.ra_deg,
    decDeg: source.dec_deg,
    fluxJy: source.flux_jy,
    spectralIndex: source.spectral_index,
  }));
  return all
    .filter(source => source.fluxJy > 10 * sigmaJy)
    .map(source => ({ ...source, apparentJy: apparentFluxJy(truth, source) }))
    .filter(source => source.apparentJy > 10 * sigmaJy)
    .filter(source => {
      const near = all.filter(other => Math.abs(other.decDeg - source.decDeg) < radiusDeg);
      const neighbors = near.filter(other => separationRad(other, source) < radius);
      const others = neighbors.reduce((sum, { fluxJy }) => sum + fluxJy, -source.fluxJy);
      return others < sigmaJy / 2;
    });
}

/** How many are within 3 % and a tenth of a beam but for three times the noise, and the typical error over the noise. */
function sourceFigures(sources: readonly Expected[], sigmaJy: number) {
  return async (folder: string): Promise<Record<string, number>> => {
    const image = await readFits(join(folder, 'restored.fits'));
    const beamArcsec = Math.sqrt(image.beam!.majorArcsec * image.beam!.minorArcsec);
    const inside = sources.filter(source => isInside(image, source));
    const measured = measureSources(image, inside);
    const errors = inside.map(({ apparentJy }, i) => {
      const found = measured[i];
      if (!found) return { flux: Infinity, offset: Infinity, noise: 0 };
      const offset = Math.hypot(found.eastArcsec, found.northArcsec) / beamArcsec;
      return { flux: Math.abs(found.fluxJy / apparentJy - 1), offset, noise: sigmaJy / apparentJy };
    });
    const right = errors.filter(({ flux, offset, noise }) => flux < 0.03 + 3 * noise && offset < 0.1 + noise);
    return {
      'sources above 10 sigma': inside.length,
      right: right.length,
      'median |dS|/sigma': median(errors.map(({ flux, noise }) => flux / noise)),
    };
  };
}

/** Ten pixels from the border at least. */
function isInside({ wcs, pixels }: SkyImage, direction: SkyDirection): boolean {
  const { x, y } = skyToPixel(wcs, direction);
  const [ny, nx] = pixels.shape as [number, number];
  return x > 10 && y > 10 && x < nx - 10 && y < ny - 10;
}
