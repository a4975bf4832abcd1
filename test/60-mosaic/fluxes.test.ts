import { describe, expect, test } from 'vitest';

import type { SkyDirection } from '../../src/core/sky.js';
import { pixelToSky, skyToPixel } from '../../src/fits/index.js';
import type { PixelPosition, SkyImage } from '../../src/fits/index.js';
import { measureSources } from '../../src/imaging/index.js';
import { mosaicImages, reprojectImage } from '../../src/mosaic/index.js';
import type { MosaicKernel } from '../../src/mosaic/index.js';
import { makeTile } from '../support/mosaic-tiles.js';
import { randomOf } from '../support/random.js';
import { makeSkyImage } from '../support/sky-image.js';

const cellArcsec = 6;
const center = { raDeg: 359.93, decDeg: 16.15 };

/** Directions on a lattice of `spacing` pixels, with every fraction of a pixel among them. */
function lattice(spacing: number, n: number): SkyDirection[] {
  const wcs = { center, cellArcsec, centerX: 0, centerY: 0 };
  return Array.from({ length: n * n }, (_, i) => {
    const [x, y] = [(i % n) - (n - 1) / 2, Math.floor(i / n) - (n - 1) / 2];
    return pixelToSky(wcs, spacing * x + 0.37 * y, spacing * y - 0.29 * x + 0.13);
  });
}

/** Sum of the pixels within `radius` of a position over the area of a beam, a Gaussian: Jy. */
function apertureFluxJy(image: SkyImage, at: PixelPosition, radius: number, beamPixels: number): number {
  let sum = 0;
  for (let y = Math.ceil(at.y - radius); y <= at.y + radius; y++)
    for (let x = Math.ceil(at.x - radius); x <= at.x + radius; x++)
      if (Math.hypot(x - at.x, y - at.y) <= radius) sum += image.pixels.get(y, x);
  return sum / ((Math.PI / (4 * Math.LN2)) * beamPixels ** 2);
}

/** Three tiles with sources at every fraction of a pixel, of beams of so many pixels. */
function makeTiles(beamPixels: number) {
  const sources = lattice(12 * beamPixels, 4).map((at, i) => ({ ...at, fluxJy: 0.5 + i / 16 }));
  const tiles = [-0.05, 0.02, 0.06].map(shiftDeg =>
    makeTile({
      center: { raDeg: (center.raDeg + shiftDeg + 360) % 360, decDeg: center.decDeg - shiftDeg / 3 },
      ...{ npix: 60 * beamPixels, cellArcsec, beamPixels, beamFwhmDeg: 0.4, rmsJyBeam: 0.01, sources },
    }),
  );
  return { beamPixels, sources, tiles };
}
const tilesOf = new Map([3, 4, 5].map(beamPixels => [beamPixels, makeTiles(beamPixels)]));

/** Of fluxes summed over an aperture, and of those of fitted beams, percent. */
interface WorstErrors {
  readonly summed: number;
  readonly fitted: number;
}

/** Most that the flux of a point source is off where the mosaic's pixels are `ratio` times as wide as the tiles'. */
async function worstErrors(kernel: MosaicKernel, beamPixels: number, ratio: number): Promise<WorstErrors> {
  const { sources, tiles } = tilesOf.get(beamPixels)!;
  const { mosaic } = await mosaicImages(tiles, { kernel, cellArcsec: ratio * cellArcsec, projection: 'TAN' });
  const onMosaic = (beamPixels * cellArcsec) / mosaic.wcs.cellArcsec;
  const measured = measureSources(mosaic, sources);
  const worst = (fluxOf: (source: SkyDirection, i: number) => number) =>
    Math.max(...sources.map((source, i) => 100 * Math.abs(fluxOf(source, i) / source.fluxJy - 1)));
  return {
    summed: worst(source => apertureFluxJy(mosaic, skyToPixel(mosaic.wcs, source), 3 * onMosaic, onMosaic)),
    fitted: worst((_, i) => measured[i]!.fluxJy),
  };
}

/** Percent, on pixels as wide as the tiles' and on others: docs/mosaicking.md. */
const limits: [kernel: MosaicKernel, beamPixels: number, same: WorstErrors, other: WorstErrors][] = [
  ['bilinear', 3, { summed: 0.15, fitted: 5 }, { summed: 1.5, fitted: 10 }],
  ['bilinear', 4, { summed: 0.1, fitted: 3 }, { summed: 1.2, fitted: 8 }],
  ['bilinear', 5, { summed: 0.1, fitted: 2 }, { summed: 0.5, fitted: 6 }],
  ['bicubic', 3, { summed: 0.1, fitted: 1 }, { summed: 0.2, fitted: 2.3 }],
  ['bicubic', 4, { summed: 0.1, fitted: 0.4 }, { summed: 0.15, fitted: 1.4 }],
  ['bicubic', 5, { summed: 0.1, fitted: 0.2 }, { summed: 0.1, fitted: 0.8 }],
  ['lanczos3', 3, { summed: 0.1, fitted: 0.4 }, { summed: 0.8, fitted: 0.8 }],
  ['lanczos3', 4, { summed: 0.1, fitted: 0.25 }, { summed: 0.7, fitted: 0.5 }],
  ['lanczos3', 5, { summed: 0.1, fitted: 0.15 }, { summed: 0.7, fitted: 0.4 }],
  ['optimal', 3, { summed: 0.1, fitted: 0.1 }, { summed: 0.1, fitted: 0.3 }],
  ['optimal', 4, { summed: 0.1, fitted: 0.1 }, { summed: 0.1, fitted: 0.5 }],
  ['optimal', 5, { summed: 0.1, fitted: 0.1 }, { summed: 0.1, fitted: 0.7 }],
  ['adaptive', 3, { summed: 0.1, fitted: 17 }, { summed: 0.1, fitted: 18 }],
  ['adaptive', 4, { summed: 0.1, fitted: 11 }, { summed: 0.1, fitted: 17 }],
  ['adaptive', 5, { summed: 0.1, fitted: 7 }, { summed: 0.1, fitted: 13 }],
];

test.each(limits)('%s keeps the flux of points of %d pixels as documented', async (kernel, beamPixels, same, other) => {
  // A mosaic that shows a beam on fewer pixels than 2.5 does not show it.
  for (const ratio of [0.8, 0.95, 1, 1.05, 1.3].filter(width => beamPixels / width > 2.5)) {
    const { summed, fitted } = await worstErrors(kernel, beamPixels, ratio);
    const limit = ratio === 1 ? same : other;
    expect(summed, `summed, ${ratio}`).toBeLessThan(limit.summed);
    expect(fitted, `fitted, ${ratio}`).toBeLessThan(limit.fitted);
    // Pixels no wider than the tiles' show beams as they are; wider ones, filtered.
    if (kernel === 'optimal' && ratio < 1.1 && beamPixels > 3) expect(fitted, `${ratio}`).toBeLessThan(0.1);
  }
});

test('lanczos3 is that of the textbook, its weights made to sum to 1: what it loses is its own', async () => {
  const [beamPixels, ratio] = [4, 0.95];
  const wcs = { center, cellArcsec, centerX: 40.3, centerY: 39.8 };
  const beam = (x: number, y: number) =>
    Math.exp((-4 * Math.LN2 * ((x - wcs.centerX) ** 2 + (y - wcs.centerY) ** 2)) / beamPixels ** 2);
  const grid = { wcs: { ...wcs, cellArcsec: ratio * cellArcsec, centerX: 20, centerY: 20 }, nx: 41, ny: 41 };
  const { pixels } = await reprojectImage(makeSkyImage([80, 80], beam, { wcs }), grid, { kernel: 'lanczos3' });
  const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  const weights = (at: number) => {
    const taps = Array.from({ length: 6 }, (_, i) => Math.floor(at) - 2 + i);
    const values = taps.map(tap => sinc(tap - at) * sinc((tap - at) / 3));
    const sum = values.reduce((total, value) => total + value, 0);
    return taps.map((tap, i) => ({ tap, weight: values[i]! / sum }));
  };
  for (let y = 8; y < 33; y++)
    for (let x = 8; x < 33; x++) {
      let expected = 0;
      for (const row of weights(wcs.centerY + ratio * (y - 20)))
        for (const column of weights(wcs.centerX + ratio * (x - 20)))
          expected += row.weight * column.weight * beam(column.tap, row.tap);
      expect(Math.abs(pixels.get(y, x) - expected)).toBeLessThan(1e-4);
    }
});

const kernels: MosaicKernel[] = ['bilinear', 'bicubic', 'lanczos3', 'optimal', 'adaptive'];
describe.each(kernels)('%s', kernel => {
  test('keeps the brightness and the flux of an extended source to 0.5 %', async () => {
    // A disc of 1 Jy/beam with a soft edge, in two tiles with different primary beams.
    const beamPixels = 5;
    const radius = 50;
    const disc = (distance: number) => 1 / (1 + Math.exp((distance - radius) / 2));
    const tiles = [-0.03, 0.04].map(shiftDeg => {
      const at = { raDeg: center.raDeg + shiftDeg, decDeg: center.decDeg + shiftDeg / 2 };
      const tile = makeTile({
        ...{ center: at, npix: 220, cellArcsec, beamPixels, beamFwhmDeg: 0.3, rmsJyBeam: 0.01, sources: [] },
      });
      const middle = skyToPixel(tile.image.wcs, center);
      const pixel = (x: number, y: number) =>
        disc(Math.hypot(x - middle.x, y - middle.y)) * tile.primaryBeam.pixels.get(y, x);
      return { ...tile, image: makeSkyImage([220, 220], pixel, { wcs: tile.image.wcs, beam: tile.image.beam }) };
    });
    const { mosaic } = await mosaicImages(tiles, { kernel, cellArcsec: 5.7, projection: 'TAN' });
    const scale = cellArcsec / mosaic.wcs.cellArcsec;
    const at = skyToPixel(mosaic.wcs, center);
    for (let y = Math.ceil(at.y - 30 * scale); y <= at.y + 30 * scale; y++)
      for (let x = Math.ceil(at.x - 30 * scale); x <= at.x + 30 * scale; x++)
        if (Math.hypot(x - at.x, y - at.y) <= 30 * scale)
          expect(Math.abs(mosaic.pixels.get(y, x) - 1)).toBeLessThan(5e-3);
    // The integral of the disc, by a sum of rings.
    let expected = 0;
    for (let r = 0.005; r < 85; r += 0.01) expected += 2 * Math.PI * r * 0.01 * disc(r);
    expected /= (Math.PI / (4 * Math.LN2)) * beamPixels ** 2;
    const found = apertureFluxJy(mosaic, at, 80 * scale, beamPixels * scale);
    expect(Math.abs(found / expected - 1)).toBeLessThan(5e-3);
  });
});

/** Beams of 5 and of 4 pixels: percent of a peak that is lost at most; what is left of the rms of white noise. */
const costs: [kernel: MosaicKernel, of5: number, of4: number, noise: number][] = [
  ['bilinear', 5.4, 8.3, 0.67],
  ['bicubic', 0.63, 1.46, 0.81],
  ['lanczos3', 0.42, 0.71, 0.89],
  ['optimal', 0.07, 0.1, 0.85],
];
describe('interpolation between pixels', () => {
  test.each(costs)('by %s costs what is documented', async (kernel, of5, of4, noise) => {
    for (const [beamPixels, lost] of [
      [5, of5],
      [4, of4],
    ] as const) {
      let worst = 0;
      for (let i = 0; i < 36; i++) {
        const wcs = { center, cellArcsec, centerX: 32 + (i % 6) / 10, centerY: 32 + Math.floor(i / 6) / 10 };
        const beam = (x: number, y: number) =>
          Math.exp((-4 * Math.LN2 * ((x - wcs.centerX) ** 2 + (y - wcs.centerY) ** 2)) / beamPixels ** 2);
        const grid = { wcs: { ...wcs, centerX: 4, centerY: 4 }, nx: 9, ny: 9 };
        const { pixels } = await reprojectImage(makeSkyImage([64, 64], beam, { wcs }), grid, { kernel });
        worst = Math.max(worst, 100 * Math.abs(pixels.get(4, 4) - 1));
      }
      expect(worst).toBeCloseTo(lost, lost > 1 ? 1 : 2);
    }
    const random = randomOf(11);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const image = makeSkyImage([600, 600], normal);
    const cosine = (cellArcsec * Math.SQRT1_2) / 3600; // pixels turned by 45 degrees lie on every fraction of others
    const matrixDeg = [-cosine, cosine, cosine, cosine] as const;
    const grid = { wcs: { ...image.wcs, matrixDeg, centerX: 200, centerY: 200 }, nx: 400, ny: 400 };
    const { data } = (await reprojectImage(image, grid, { kernel })).pixels;
    const meanSquare = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(Math.sqrt(meanSquare(data) / meanSquare(image.pixels.data))).toBeCloseTo(noise, 2);
  });
});
