import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ndarray from 'ndarray';
import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  groupSubbands,
  imageGroup,
  indexFolder,
  measureSources,
  readFits,
  readUvh5Header,
  simulateObservation,
  writeFits,
} from '../../src/index.js';
import type { ImagingOptions, SkyImage, TileImages } from '../../src/index.js';

const options: ImagingOptions = { npix: 800, cellArcsec: 6, minSubbands: 16 };
const center = { raDeg: 337.2, decDeg: 16.3 };
const bright = { ...center, fluxJy: 10 };
const faint = { raDeg: center.raDeg + 0.6, decDeg: center.decDeg + 0.4, fluxJy: 3 };

let folder: string;
let group: Parameters<typeof imageGroup>[0];
let everywhere: TileImages;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'contimg-clean-'));
  const simulated = await simulateObservation({
    folder: join(folder, 'incoming'),
    ...{ nAntennas: 40, nChannels: 2, nIntegrations: 4 },
    sources: [bright, faint],
  });
  const headers = await Promise.all(simulated.files.map(path => readUvh5Header(path)));
  group = groupSubbands(headers).groups[0]!;
  everywhere = await imageGroup(group, { ...options, phaseCenter: center });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Pixel of a direction near the center, to a pixel. */
function pixelOf({ raDeg, decDeg }: { raDeg: number; decDeg: number }, { wcs }: SkyImage): [y: number, x: number] {
  const degree = 3600 / wcs.cellArcsec;
  const east = (raDeg - wcs.center.raDeg) * Math.cos((decDeg * Math.PI) / 180) * degree;
  return [
    Math.round(wcs.centerY + (decDeg - wcs.center.decDeg) * degree + east * east * 1.1e-5),
    Math.round(wcs.centerX - east),
  ];
}

function maskAround(source: { raDeg: number; decDeg: number }): Uint8Array {
  const [cy, cx] = pixelOf(source, everywhere.restored);
  const mask = new Uint8Array(800 * 800);
  for (let y = cy - 8; y <= cy + 8; y++) mask.fill(1, y * 800 + cx - 8, y * 800 + cx + 9);
  return mask;
}

it('reports every cycle: components, flux, peak, rms, time', () => {
  const { cycles, stop, rmsJyBeam } = everywhere;
  expect(stop).toBe('threshold');
  expect(cycles.length).toBeGreaterThan(1);
  for (const cycle of cycles) {
    expect(cycle.nComponents).toBeGreaterThan(0);
    expect(cycle.seconds).toBeGreaterThan(0);
  }
  expect(cycles.at(-1)!.rmsJyBeam).toBe(rmsJyBeam);
  expect(cycles.at(-1)!.peakJyBeam).toBeLessThan(cycles[0]!.peakJyBeam);
  expect(cycles.at(-1)!.modelFluxJy).toBeGreaterThan(10.5);
});

it('starts from a catalogue, and leaves its sources to no component', async () => {
  const startModel = [bright, faint].map(source => ({ ...source, spectralIndex: 0 }));
  const started = await imageGroup(group, { ...options, autoMaskSigma: 5, phaseCenter: center, startModel });
  expect(started.cycles).toEqual([]);
  expect(started.rmsJyBeam).toBeLessThan(1.01 * everywhere.rmsJyBeam);
  const [found] = measureSources(started.restoredPb, [faint]);
  expect(Math.abs(found!.fluxJy - 3)).toBeLessThan(0.06);
  expect(Math.hypot(found!.eastArcsec, found!.northArcsec)).toBeLessThan(1);
  expect(started.restored.history.join('\n')).toContain('a model of 2 point sources');
});

it('cleans within a mask only: an array, or an image from a file that gives the grid too', async () => {
  const data = maskAround(faint);
  const within = await imageGroup(group, { ...options, phaseCenter: center, mask: ndarray(data, [800, 800]) });
  const model = within.model.pixels.data;
  expect(model.every((flux, i) => flux === 0 || data[i] === 1)).toBe(true);
  const total = model.reduce((sum, flux) => sum + flux, 0);
  expect(total).toBeGreaterThan(0.8);
  expect(within.cycles.at(-1)!.peakJyBeam).toBeGreaterThan(9); // the bright one stays
  expect(within.restored.history.join('\n')).toContain('within a mask');

  const path = join(folder, 'mask.fits');
  await writeFits(path, { ...everywhere.restored, pixels: ndarray(Float32Array.from(data), [800, 800]) });
  const fromFile = await imageGroup(group, { minSubbands: 16, mask: await readFits(path) });
  expect(fromFile.restored.wcs.cellArcsec).toBeCloseTo(6, 9);
  expect(fromFile.model.pixels.data.every((flux, i) => flux === 0 || data[i] === 1)).toBe(true);
  expect(fromFile.model.pixels.data.reduce((sum, flux) => sum + flux, 0)).toBeCloseTo(total, 2);
});

it('refuses a mask that is not on the grid of the image', async () => {
  const mask = { ...everywhere.restored, pixels: ndarray(maskAround(faint), [800, 800]) } as never;
  for (const wrong of [{ npix: 256 }, { cellArcsec: 5 }, { phaseCenter: { raDeg: 338, decDeg: 16 } }]) {
    await expect(imageGroup(group, { minSubbands: 16, mask, ...wrong })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/of the mask to be/) as string,
    });
  }
  const empty = ndarray(new Uint8Array(800 * 800), [800, 800]);
  await expect(imageGroup(group, { ...options, mask: empty })).rejects.toThrow(/all of it is 0/);
  await expect(imageGroup(group, { ...options, mask: [1, 2] as never })).rejects.toThrow(/mask/);
});

it('ends where the model is nearly as negative as positive and only grows, with all of the cycle before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'contimg-diverged-'));
  try {
    const sources = [{ raDeg: 336.81, decDeg: 16.02, fluxJy: 3, spectralIndex: -0.7 }];
    const array = { nAntennas: 30, nChannels: 1, nIntegrations: 3, noise: 0.1, seed: 2 };
    await simulateObservation({ folder, ...array, sources, gainError: 0.3 });
    const group = groupSubbands(await indexFolder(folder)).groups[0]!;
    const image = { npix: 300, cellArcsec: 5, outerSources: false };
    const options = { ...image, autoMaskSigma: 0, autoThresholdSigma: 0, maxMajorCycles: 40, niter: 100_000 };
    const tile = await imageGroup(group, options);
    expect(tile.stop).toBe('diverged');
    const negative = tile.model.pixels.data.reduce((sum, value) => sum + Math.max(0, -value), 0);
    const positive = tile.model.pixels.data.reduce((sum, value) => sum + Math.max(0, value), 0);
    expect(negative).toBeLessThan(0.75 * positive);
    const before = await imageGroup(group, { ...options, maxMajorCycles: tile.cycles.length });
    expect(tile.restored.pixels.data).toEqual(before.restored.pixels.data);
    expect(tile.pointSources).toEqual(before.pointSources);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
