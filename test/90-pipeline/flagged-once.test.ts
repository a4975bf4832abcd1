import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { flagReasons, flagVisibilities, groupSubbands, indexFolder, simulateObservation } from '../../src/index.js';
import type { SubbandGroup } from '../../src/index.js';
import { checkConfig } from '../../src/pipeline/pipeline-config.js';
import { stagesOf } from '../../src/pipeline/stages.js';

let folder: string;
let group: SubbandGroup;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contimg-once-'));
  const incoming = join(folder, 'incoming');
  await simulateObservation({ folder: incoming, nAntennas: 24, nChannels: 2, nIntegrations: 3, nSources: 3 });
  group = groupSubbands(await indexFolder(incoming)).groups[0]!;
});
afterAll(() => rm(folder, { recursive: true }));

it('a group whose flags are known from solving is imaged with them, and not flagged again', async () => {
  const imaging = { npix: 256, cellArcsec: 6, niter: 0, outerSources: false };
  const config = checkConfig({
    work: join(folder, 'work'),
    products: join(folder, 'products'),
    flagging: true,
    imaging,
  });
  const { image } = stagesOf(config);
  const made = async (name: string, flags?: Awaited<ReturnType<typeof flagVisibilities>>) => {
    await mkdir(join(folder, name));
    return (await image.run({ group, fingerprint: 'x', flags }, join(folder, name), {})).metadata;
  };
  const found = await made('found');
  // Flags that no flagger would find: every visibility but those of the upper half of the band.
  const known = await flagVisibilities(group);
  const [nRows, nFreqs, nPols] = known.reasons.shape as [number, number, number];
  for (let row = 0; row < nRows; row++)
    for (let k = 0; k < nFreqs / 2; k++)
      for (let p = 0; p < nPols; p++) known.reasons.set(row, k, p, known.reasons.get(row, k, p) | flagReasons.bandEdge);
  const given = await made('given', known);
  // Half of them, up to what is found by chance; all of them, were it flagged again.
  const ratio = (given['nVisibilities'] as number) / (found['nVisibilities'] as number);
  expect(Math.abs(ratio - 0.5)).toBeLessThan(0.05);
});
