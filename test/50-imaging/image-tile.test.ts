import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { convertToMs, imageGroup, imageMs, measureSources } from '../../src/index.js';
import type { ImagingOptions, SkyImage, TileImages } from '../../src/index.js';
import { dsa110Tile, dsa110TileTruth, hasDsa110Tile, injectedSources } from '../support/dsa110-tile.js';
import { describeIf } from '../support/oracles.js';

// Wide enough for every source of the tile, with three pixels per minor axis of the beam.
const options: ImagingOptions = { nx: 2000, ny: 1350, cellArcsec: 5 };

function largestDifference(a: SkyImage, b: SkyImage): number {
  const [x, y] = [a.pixels.data, b.pixels.data];
  let largest = 0;
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(x[i]! - y[i]!));
  return largest;
}

function peakOf(image: SkyImage): number {
  return image.pixels.data.reduce((peak, value) => Math.max(peak, value), 0);
}

describeIf(hasDsa110Tile, 'needs ../shared', 'a tile that an independent program made', () => {
  let folder: string;
  let fromUvh5: TileImages;
  let fromMs: TileImages;
  const progress: number[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-image-'));
    fromUvh5 = await imageGroup(dsa110Tile(), { ...options, onProgress: fraction => progress.push(fraction) });
    fromMs = await imageMs(await convertToMs(dsa110Tile(), { path: join(folder, 'meridian.ms') }), options);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['UVH5', 'a MeasurementSet'])('shows all sources where they are, to 3 %% or 3 sigma, from %s', from => {
    const { restored, restoredPb, rmsJyBeam, beam } = from === 'UVH5' ? fromUvh5 : fromMs;
    const sources = injectedSources(dsa110TileTruth());
    const positions = sources.map(source => source.position);
    const measured = measureSources(restoredPb, positions);
    const attenuated = measureSources(restored, positions);
    const bright = sources
      .map((source, i) => ({ ...source, found: measured[i]!, response: attenuated[i]!.fluxJy / measured[i]!.fluxJy }))
      .filter(({ fluxJy, response }) => fluxJy * response > 10 * rmsJyBeam);
    expect(bright.length).toBe(sources.length);
    for (const { fluxJy, found } of bright) {
      expect(Math.abs(found.fluxJy - fluxJy)).toBeLessThan(0.03 * fluxJy);
      expect(Math.hypot(found.eastArcsec, found.northArcsec)).toBeLessThan(beam.minorArcsec / 10);
    }
  });

  it('reaches the thermal noise', () => {
    // 0.674 Jy per real part and polarization; robust 0.5 costs some percent against natural weights.
    const natural = 0.674 / Math.SQRT2 / Math.sqrt(fromUvh5.nVisibilities);
    expect(fromUvh5.rmsJyBeam).toBeGreaterThan(natural);
    expect(fromUvh5.rmsJyBeam).toBeLessThan(1.25 * natural);
    expect(fromUvh5.stop).toBe('threshold');
    expect(fromUvh5.cycles.at(-1)!.rmsJyBeam).toBe(fromUvh5.rmsJyBeam);
  });

  it('is the same from UVH5 and from a MeasurementSet, to 1e-5 of the peak', () => {
    const peak = peakOf(fromUvh5.restored);
    for (const kind of ['dirty', 'restored', 'residual'] as const) {
      expect(largestDifference(fromUvh5[kind], fromMs[kind])).toBeLessThan(1e-5 * peak);
    }
    expect(largestDifference(fromUvh5.psf, fromMs.psf)).toBeLessThan(1e-5);
    expect(largestDifference(fromUvh5.primaryBeam, fromMs.primaryBeam)).toBeLessThan(1e-5);
    expect(fromMs.restored.wcs.center.raDeg).toBeCloseTo(fromUvh5.restored.wcs.center.raDeg, 9);
    expect(fromMs.restored.wcs.center.decDeg).toBeCloseTo(fromUvh5.restored.wcs.center.decDeg, 9);
  });

  it('is centered where the meridian was in the middle, and says what it is', () => {
    const meridians = dsa110TileTruth().tiles[0]!.meridian_icrs_deg;
    const middle = (axis: 0 | 1) => (meridians[11]![axis] + meridians[12]![axis]) / 2;
    const { restored, restoredPb, model, psf } = fromUvh5;
    expect(restored.wcs).toMatchObject({ cellArcsec: 5, centerX: 1000, centerY: 675 });
    expect(restored.wcs.center.raDeg).toBeCloseTo(middle(0), 5);
    expect(restored.wcs.center.decDeg).toBeCloseTo(middle(1), 5);
    expect(restored.dateObs).toBe('2026-01-25T22:00:05.000000');
    expect(restored.midTimeMjdSec - restored.exposureSec / 2).toBeCloseTo(61065 * 86400 + 22 * 3600 + 5, 3);
    expect(restored.exposureSec).toBeCloseTo(24 * 12.884902, 3);
    expect(restored.bandwidthHz).toBeCloseTo(187.5e6, 0);
    expect(restored).toMatchObject({ unit: 'Jy/beam', telescopeName: 'OVRO_MMA', beam: fromUvh5.beam });
    expect(restoredPb.history.join('\n')).toMatch(/contimg \d.*robust 0.5.*niter 50000.*divided by the primary beam/s);
    expect(model.beam).toBeUndefined();
    expect(psf.pixels.get(675, 1000)).toBeCloseTo(1, 4);
    expect(String(fromUvh5)).toMatch(/^Tile 2000x1350, 5", beam 3\d"x1\d", rms 1\.\d mJy\/beam$/);
  });

  it('reports progress that runs forward to 1', () => {
    expect(progress.length).toBeGreaterThan(10);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });

  it('refuses a group that lacks a subband, unless fewer will do', async () => {
    const tile = dsa110Tile();
    const group = { ...tile, files: tile.files.slice(3) };
    const small: ImagingOptions = { npix: 256, cellArcsec: 5, niter: 0 };
    await expect(imageGroup(group, small)).rejects.toMatchObject({ code: 'INCOMPLETE_GROUP' });
    const image = await imageGroup(group, { ...small, minSubbands: 13 });
    expect(image.nChannels).toBe(26);
  });

  it('rejects with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const run = imageGroup(dsa110Tile(), {
      ...options,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(run).rejects.toBe(reason);
  });

  it('refuses what is not there and what is no MeasurementSet', async () => {
    await expect(imageMs(join(folder, 'absent.ms'))).rejects.toMatchObject({ path: join(folder, 'absent.ms') });
    await expect(imageMs('')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
