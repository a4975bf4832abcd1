import { describe, expect, test } from 'vitest';

import { skyToPixel } from '../../src/fits/index.js';
import { compareCatalogue } from '../../src/index.js';
import { mosaicImages } from '../../src/mosaic/index.js';
import { makeTile, spiral } from '../support/mosaic-tiles.js';
import { makeSkyImage } from '../support/sky-image.js';

const center = { raDeg: 0.01, decDeg: 16 };
const sources = spiral(center, 0.25, 16);
const tile = makeTile({
  center,
  ...{ npix: 240, cellArcsec: 12, beamPixels: 5, beamFwhmDeg: 0.5, rmsJyBeam: 0.01, sources },
});

describe('compareCatalogue', () => {
  test('finds the error in flux scale and position that a mosaic has', async () => {
    const { mosaic, rms } = await mosaicImages([{ ...tile, fluxScale: 1.1, shiftArcsec: [1.5, -2] }]);
    const found = compareCatalogue(mosaic, rms, sources);
    expect([found.nExpected, found.nFound]).toEqual([16, 16]);
    expect(found.fluxRatio).toBeCloseTo(1.1, 2);
    expect(found.fluxScatter).toBeLessThan(2e-3);
    expect(found.eastArcsec).toBeCloseTo(1.5, 1);
    expect(found.northArcsec).toBeCloseTo(-2, 1);
    expect(found.offsetScatterArcsec).toBeLessThan(0.1);
  });

  test.each([90, 180, 33])('measures in an image that is turned by %d degrees', async turnDeg => {
    const beam = { majorArcsec: 80, minorArcsec: 50, positionAngleDeg: 20 };
    const [cos, sin] = [Math.cos((turnDeg * Math.PI) / 180), Math.sin((turnDeg * Math.PI) / 180)];
    const cell = 12 / 3600;
    const matrixDeg = [-cell * cos, cell * sin, cell * sin, cell * cos] as const;
    const wcs = { center, cellArcsec: 12, centerX: 100, centerY: 100, matrixDeg };
    const truth = sources.map(source => ({ ...source, decDeg: source.decDeg + 4 / 3600 }));
    const places = truth.map(source => ({ ...skyToPixel(wcs, source), fluxJy: source.fluxJy }));
    const [along, across] = [beam.majorArcsec / 12, beam.minorArcsec / 12];
    const angle = ((20 - turnDeg) * Math.PI) / 180; // of the major axis from y, towards -x
    const image = makeSkyImage(
      [200, 200],
      (x, y) =>
        places.reduce((sum, place) => {
          const [dx, dy] = [x - place.x, y - place.y];
          const u = (-dx * Math.sin(angle) + dy * Math.cos(angle)) / along;
          const v = (dx * Math.cos(angle) + dy * Math.sin(angle)) / across;
          return sum + place.fluxJy * Math.exp(-4 * Math.LN2 * (u * u + v * v));
        }, 0),
      { wcs, beam },
    );
    const rms = makeSkyImage([200, 200], () => 1e-3, { wcs });
    const found = compareCatalogue(image, rms, sources);
    expect(found.nFound).toBe(found.nExpected);
    expect(found.nFound).toBeGreaterThan(10);
    expect(found.fluxRatio).toBeCloseTo(1, 3);
    expect(found.eastArcsec).toBeCloseTo(0, 1);
    expect(found.northArcsec).toBeCloseTo(4, 1);
  });

  test('takes fluxes at the frequency of the mosaic, and one wrong source does not matter', async () => {
    const { mosaic, rms } = await mosaicImages([tile]);
    const catalogue = sources.map((source, i) => ({
      ...source,
      fluxJy: source.fluxJy * (i === 3 ? 5 : 1) * (700e6 / mosaic.freqHz) ** -0.8,
      spectralIndex: -0.8,
      referenceMhz: 700,
    }));
    const found = compareCatalogue(mosaic, rms, catalogue);
    expect(found.fluxRatio).toBeCloseTo(1, 2);
    expect(found.matches[3]!.fluxJy / found.matches[3]!.catalogueJy).toBeCloseTo(0.2, 2);
  });

  test('does not expect what is faint, crowded or not in the mosaic', async () => {
    const { mosaic, rms } = await mosaicImages([tile]);
    const [first, second] = sources as [(typeof sources)[0], (typeof sources)[0]];
    const close = { ...first, decDeg: first.decDeg + 60 / 3600 };
    const faint = { ...second, raDeg: second.raDeg + 0.1, fluxJy: 0.05 };
    const elsewhere = [
      { raDeg: 5, decDeg: 16, fluxJy: 9 },
      { raDeg: 180, decDeg: -16, fluxJy: 9 },
    ];
    const found = compareCatalogue(mosaic, rms, [...sources, close, faint, ...elsewhere]);
    expect(found.nExpected).toBe(15);
    expect(compareCatalogue(mosaic, rms, elsewhere)).toMatchObject({ nExpected: 0, nFound: 0, fluxRatio: NaN });
  });

  test('refuses maps that do not go together', () => {
    const image = makeSkyImage([32, 32], () => 0);
    const other = makeSkyImage([16, 32], () => 1);
    expect(() => compareCatalogue(image, other, [])).toThrow(/32 x 32 pixels but it has 16 x 32/);
    expect(() => compareCatalogue({ ...image, beam: undefined }, image, [])).toThrow(/with a restoring beam/);
  });
});
