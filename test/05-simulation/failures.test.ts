import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { isPipelineError, simulateObservation, simulationDefaults } from '../../src/index.js';
import type { SimulationOptions } from '../../src/index.js';
import { describeIf } from '../support/oracles.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'contimg-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const small = { nAntennas: 4, nChannels: 2, nIntegrations: 3, nSources: 2 };

async function failure(options: Partial<SimulationOptions>): Promise<unknown> {
  return simulateObservation({ folder, ...small, ...options }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

test.each<[Record<string, unknown>, RegExp]>([
  [{ folder: '' }, /folder/],
  [{ nTiles: 0 }, /nTiles.*0/],
  [{ nAntennas: 1 }, /nAntennas.*from 2/],
  [{ nAntennas: 97 }, /nAntennas/],
  [{ nChannels: 2.5 }, /nChannels.*2\.5/],
  [{ nIntegrations: -1 }, /nIntegrations/],
  [{ pointingDecDeg: -60 }, /pointingDecDeg/],
  [{ pointingDecDeg: Number.NaN }, /pointingDecDeg/],
  [{ startTime: 'yesterday' }, /startTime.*yesterday/],
  [{ startTime: '2026-02-30T00:00:00' }, /startTime/],
  [{ startTime: '2026-01-25T24:00:00' }, /startTime/],
  [{ startTime: '2026-01-25T22:00:05+01:00' }, /startTime/],
  [{ seed: -1 }, /seed/],
  [{ noise: -1 }, /noise/],
  [{ gainError: 2 }, /gainError/],
  [{ primaryBeam: 'yes' }, /primaryBeam/],
  [{ nameJitterSec: 0.5 }, /nameJitterSec/],
  [{ threads: -2 }, /threads/],
  [{ earthOrientation: { ut1MinusUtcSec: 5 } }, /ut1MinusUtcSec/],
  [{ nSources: 3, sources: [] }, /either sources or nSources/],
  [{ nSources: undefined, sources: [{ raDeg: 1, decDeg: 91, fluxJy: 1 }] }, /sources\[0\]\.decDeg.*91/],
  [{ nSources: undefined, sources: [{ raDeg: 1, decDeg: 1, fluxJy: '1' }] }, /sources\[0\]\.fluxJy/],
  [{ antennas: 8 }, /antennas/],
])('refuses %j', async (options, message) => {
  const error = await failure(options);
  expect(isPipelineError(error, 'INVALID_ARGUMENT')).toBe(true);
  expect((error as Error).message).toMatch(message);
  expect(readdirSync(folder)).toEqual([]);
});

test('refuses a folder that holds one of its files, and leaves that file alone', async () => {
  const existing = `${simulationDefaults.startTime}_sb07.hdf5`;
  writeFileSync(join(folder, existing), 'mine');
  const error = await failure({});
  expect(isPipelineError(error, 'OUTPUT_EXISTS')).toBe(true);
  expect((error as { path: string }).path).toBe(join(folder, existing));
  expect(readdirSync(folder)).toEqual([existing]);
});

test('refuses a second simulation in one folder', async () => {
  expect(await failure({})).toBeUndefined();
  const before = readdirSync(folder);
  const error = await failure({ startTime: '2026-01-26T22:00:05' });
  expect(isPipelineError(error, 'OUTPUT_EXISTS')).toBe(true);
  expect((error as Error).message).toContain('truth.json');
  expect(readdirSync(folder)).toEqual(before);
});

test('says so when the folder cannot be made', async () => {
  writeFileSync(join(folder, 'file'), '');
  const error = await failure({ folder: join(folder, 'file', 'below') });
  expect(isPipelineError(error, 'FILE_ACCESS')).toBe(true);
});

test('aborted in its second tile, it leaves no file and rejects with the reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let names: string[] = [];
  const onProgress = (fraction: number) => {
    if (fraction <= 0.6 || controller.signal.aborted) return;
    names = readdirSync(folder);
    controller.abort(reason);
  };
  const error = await failure({ nTiles: 2, nAntennas: 24, nIntegrations: 24, signal: controller.signal, onProgress });
  expect(error).toBe(reason);
  expect(names.length).toBeGreaterThanOrEqual(16); // files of the first tile were there
  expect(readdirSync(folder)).toEqual([]);
});

test('aborted before it starts, it does nothing', async () => {
  const error = await failure({ folder: join(folder, 'new'), signal: AbortSignal.abort('no') });
  expect(error).toBe('no');
  expect(readdirSync(folder)).toEqual([]);
});

test('reports progress over all tiles, ascending to 1', async () => {
  const seen: number[] = [];
  expect(await failure({ nTiles: 2, onProgress: fraction => seen.push(fraction) })).toBeUndefined();
  expect(seen.length).toBeGreaterThan(4);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.at(-1)).toBeGreaterThan(0.9);
  expect(seen.at(-1)).toBeLessThanOrEqual(1);
});

test('leaves nothing but its files, named for subband and time', async () => {
  const { files, truthPath } = await simulateObservation({ folder, ...small });
  const names = files.map(path => basename(path));
  const expected = Array.from({ length: 16 }, (_, i) => `2026-01-25T22:00:05_sb${String(i).padStart(2, '0')}.hdf5`);
  expect(names).toEqual(expected);
  expect(readdirSync(folder).sort()).toEqual([...expected, basename(truthPath)].sort());
});

/** A disk that holds one tile of the test below but not two, at `path`, if we may make one. */
function mountSmallDisk(path: string): boolean {
  mkdirSync(path);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=5m', 'tmpfs', path]).status === 0;
}

function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'contimg-'));
  const mounted = mountSmallDisk(join(probe, 'disk'));
  if (mounted) spawnSync('umount', [join(probe, 'disk')]);
  rmSync(probe, { recursive: true, force: true });
  return mounted;
}

describeIf(canMount(), 'mounting a tmpfs needs root', 'a full disk', () => {
  test('is a typed error, and everything written before is removed', async () => {
    const disk = join(folder, 'disk');
    mountSmallDisk(disk);
    try {
      let furthest = 0;
      const onProgress = (fraction: number) => (furthest = fraction);
      const error = await failure({
        folder: disk,
        nTiles: 2,
        nIntegrations: 24,
        nChannels: 6,
        nAntennas: 8,
        onProgress,
      });
      expect(furthest).toBeGreaterThan(0.5); // the first tile fitted
      expect(isPipelineError(error, 'DISK_FULL')).toBe(true);
      expect((error as { path: string }).path).toContain(disk);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});
