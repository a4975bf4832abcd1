import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/fuzz.mjs', import.meta.url));

/** `npm run fuzz` reads 20,000. */
const nMutations = 1000;

interface Campaign {
  readonly count: number;
  /** Readings: five of each mutation, less where the file is refused. */
  readonly refused: number;
  readonly correct: number;
  readonly findings: readonly { readonly number: number; readonly kind: string; readonly text: string }[];
}

test(`${nMutations} mutated files are refused by name or read as libhdf5 reads them, in bounded time and memory`, async () => {
  const { stdout, stderr } = await execa('node', [script, '--count', `${nMutations}`], { reject: false });
  const campaign = JSON.parse(stdout) as Campaign;
  expect(campaign.findings, stderr).toEqual([]);
  expect(campaign.count).toBe(nMutations);
  expect(campaign.refused).toBeGreaterThan(nMutations);
  expect(campaign.correct).toBeGreaterThan(nMutations / 2);
}, 600_000);
