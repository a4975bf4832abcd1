import { rmSync } from 'node:fs';

import { beforeAll, describe, expect, it } from 'vitest';

import {
  compareCatalogue,
  groupSubbands,
  imageGroup,
  indexFolder,
  mosaicImages,
  simulateObservation,
} from '../../src/index.js';
import type { CatalogueComparison, CatalogueMatch, Mosaic } from '../../src/index.js';
import { skyToPixel } from '../../src/fits/index.js';
import { makeMemoryFolder } from '../support/memory-folder.js';
import { randomOf } from '../support/random.js';

const nTiles = 10;
const strip = { raDeg: [334.6, 342], decDeg: [14.1, 17.9] } as const;

/** Sources of 1 to 3 Jy all over the strip, no two within 0.2 degrees. */
function randomSources(n: number) {
  const random = randomOf(4);
  const between = ([low, high]: readonly [number, number]) => low + (high - low) * random();
  const sources: { raDeg: number; decDeg: number; fluxJy: number; spectralIndex: number }[] = [];
  while (sources.length < n) {
    const source = { raDeg: between(strip.raDeg), decDeg: between(strip.decDeg), fluxJy: between([1, 3]) };
    const near = (other: typeof source) =>
      Math.hypot(0.96 * (other.raDeg - source.raDeg), other.decDeg - source.decDeg) < 0.2;
    if (!sources.some(near)) sources.push({ ...source, spectralIndex: -0.7 });
  }
  return sources;
}

let mosaic: Mosaic;
let found: CatalogueComparison;
beforeAll(async () => {
  const folder = makeMemoryFolder('contimg-end-to-end-');
  try {
    // Short observations by half of the array, so that ten take seconds; the sources are all over the primary beams.
    const sources = randomSources(130);
    await simulateObservation({
      ...{ folder, nTiles, nAntennas: 48, nChannels: 1, nIntegrations: 6, noise: 2, sources, seed: 5 },
    });
    const tiles = [];
    for (const group of groupSubbands(await indexFolder(folder)).groups) {
      // So few baselines have sidelobes above the noise: clean starts late, lest it take them for sources, goes slowly,
      // and covers all that the beam shows.
      const clean = { autoMaskSigma: 6, mgain: 0.7, outerSources: false };
      const options = { maxBaselineMeters: 450, cellArcsec: 18, npix: 1000, ...clean };
      const { restored, primaryBeam, rmsJyBeam } = await imageGroup(group, options);
      tiles.push({ id: group.id, image: restored, primaryBeam, rmsJyBeam });
    }
    mosaic = await mosaicImages(tiles, { primaryBeamCutoff: 0.2, compareTiles: true });
    const catalogue = sources.map(source => ({ ...source, referenceMhz: 1405 }));
    found = compareCatalogue(mosaic.mosaic, mosaic.rms, catalogue);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 300_000);

const ratio = ({ fluxJy, catalogueJy }: CatalogueMatch) => fluxJy / catalogueJy;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('ten simulated tiles, imaged and combined', () => {
  it('show every source at its place with its flux, down to a fifth of the primary beam', () => {
    expect(found.nExpected).toBeGreaterThanOrEqual(100);
    expect(found.nFound).toBe(found.nExpected);
    for (const match of found.matches) {
      expect(Math.abs(ratio(match) - 1), JSON.stringify(match)).toBeLessThan(0.03);
      expect(Math.hypot(match.eastArcsec, match.northArcsec)).toBeLessThan(0.1 * mosaic.mosaic.beam!.minorArcsec);
    }
    expect(Math.abs(found.fluxRatio - 1)).toBeLessThan(0.003);
    expect(found.fluxScatter).toBeLessThan(0.005);
  });

  it('show no step in flux where the number of tiles changes', () => {
    const byTiles = new Map<number, number[]>();
    for (const match of found.matches) {
      const { x, y } = skyToPixel(mosaic.mosaic.wcs, match);
      const n = mosaic.coverage.pixels.get(Math.round(y), Math.round(x));
      byTiles.set(n, [...(byTiles.get(n) ?? []), ratio(match)]);
    }
    expect(byTiles.size).toBeGreaterThan(4);
    for (const [n, ratios] of byTiles)
      if (ratios.length >= 4) expect(Math.abs(mean(ratios) - 1), `${n} tiles`).toBeLessThan(0.015);
    for (const { agreement } of mosaic.tiles) {
      expect(Math.abs(agreement!.fluxRatio - 1)).toBeLessThan(0.02);
      expect(Math.hypot(agreement!.eastArcsec, agreement!.northArcsec)).toBeLessThan(2);
    }
  });
});
