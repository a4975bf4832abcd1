import { fluxInBeam } from '../calibration/index.js';
import type { SkySource } from '../calibration/index.js';
import { toRaw } from '../core/array.js';
import type { ObservationSetup } from '../core/observation.js';
import { pixelToSky, skyToPixel } from '../fits/index.js';
import type { FittedSource, TileImages } from '../imaging/index.js';
import { findPeaks } from '../mosaic/index.js';

/** Components where the beam lets less through are not predicted: what they stand for is lost in the noise. */
const leastBeam = 0.01;
const nFrequencies = 8;

/** Sources with a peak of so many sigma are in the model, down to so many: what clean takes of the noise is not. */
export const modelSigmas = Object.freeze({ peak: 7, edge: 3 });

/**
 * The sky that an image of a tile shows, as a model to solve against: the pixels of its model that belong to sources above
 * 7 sigma, and the sources beyond the image. Noise in a model would be taken for signal: the solutions would fit it to
 * itself.
 *
 * The fluxes are those before the primary beam, at the tile's frequency. For spectral index -0.7 they are 0.1 % (at the
 * center) to 0.4 % (at half power) high: the primary beam is wider at the low end of the band.
 *
 * @param spectralIndex - of components for which the tile has no spectral index of their own.
 */
export function skyModelOfTile(
  tile: TileImages,
  observation: Pick<ObservationSetup, 'pointings' | 'freqHz' | 'antennas'>,
  spectralIndex: number,
): SkySource[] {
  const { model, primaryBeam, spectralIndex: indices } = tile;
  const [values, beam] = [toRaw(model.pixels).data, toRaw(primaryBeam.pixels).data];
  const indexAt = indices && toRaw(indices.pixels).data;
  const nx = model.pixels.shape[1]!;
  const referenceMhz = model.freqHz / 1e6;
  const belongs = sourcePixels(tile);
  leaveOutStandIns(tile, belongs);
  const sources: SkySource[] = [];
  for (const [i, value] of values.entries()) {
    if (value === 0 || belongs[i] === 0 || !(beam[i]! > leastBeam)) continue;
    const known = indexAt !== undefined && Number.isFinite(indexAt[i]);
    sources.push({
      ...pixelToSky(model.wcs, i % nx, Math.floor(i / nx)),
      fluxJy: value / beam[i]!,
      spectralIndex: known ? indexAt[i]! : spectralIndex,
      referenceMhz,
    });
  }
  for (const { raDeg, decDeg, apparentFluxJy } of tile.pointSources) {
    const { x, y } = skyToPixel(model.wcs, { raDeg, decDeg });
    const response = beam[Math.round(y) * nx + Math.round(x)]!;
    if (response > leastBeam)
      sources.push({ raDeg, decDeg, fluxJy: apparentFluxJy / response, spectralIndex, referenceMhz });
  }
  for (const source of tile.outerSources) {
    const response = meanResponse(source, observation, spectralIndex, referenceMhz);
    if (!(response > leastBeam ** 2)) continue; // in a null of the beam
    const { raDeg, decDeg, apparentFluxJy } = source;
    sources.push({ raDeg, decDeg, fluxJy: apparentFluxJy / response, spectralIndex, referenceMhz });
  }
  return sources;
}

/** 1 for the pixels of the restored image that are connected with a peak above 7 sigma by such above 3 sigma. */
function sourcePixels({ restored, rmsJyBeam }: TileImages): Uint8Array {
  const [ny, nx] = restored.pixels.shape as [number, number];
  const values = toRaw(restored.pixels).data;
  const belongs = new Uint8Array(nx * ny);
  const open: number[] = [];
  const take = (i: number) => {
    if (belongs[i] || !(values[i]! > modelSigmas.edge * rmsJyBeam)) return;
    belongs[i] = 1;
    open.push(i);
  };
  for (const { raDeg, decDeg } of findPeaks(restored, rmsJyBeam, modelSigmas.peak)) {
    const { x, y } = skyToPixel(restored.wcs, { raDeg, decDeg });
    take(Math.round(y) * nx + Math.round(x));
    for (let i = open.pop(); i !== undefined; i = open.pop()) {
      if (i % nx > 0) take(i - 1);
      if (i % nx < nx - 1) take(i + 1);
      if (i >= nx) take(i - nx);
      if (i < nx * (ny - 1)) take(i + nx);
    }
  }
  return belongs;
}

/** Takes the pixels away that stand for fitted points: such as lie within half the beam's minor axis of one. */
function leaveOutStandIns({ model, beam, pointSources }: TileImages, belongs: Uint8Array): void {
  const [ny, nx] = model.pixels.shape as [number, number];
  const radius = beam.minorArcsec / 2 / model.wcs.cellArcsec + 1;
  for (const source of pointSources) {
    const { x, y } = skyToPixel(model.wcs, source);
    for (let py = Math.max(0, Math.ceil(y - radius)); py <= Math.min(ny - 1, y + radius); py++)
      for (let px = Math.max(0, Math.ceil(x - radius)); px <= Math.min(nx - 1, x + radius); px++)
        if (Math.hypot(px - x, py - y) <= radius) belongs[py * nx + px] = 0;
  }
}

/** How bright a source of 1 Jy at the reference frequency appears, over band and pointings. */
function meanResponse(
  { raDeg, decDeg }: FittedSource,
  { pointings, freqHz, antennas }: Pick<ObservationSetup, 'pointings' | 'freqHz' | 'antennas'>,
  spectralIndex: number,
  referenceMhz: number,
): number {
  const source = [{ raDeg, decDeg, fluxJy: 1, spectralIndex, referenceMhz }];
  const step = Math.max(1, Math.floor(freqHz.length / nFrequencies));
  const sampled = [...freqHz].filter((_, k) => k % step === step >> 1);
  const responses = pointings.flatMap(pointing =>
    sampled.map(hz => fluxInBeam(source, pointing, hz, antennas[0]?.diameterMeters)),
  );
  return responses.reduce((sum, response) => sum + response, 0) / responses.length;
}
