import { expect, it } from 'vitest';

import { imageGroup } from '../../src/index.js';
import type { ImagingOptions, SkyImage } from '../../src/index.js';
import { dsa110Tile, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf } from '../support/oracles.js';

const options: ImagingOptions = { npix: 384, cellArcsec: 6, niter: 2000 };

/** Frequencies of 16 subbands of two channels each, ascending. */
const channelHz = 187.5e6 / 32;
const lowestHz = 1405.015258789e6 - 15.5 * channelHz;

function meanFrequency(first: number, end: number): number {
  return lowestHz + ((first + end - 1) / 2) * channelHz;
}

function rms({ pixels }: SkyImage): number {
  return Math.sqrt(pixels.data.reduce((sum, value) => sum + value * value, 0) / pixels.data.length);
}

describeIf(hasDsa110Tile, 'needs ../shared', 'images of parts of the channels', () => {
  it('have their own frequency, bandwidth, beam and noise, and are what the channels alone give', async () => {
    const whole = await imageGroup(dsa110Tile(), { ...options, channelsOut: 4 });
    expect(whole.channelRange).toEqual([0, 32]);
    expect(whole.channelIndex).toBeUndefined();
    expect(whole.channelImages).toHaveLength(4);
    whole.channelImages.forEach((part, i) => {
      const [first, end] = [8 * i, 8 * (i + 1)];
      expect(part).toMatchObject({ channelIndex: i, channelRange: [first, end], nChannels: 8, channelImages: [] });
      expect(part.restored.freqHz / meanFrequency(first, end)).toBeCloseTo(1, 2);
      expect(part.restored.bandwidthHz).toBeCloseTo(8 * channelHz, 0);
      expect(part.restored.wcs).toEqual(whole.restored.wcs);
      // A quarter of the data: twice the noise.
      expect(part.rmsJyBeam).toBeGreaterThan(1.5 * whole.rmsJyBeam);
      expect(part.rmsJyBeam).toBeLessThan(3 * whole.rmsJyBeam);
    });
    const [lowest, , , highest] = whole.channelImages;
    expect(highest!.beam.minorArcsec).toBeLessThan(lowest!.beam.minorArcsec);
    expect(highest!.primaryBeam.pixels.get(20, 192)).toBeLessThan(lowest!.primaryBeam.pixels.get(20, 192));

    const alone = await imageGroup(dsa110Tile(), { ...options, channelRange: [16, 24] });
    expect(alone.restored.wcs).toEqual(whole.restored.wcs);
    for (const kind of ['psf', 'dirty', 'restored', 'weight'] as const)
      expect(alone[kind].pixels.data).toEqual(whole.channelImages[2]![kind].pixels.data);
    const withoutParts = await imageGroup(dsa110Tile(), options);
    expect(withoutParts.restored.pixels.data).toEqual(whole.restored.pixels.data);
    expect(withoutParts.channelImages).toEqual([]);
  });

  it('leave out the parts that have no data', async () => {
    const tile = dsa110Tile();
    const files = tile.files.filter(({ subband }) => subband !== 0 && subband !== 9); // subband 0 is the highest
    const dirty = { ...options, niter: 0, channelsOut: 16 };
    const { channelImages, nChannels } = await imageGroup({ ...tile, files }, dirty);
    expect(nChannels).toBe(28);
    expect(channelImages.map(part => part.channelIndex)).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(channelImages[6]!.channelRange).toEqual([14, 16]);
  });

  it('share the weights of all channels on request: their dirty images add up to that of all', async () => {
    const dirty = { ...options, niter: 0, weightDensity: 'all', channelsOut: 2 } as const;
    const whole = await imageGroup(dsa110Tile(), dirty);
    const [low, high] = whole.channelImages;
    expect(low!.sumOfWeights + high!.sumOfWeights).toBeCloseTo(whole.sumOfWeights, 2);
    const [a, b] = [low!, high!].map(part => part.sumOfWeights / whole.sumOfWeights) as [number, number];
    let worst = 0;
    whole.dirty.pixels.data.forEach((value, i) => {
      const sum = a * low!.dirty.pixels.data[i]! + b * high!.dirty.pixels.data[i]!;
      worst = Math.max(worst, Math.abs(value - sum));
    });
    expect(worst).toBeLessThan(1e-4 * rms(whole.dirty));
    const own = await imageGroup(dsa110Tile(), { ...dirty, weightDensity: 'image' });
    expect(own.channelImages[0]!.sumOfWeights).not.toBeCloseTo(low!.sumOfWeights, 2);
    expect(own.dirty.pixels.data).toEqual(whole.dirty.pixels.data);
  });

  it('say of which channels an error is', async () => {
    const coarse = {
      ...options,
      cellArcsec: 14,
      weighting: { scheme: 'briggs', robust: 0.7 },
      channelsOut: 2,
    } as const;
    await expect(imageGroup(dsa110Tile(), coarse)).rejects.toThrow(/^Channels \d+ up to \d+: .*smaller cell/);
  });

  it('refuse channels that are not there', async () => {
    for (const wrong of [
      { channelRange: [0, 33] },
      { channelsOut: 33 },
      { channelRange: [4, 8], channelsOut: 5 },
    ] as const)
      await expect(imageGroup(dsa110Tile(), { ...options, ...wrong })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    await expect(imageGroup(dsa110Tile(), { ...options, stokes: 'RR' })).rejects.toMatchObject({
      code: 'NO_VALID_DATA',
    });
    await expect(imageGroup(dsa110Tile(), { ...options, minUvWavelengths: 1e6 })).rejects.toMatchObject({
      code: 'NO_VALID_DATA',
    });
  });
});
