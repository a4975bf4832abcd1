import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { groupSubbands, imageGroup, indexFolder, simulateObservation, skyToPixel } from '../../src/index.js';
import type { SkyImage, SkyDirection, SubbandGroup } from '../../src/index.js';
import { robustRms } from '../support/robust-rms.js';

/** Far from the index that all are taken to have, in the middle and where the beam changes much over the band. */
const steep = { raDeg: 337.5, decDeg: 16.1, fluxJy: 3, spectralIndex: -2 };
const inverted = { raDeg: 337.2, decDeg: 16.4, fluxJy: 4, spectralIndex: 1 };
/** One place, two components: their sum curves. */
const curved = [-9, 9].map(spectralIndex => ({ raDeg: 337.7, decDeg: 15.9, fluxJy: 1, spectralIndex }));
const ordinary = { raDeg: 337.3, decDeg: 15.8, fluxJy: 2, spectralIndex: -0.7 };

let folder: string;
let group: SubbandGroup;
let noiseJyBeam: number;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'contimg-spectra-'));
  const options = { nAntennas: 24, nChannels: 2, noise: 0.2, seed: 4 };
  const [sky, noise] = [join(folder, 'sky'), join(folder, 'noise')];
  await simulateObservation({ ...options, folder: sky, sources: [steep, inverted, ...curved, ordinary] });
  await simulateObservation({ ...options, folder: noise, sources: [] });
  group = await groupOf(sky);
  noiseJyBeam = robustRms((await imageGroup(await groupOf(noise), { ...imaging, niter: 0 })).dirty);
});
afterAll(() => rmSync(folder, { recursive: true }));

const imaging = { npix: 512, cellArcsec: 6, autoMaskSigma: 5 };

async function groupOf(path: string): Promise<SubbandGroup> {
  return groupSubbands(await indexFolder(path)).groups[0]!;
}

function at(image: SkyImage, direction: SkyDirection): number {
  const { x, y } = skyToPixel(image.wcs, direction);
  return image.pixels.get(Math.round(y), Math.round(x));
}

it('spectra that differ leave sidelobes, and their terms remove them down to the noise', async () => {
  const [one, two, three] = await Promise.all(
    [1, 2, 3].map(spectralTerms => imageGroup(group, { ...imaging, spectralTerms })),
  );
  expect(one!.spectralIndex).toBeUndefined();
  // Pixels of half a beam hold a source between them to some per cent, and its index as well.
  expect(one!.rmsJyBeam).toBeGreaterThan(2 * noiseJyBeam);
  expect(two!.rmsJyBeam).toBeLessThan(0.8 * one!.rmsJyBeam);
  expect(three!.rmsJyBeam).toBeLessThan(1.35 * noiseJyBeam);
  expect(three!.rmsJyBeam).toBeLessThan(0.9 * two!.rmsJyBeam);
  for (const source of [steep, inverted, ordinary])
    expect(Math.abs(at(three!.spectralIndex!, source) - source.spectralIndex)).toBeLessThan(0.1);
  expect(at(three!.spectralIndex!, { raDeg: 337.6, decDeg: 16.4 })).toBeNaN();
});
