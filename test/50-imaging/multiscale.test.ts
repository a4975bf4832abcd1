import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import {
  convertToMs,
  groupSubbands,
  imageGroup,
  measureSources,
  readFits,
  readUvh5Header,
  simulateObservation,
} from '../../src/index.js';
import type { ImagingOptions, PointSource, SkyImage, SubbandGroup, TileImages } from '../../src/index.js';
import { describeIf, hasProgram } from '../support/oracles.js';

const degree = Math.PI / 180;
const center = { raDeg: 336.8071515, decDeg: 16.0171161 }; // of the observation
const [npix, cellArcsec] = [600, 6];
const [extendedJy, fwhmArcsec] = [10, 110];
const options: ImagingOptions = { npix, cellArcsec, minSubbands: 16, outerSources: false };

/** A round Gaussian as a grid of points far finer than the beam. */
function gaussian(fluxJy: number, fwhm: number): PointSource[] {
  const step = 14; // arcsec: its repetitions in uv lie beyond the longest baseline
  const points: { x: number; y: number; weight: number }[] = [];
  for (let y = -fwhm * 1.2; y <= fwhm * 1.2; y += step)
    for (let x = -fwhm * 1.2; x <= fwhm * 1.2; x += step)
      points.push({ x, y, weight: Math.exp((-4 * Math.LN2 * (x * x + y * y)) / (fwhm * fwhm)) });
  const sum = points.reduce((total, { weight }) => total + weight, 0);
  return points.map(({ x, y, weight }) => ({
    raDeg: center.raDeg + x / 3600 / Math.cos(center.decDeg * degree),
    decDeg: center.decDeg + y / 3600,
    fluxJy: (fluxJy * weight) / sum,
    spectralIndex: -0.7,
  }));
}
const point = { raDeg: center.raDeg + 0.25, decDeg: center.decDeg - 0.2, fluxJy: 0.5, spectralIndex: -0.7 };

/** Flux within a radius of the center, Jy, of an image in Jy/beam. */
function fluxWithin(radiusArcsec: number, image: SkyImage): number {
  const { majorArcsec, minorArcsec } = image.beam!;
  const beamPixels = (Math.PI * majorArcsec * minorArcsec) / (4 * Math.LN2) / image.wcs.cellArcsec ** 2;
  let sum = 0;
  for (let y = 0; y < npix; y++)
    for (let x = 0; x < npix; x++) {
      const radius = Math.hypot(x - image.wcs.centerX, y - image.wcs.centerY) * image.wcs.cellArcsec;
      if (radius < radiusArcsec) sum += image.pixels.get(y, x);
    }
  return sum / beamPixels;
}

function rmsWithin(radiusArcsec: number, image: SkyImage): number {
  const squares: number[] = [];
  for (let y = 0; y < npix; y++)
    for (let x = 0; x < npix; x++) {
      const radius = Math.hypot(x - image.wcs.centerX, y - image.wcs.centerY) * image.wcs.cellArcsec;
      if (radius < radiusArcsec) squares.push(image.pixels.get(y, x) ** 2);
    }
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

let folder: string;
let group: SubbandGroup;
let tile: TileImages;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'contimg-multiscale-'));
  const simulated = await simulateObservation({
    folder: join(folder, 'incoming'),
    ...{ nAntennas: 48, nChannels: 1, nIntegrations: 6, noise: 0.3 },
    sources: [...gaussian(extendedJy, fwhmArcsec), point],
  });
  const headers = await Promise.all(simulated.files.map(path => readUvh5Header(path)));
  group = groupSubbands(headers).groups[0]!;
  tile = await imageGroup(group, { ...options, autoMaskSigma: 5, multiscale: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

it('finds the flux of a source five beams wide, and leaves the noise', async () => {
  expect(Math.abs(fluxWithin(200, tile.restoredPb) - extendedJy)).toBeLessThan(0.01 * extendedJy);
  expect(Math.abs(fluxWithin(200, tile.residual))).toBeLessThan(0.01 * extendedJy);
  expect(rmsWithin(110, tile.residual)).toBeLessThan(2 * tile.rmsJyBeam);
  expect(tile.stop).toBe('threshold');
  const [found] = measureSources(tile.restoredPb, [point]);
  expect(Math.abs(found!.fluxJy - point.fluxJy)).toBeLessThan(0.03 * point.fluxJy);
  expect(tile.restored.history.join('\n')).toContain('Gaussian components: widths from the beam');
  // Points alone leave a plateau, and more of everything.
  const points = await imageGroup(group, { ...options, autoMaskSigma: 5, pointSources: false });
  expect(fluxWithin(200, points.residual)).toBeGreaterThan(0.02 * extendedJy);
  expect(rmsWithin(110, points.residual)).toBeGreaterThan(1.5 * rmsWithin(110, tile.residual));
});

describeIf(hasProgram('wsclean'), 'needs wsclean', 'against WSClean -multiscale', () => {
  it('finds the same flux, to 2 %, and leaves less', async () => {
    const ms = await convertToMs(group, {
      path: join(folder, 'single.ms'),
      fields: 'single',
      telescopeName: 'NOWHERE',
    });
    const name = join(folder, 'wsclean');
    const run = spawnSync(
      'wsclean',
      [
        ...['-name', name, '-size', '600', '600', '-scale', '6asec', '-weight', 'briggs', '0.5', '-multiscale'],
        ...['-niter', '50000', '-mgain', '0.8', '-auto-mask', '5', '-auto-threshold', '2', '-nmiter', '12'],
        ...['-pol', 'I', '-no-update-model-required', '-temp-dir', folder, ms.path],
      ],
      { encoding: 'utf8', env: { ...process.env, OPENBLAS_NUM_THREADS: '1' } },
    );
    expect(run.status, run.stderr).toBe(0);
    const theirs = await readFits(`${name}-image.fits`);
    const residual = await readFits(`${name}-residual.fits`);
    const theirJy = fluxWithin(200, theirs) / tile.primaryBeam.pixels.get(npix / 2, npix / 2);
    expect(Math.abs(theirJy - fluxWithin(200, tile.restoredPb))).toBeLessThan(0.02 * extendedJy);
    expect(rmsWithin(110, tile.residual)).toBeLessThan(rmsWithin(110, residual));
  });
});
