import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { openRegistry } from '../../src/registry/index.js';
import type { Registry } from '../../src/registry/index.js';
import { contimg } from '../support/contimg-command.js';
import { onBothDatabases } from '../support/databases.js';
import { placeTiles } from '../support/placed-tiles.js';
import { FinishedRun, publishedHashes, reportOf, smallRun } from '../support/small-run.js';

const interval = 309.237645312; // of DSA-110's tiles, seconds
const spaced = (n: number, seconds: number) => Array.from({ length: n }, (_, i) => seconds * i);
const withGap = (seconds: number) => spaced(10, interval).map((at, i) => (i < 5 ? at : at - interval + seconds));

let finished: FinishedRun;
beforeAll(async () => void (finished = await FinishedRun.make(1)));
afterAll(() => finished.remove());

/**
 * The safeguards of mosaic groups, by `contimg run` itself: tiles that earlier runs made stand in the work folder. Group
 * ids are tried in 80-publish/races, full disks in publish-on-full-disk.
 */
onBothDatabases('contimg run, of tiles that are there', database => {
  let folder: string;
  let location: string;
  beforeEach(async () => {
    folder = await finished.newFolder();
    await mkdir(join(folder, 'incoming'));
    location = await database.make(folder);
  });

  const place = (seconds: readonly number[]) => placeTiles(finished, join(folder, 'work'), location, seconds);
  const run = async (groupSize: number) => {
    const args = [...smallRun(join(folder, 'incoming'), folder, groupSize), '--database', location];
    const result = await contimg(args);
    return { ...reportOf(result), exitCode: result.exitCode };
  };
  const inRegistry = async <T>(look: (registry: Registry) => Promise<T>) => {
    const registry = await openRegistry(location);
    return look(registry).finally(() => registry.close());
  };

  /** Expects one mosaic of all tiles; gives the message with which its group was formed. */
  async function expectMosaicOf(ids: readonly string[]): Promise<string> {
    const { products, leftOut, failed, exitCode } = await run(ids.length);
    expect({ leftOut, failed, exitCode }).toEqual({ leftOut: [], failed: [], exitCode: 0 });
    expect(products).toMatchObject([{ kind: 'mosaic', state: 'published' }]);
    expect(Object.keys(await publishedHashes(folder))).toHaveLength(6);
    return inRegistry(async registry => {
      const groups = await registry.mosaicGroups.list();
      expect(groups).toMatchObject([{ state: 'published', members: ids }]);
      expect(await registry.products.ancestors(products[0]!.id)).toEqual(ids.map(id => `tiles/${id}`));
      return (await registry.history(groups[0]!.id))[0]!.message!;
    });
  }

  /** Expects that no group is formed, and every tile is left out with a reason; gives codes and reasons. */
  async function expectNoMosaicOf(ids: readonly string[]): Promise<[code: string, reason: string][]> {
    const { products, leftOut, failed, exitCode } = await run(ids.length);
    expect({ products, failed, exitCode }).toEqual({ products: [], failed: [], exitCode: 0 });
    expect(leftOut.map(({ subject }) => subject).sort()).toEqual(ids);
    expect(await inRegistry(registry => registry.mosaicGroups.list())).toEqual([]);
    expect(await publishedHashes(folder)).toEqual({});
    return leftOut.map(({ code, reason }) => [code, reason]);
  }

  describe('time', () => {
    it('ten tiles in a row become a mosaic', async () => {
      const message = await expectMosaicOf(await place(spaced(10, interval)));
      expect(message).not.toContain('unusual');
    });

    it('a gap of exactly 6 minutes passes', async () => {
      await expectMosaicOf(await place(withGap(360)));
    });

    it.each([360.00001, 1200, 86400])('a gap of %d seconds does not', async gap => {
      const reasons = await expectNoMosaicOf(await place(withGap(gap)));
      expect(new Set(reasons.map(([code]) => code))).toEqual(new Set(['GAP', 'TOO_FEW_TILES']));
    });

    it('a span of exactly 60 minutes passes, with a note that it is unusual', async () => {
      const message = await expectMosaicOf(await place(spaced(11, 360)));
      expect(message).toContain('The tiles span 60 minutes; more than 50 are unusual');
    });

    it('a span of 61 minutes does not', async () => {
      const reasons = await expectNoMosaicOf(await place(spaced(12, (61 * 60) / 11)));
      expect(reasons.map(([code]) => code)).toContain('SPAN');
    });
  });

  it('a tile that is not imaged is in no group until it is', async () => {
    const ids = await place(spaced(10, interval));
    const setState = (state: 'failed' | 'imaged') =>
      inRegistry(registry => registry.groups.setState(ids[4]!, state, 'by hand'));
    await setState('failed');
    const reason = `${ids[4]} is failed; expected imaged or done`;
    expect(await expectNoMosaicOf(ids)).toContainEqual(['STAGE', reason]);
    await expectNoMosaicOf(ids); // refused once, however often it is looked at
    const refusals = await database.query(location, `select message from events where to_state = 'refused'`);
    expect(refusals).toEqual([{ message: reason }]);
    const status = await contimg(['publish', 'status', '--database', location]);
    expect(status).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('[GROUP_FAILURES]') as string });
    await setState('imaged');
    await expectMosaicOf(ids);
  });

  it('a tile of which the image is missing is in no group until it is back', async () => {
    const ids = await place(spaced(10, interval));
    const image = join(folder, 'work/tiles', ids[7]!, `${ids[7]}-image.fits`);
    await rename(image, `${image}.away`);
    const reasons = await expectNoMosaicOf(ids);
    expect(reasons).toContainEqual(['IMAGE', expect.stringMatching(/-image\.fits is missing/)]);
    await rename(`${image}.away`, image);
    await expectMosaicOf(ids);
  });

  it('an image that goes missing once its group is formed fails that mosaic alone, by name, until it is back', async () => {
    const ids = await place(spaced(2, interval));
    await expectMosaicOf(ids);
    await rm(join(folder, 'products'), { recursive: true }); // so that the mosaic has to be made again
    const image = join(folder, 'work/tiles', ids[0]!, `${ids[0]}-image.fits`);
    await rename(image, `${image}.away`);
    const others = await place([86400, 86400 + interval]);
    const { failed, products, exitCode } = await run(2);
    expect(exitCode).toBe(1);
    expect(failed).toMatchObject([{ stage: 'mosaic', code: 'FILE_ACCESS', reason: expect.stringContaining(ids[0]!) }]);
    expect(products).toMatchObject([{ state: 'published' }]);
    const states = await inRegistry(async registry =>
      (await registry.mosaicGroups.list()).map(({ state, members }) => [members[0], state]),
    );
    expect(Object.fromEntries(states)).toEqual({ [ids[0]!]: 'failed', [others[0]!]: 'published' });
    await rename(`${image}.away`, image);
    expect(await run(2)).toMatchObject({ failed: [], exitCode: 0 });
    expect(Object.keys(await publishedHashes(folder))).toHaveLength(12);
  });
});
