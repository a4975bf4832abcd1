import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { groupSubbands, imageGroup, indexFolder, simulateObservation } from '../../src/index.js';
import type { SimulationTruth, SubbandGroup } from '../../src/index.js';
import { apparentFluxJy, separationRad } from '../support/drifting-beam.js';

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

it('sources beyond the image are found where they are, and their sidelobes leave it', async () => {
  const options = { npix: 480, cellArcsec: 6 };
  const disturbed = await imageGroup(group, { ...options, outerSources: false });
  const { outerSources, rmsJyBeam, residual } = await imageGroup(group, options);
  expect(disturbed.outerSources).toEqual([]);
  expect(outerSources).toHaveLength(outer.length);
  for (const [i, source] of outer.entries()) {
    const offsetArcsec = (separationRad(outerSources[i]!, source) / Math.PI) * 180 * 3600;
    expect(offsetArcsec).toBeLessThan(0.2);
    expect(outerSources[i]!.apparentFluxJy / apparentFluxJy(truth, source)).toBeCloseTo(1, 2);
  }
  expect(rmsJyBeam).toBeLessThan(0.2 * disturbed.rmsJyBeam);
  expect(residual.history.join()).toContain('3 sources beyond the image were subtracted where they are');
});
