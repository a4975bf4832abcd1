import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { readFits, writeFits } from '../../src/fits/index.js';
import { mosaicTile } from '../../src/pipeline/stage-files.js';
import type { Product } from '../../src/registry/index.js';
import { makeSkyImage } from '../support/sky-image.js';

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'contimg-stage-files-'));
});
afterEach(() => rm(work, { recursive: true }));

it.each(['pb', 'beam'])('reads a tile whose primary beam is called -%s', async end => {
  const path = 'tiles/T';
  await mkdir(join(work, path), { recursive: true });
  const names = ['image', end].map(name => join(path, `T-${name}.fits`));
  await writeFits(
    join(work, names[0]!),
    makeSkyImage([4, 6], () => 2),
  );
  await writeFits(
    join(work, names[1]!),
    makeSkyImage([4, 6], () => 0.5, { unit: '', beam: undefined }),
  );
  const files = names.map(name => ({ path: name, sizeBytes: 0, sha256: '' }));
  const product = { path, files, metadata: { rmsJyBeam: 0.01, midTimeMjdSec: 5e9 } } as unknown as Product;
  const tile = mosaicTile(work, product);
  expect(tile).toMatchObject({ id: 'T', rmsJyBeam: 0.01 });
  const [image, beam] = await Promise.all([tile.image, tile.primaryBeam].map(file => readFits(file as string)));
  expect([image!.pixels.get(1, 1), beam!.pixels.get(1, 1)]).toEqual([2, 0.5]);
});
