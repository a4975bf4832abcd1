import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { dsa110, groupSubbands, imageGroup, indexFolder, simulateObservation } from '../../src/index.js';
import type { SimulationTruth, SkyDirection, SubbandGroup } from '../../src/index.js';

/** At the border of the main lobe of the primary beam, and two in its first sidelobe. */
const outer = [
  { raDeg: 336.19, decDeg: 12.02, fluxJy: 12, spectralIndex: -0.2 },
  { raDeg: 339.59, decDeg: 16.9, fluxJy: 1.5, spectralIndex: -0.7 },
  { raDeg: 333.21, decDeg: 17.1, fluxJy: 6, spectralIndex: -1.1 },
];
const inner = { raDeg: 337.4, decDeg: 16.3, fluxJy: 0.2, spectralIndex: -0.7 };

let folder: string;
let group: SubbandGroup;
let truth: SimulationTruth;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'contimg-outer-'));
  const sources = [inner, ...outer];
  const options = { folder, nAntennas: 64, nChannels: 4, noise: 0.1, sources, seed: 3 };
  ({ truth } = await simulateObservation(options));
  group = groupSubbands(await indexFolder(folder)).groups[0]!;
});
afterAll(() => rmSync(folder, { recursive: true }));

const degree = Math.PI / 180;

function separationRad(a: SkyDirection, b: SkyDirection): number {
  const [d1, d2, dra] = [a.decDeg * degree, b.decDeg * degree, (a.raDeg - b.raDeg) * degree];
  return Math.acos(Math.sin(d1) * Math.sin(d2) + Math.cos(d1) * Math.cos(d2) * Math.cos(dra));
}

/** J1 by its integral (Abramowitz and Stegun 9.1.21). */
function besselJ1(x: number): number {
  const n = 200;
  let sum = 0;
  for (let k = 0; k < n; k++) {
    const angle = ((k + 0.5) / n) * Math.PI;
    sum += Math.cos(angle - x * Math.sin(angle));
  }
  return sum / n;
}

/** Flux as the drifting Airy beam shows it, in the mean over the tile. */
function apparentFlux({ fluxJy, spectralIndex, ...source }: (typeof outer)[number]): number {
  const pointings = truth.tiles[0]!.meridian_icrs_deg;
  let sum = 0;
  for (const [raDeg, decDeg] of pointings) {
    const angle = separationRad(source, { raDeg, decDeg });
    for (const freq of truth.freq_hz) {
      const x = (Math.PI * dsa110.dishDiameterMeters * Math.sin(angle) * freq) / 299792458;
      sum += ((2 * besselJ1(x)) / x) ** 2 * fluxJy * (freq / truth.reference_hz) ** spectralIndex;
    }
  }
  return sum / (pointings.length * truth.freq_hz.length);
}

it('sources beyond the image are found where they are, and their sidelobes leave it', async () => {
  const options = { npix: 480, cellArcsec: 6 };
  const disturbed = await imageGroup(group, { ...options, outerSources: false });
  const { outerSources, rmsJyBeam, residual } = await imageGroup(group, options);
  expect(disturbed.outerSources).toEqual([]);
  expect(outerSources).toHaveLength(outer.length);
  for (const [i, source] of outer.entries()) {
    expect(separationRad(outerSources[i]!, source) / degree).toBeLessThan(0.2 / 3600);
    expect(outerSources[i]!.apparentFluxJy / apparentFlux(source)).toBeCloseTo(1, 2);
  }
  expect(rmsJyBeam).toBeLessThan(0.2 * disturbed.rmsJyBeam);
  expect(residual.history.join()).toContain('3 sources beyond the image were fitted and subtracted');
});
