import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { expect, it } from 'vitest';

import { publishSteps, resumePublishing } from '../../src/publish/index.js';
import { openRegistry } from '../../src/registry/index.js';
import { publishedContent, stageMosaic, wholeMosaic } from './staged-mosaic.js';

const script = fileURLToPath(new URL('publish-and-die.mjs', import.meta.url));

/** Publishes in a process of its own that is killed after `steps` steps; gives the steps that it did. */
async function publishAndDie(staged: Awaited<ReturnType<typeof stageMosaic>>, steps: number): Promise<string[]> {
  await staged.registry.close();
  const child = await execa('node', [script, staged.registryPath, staged.workRoot, staged.productsRoot, `${steps}`], {
    reject: false,
    lines: true,
  });
  if (child.signal !== 'SIGKILL' && child.exitCode !== 0) throw new Error(child.stderr.join('\n'));
  return child.stdout;
}

it('finishes what a process killed after any step was publishing', async () => {
  const whole = await stageMosaic();
  const steps = await publishAndDie(whole, Infinity);
  await rm(whole.folder, { recursive: true });
  expect(new Set(steps)).toEqual(new Set(publishSteps));

  for (let killedAfter = 1; killedAfter <= steps.length; killedAfter++) {
    const staged = await stageMosaic();
    expect(await publishAndDie(staged, killedAfter)).toEqual(steps.slice(0, killedAfter));
    const visible = Object.keys(await publishedContent(staged.productsRoot)).filter(name => !name.startsWith('.'));
    if (visible.includes('m.fits')) expect(visible).toHaveLength(3); // the main file never stands without the others

    const registry = await openRegistry(staged.registryPath);
    const { rolledBack } = await resumePublishing(registry, staged);
    expect(rolledBack).toEqual([]);
    expect(await publishedContent(staged.productsRoot)).toEqual(wholeMosaic);
    expect((await registry.products.get('mosaic/m'))!.state).toBe('published');
    await registry.close();
    await rm(staged.folder, { recursive: true });
  }
});

it('takes back what cannot be finished, with the reason, and removes the temporaries', async () => {
  const staged = await stageMosaic();
  await publishAndDie(staged, 4);
  await rm(join(staged.workRoot, 'mosaics/m/m.fits'));
  const registry = await openRegistry(staged.registryPath);
  const report = await resumePublishing(registry, staged);
  expect(report).toMatchObject({ finished: [], rolledBack: [{ id: 'mosaic/m', error: { code: 'FILE_ACCESS' } }] });
  expect(await publishedContent(staged.productsRoot)).toEqual({});
  expect(await registry.products.get('mosaic/m')).toMatchObject({ state: 'staged', publishError: /m.fits/ });
  await registry.close();
  await rm(staged.folder, { recursive: true });
});
