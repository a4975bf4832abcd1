import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { convertToMs, dsa110, readMs, simulateObservation } from '../../src/index.js';
import { randomOf } from '../../test/support/random.js';
import { readValues } from '../compare.js';
import type { DataFolder } from './data-folder.js';
import { groupIn } from './subband-group.js';

/**
 * Where the baselines are: those of a DSA-110 tile (96 antennas, 24 integrations, no autocorrelations, moved to one phase
 * center); the same with w = 0; or about as many of 64 antennas strewn over 2 km and 200 m of height, tracked for 6 h,
 * which no plane comes near.
 */
export type Baselines = 'tile' | 'flat' | 'long-track';

/** Visibilities as gridding takes them, unit weights. */
export interface UvSamples {
  /** `(nBlts, 3)` for one phase center, metres. */
  readonly uvwMeters: Float64Array;
  readonly freqHz: Float64Array;
  /** `(nBlts, nFreqs, 2)`: independent of each other and uniform from -1 to 1. */
  readonly visibilities: Float32Array;
}

/** A folder with uvw.f64, freq.f64 and visibilities.f32: `nFreqs` channels over the band of DSA-110. */
export async function uvSamplesFolder(data: DataFolder, baselines: Baselines, nFreqs: number): Promise<string> {
  const uvwMeters = await uvwOf(data, baselines);
  return data.once(`uv-samples-${baselines}-${nFreqs}`, async folder => {
    await mkdir(folder, { recursive: true });
    const bandHz = dsa110.channelWidthHz * dsa110.nSubbands * dsa110.nChannelsPerSubband;
    const bottomHz = dsa110.topChannelHz + dsa110.channelWidthHz / 2 - bandHz;
    const freqHz = Float64Array.from({ length: nFreqs }, (_, i) => bottomHz + ((i + 0.5) * bandHz) / nFreqs);
    const random = randomOf(4);
    const visibilities = new Float32Array((uvwMeters.length / 3) * nFreqs * 2);
    for (let i = 0; i < visibilities.length; i++) visibilities[i] = 2 * random() - 1;
    await writeFile(join(folder, 'uvw.f64'), uvwMeters);
    await writeFile(join(folder, 'freq.f64'), freqHz);
    await writeFile(join(folder, 'visibilities.f32'), visibilities);
  });
}

async function uvwOf(data: DataFolder, baselines: Baselines): Promise<Float64Array> {
  if (baselines === 'long-track') return longTrackUvw();
  const uvw = readValues(await tileUvw(data)) as Float64Array;
  return baselines === 'flat' ? uvw.map((value, i) => (i % 3 === 2 ? 0 : value)) : uvw;
}

/** Towards declination 30 degrees, hour angles -45 to 45 degrees. */
function longTrackUvw(): Float64Array {
  const [nAntennas, nTimes, dec] = [64, 54, Math.PI / 6];
  const random = randomOf(9);
  const box = [200, 2000, 2000]; // towards the meridian on the equator, east, the pole
  const positions = Array.from({ length: nAntennas }, () => box.map(metres => metres * (random() - 0.5)));
  const uvw: number[] = [];
  for (let time = 0; time < nTimes; time++) {
    const hourAngle = (Math.PI / 2) * ((time + 0.5) / nTimes - 0.5);
    const [sinH, cosH, sinD, cosD] = [Math.sin(hourAngle), Math.cos(hourAngle), Math.sin(dec), Math.cos(dec)];
    for (const [i, first] of positions.entries()) {
      for (const second of positions.slice(i + 1)) {
        const [x, y, z] = [0, 1, 2].map(axis => second[axis]! - first[axis]!) as [number, number, number];
        uvw.push(sinH * x + cosH * y, -sinD * cosH * x + sinD * sinH * y + cosD * z, cosD * cosH * x - cosD * sinH * y + sinD * z); // prettier-ignore
      }
    }
  }
  return Float64Array.from(uvw);
}

/** The uvw of a tile, through a MeasurementSet with one field. */
function tileUvw(data: DataFolder): Promise<string> {
  return data.once('tile-uvw.f64', async path => {
    const folder = join(dirname(path), 'tile-uvw');
    await simulateObservation({ folder, nChannels: 1, noise: 0, nSources: 1 });
    const ms = await convertToMs(groupIn(folder), { path: `${folder}.ms`, fields: 'single' });
    const { uvwMeters } = await readMs(ms.path);
    await writeFile(path, uvwMeters.data);
    await rm(folder, { recursive: true });
    await rm(ms.path, { recursive: true });
  });
}

export function readUvSamples(folder: string): UvSamples {
  return {
    uvwMeters: readValues(join(folder, 'uvw.f64')) as Float64Array,
    freqHz: readValues(join(folder, 'freq.f64')) as Float64Array,
    visibilities: readValues(join(folder, 'visibilities.f32')) as Float32Array,
  };
}

/** Point sources of an image to degrid, as (y, x, Jy): the same for every contender, few enough for a direct sum. */
export function modelPixels(npix: number): readonly (readonly [y: number, x: number, fluxJy: number])[] {
  const random = randomOf(5);
  const pixel = () => Math.floor(random() * npix);
  return Array.from({ length: 300 }, () => [pixel(), pixel(), random()] as const);
}

/** `(npix, npix)`, Jy/pixel. */
export function modelImage(npix: number): Float32Array {
  const image = new Float32Array(npix * npix);
  for (const [y, x, fluxJy] of modelPixels(npix)) image[y * npix + x] = fluxJy;
  return image;
}
