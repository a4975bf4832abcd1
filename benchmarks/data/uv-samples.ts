import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { convertToMs, dsa110, readMs, simulateObservation } from '../../src/index.js';
import { randomOf } from '../../test/support/random.js';
import type { Size } from '../case.js';
import { readValues } from '../compare.js';
import type { DataFolder } from './data-folder.js';
import { groupIn } from './subband-group.js';

/** Channels over the full band of the tile that is gridded. */
export const uvChannels = { full: 768, quick: 48 } as const satisfies Record<Size, number>;

/** Visibilities of a tile as gridding takes them, unit weights. */
export interface UvSamples {
  /** `(nBlts, 3)` for one phase center, metres. */
  readonly uvwMeters: Float64Array;
  readonly freqHz: Float64Array;
  /** `(nBlts, nFreqs, 2)`: independent of each other and uniform from -1 to 1. */
  readonly visibilities: Float32Array;
}

/**
 * A folder with uvw.f64, freq.f64 and visibilities.f32 of a DSA-110 tile: 96 antennas, 24 integrations, no
 * autocorrelations, all moved to one phase center. `flat` has w = 0.
 */
export async function uvSamplesFolder(data: DataFolder, size: Size, flat: boolean): Promise<string> {
  const uvwMeters = readValues(await tileUvw(data)) as Float64Array;
  const nFreqs = uvChannels[size];
  return data.once(`uv-samples-${size}${flat ? '-flat' : ''}`, async folder => {
    await mkdir(folder, { recursive: true });
    if (flat) for (let i = 2; i < uvwMeters.length; i += 3) uvwMeters[i] = 0;
    const widthHz = (dsa110.channelWidthHz * 768) / nFreqs;
    const bottomHz = dsa110.topChannelHz - 767.5 * dsa110.channelWidthHz;
    const freqHz = Float64Array.from({ length: nFreqs }, (_, i) => bottomHz + (i + 0.5) * widthHz);
    const random = randomOf(4);
    const visibilities = new Float32Array((uvwMeters.length / 3) * nFreqs * 2);
    for (let i = 0; i < visibilities.length; i++) visibilities[i] = 2 * random() - 1;
    await writeFile(join(folder, 'uvw.f64'), uvwMeters);
    await writeFile(join(folder, 'freq.f64'), freqHz);
    await writeFile(join(folder, 'visibilities.f32'), visibilities);
  });
}

/** The uvw of a tile, through a MeasurementSet with one field. */
function tileUvw(data: DataFolder): Promise<string> {
  return data.once('tile-uvw.f64', async path => {
    const folder = join(dirname(path), 'tile-uvw');
    await simulateObservation({ folder, nChannels: 1, noise: 0, nSources: 1 });
    const ms = await convertToMs(groupIn(folder, 0, 1), { path: `${folder}.ms`, fields: 'single', minSubbands: 1 });
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
