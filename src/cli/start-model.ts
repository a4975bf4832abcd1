import { fluxAt, readSkyModel } from '../calibration/index.js';
import { imagingDefaults } from '../imaging/index.js';
import type { StartSource } from '../imaging/index.js';
import { UsageError } from './exit-codes.js';

/**
 * Reads a catalogue as a start model: its fluxes, which hold at frequencies of their own, in the middle of the channels.
 * Where no frequency is given it is 1400 MHz, as in any sky model.
 *
 * @param spectralIndex - of sources that have none.
 * @throws {UsageError} a source is extended.
 */
export async function readStartModel(
  path: string,
  freqHz: ArrayLike<number>,
  spectralIndex: number = imagingDefaults.spectralIndex,
): Promise<StartSource[]> {
  const middleHz = Array.from(freqHz).reduce((sum, hz) => sum + hz, 0) / freqHz.length;
  return (await readSkyModel(path)).map(source => {
    const { raDeg, decDeg, name = `at ${raDeg}, ${decDeg}`, majorArcsec = 0 } = source;
    if (majorArcsec > 0)
      throw new UsageError(`--start-model: expected point sources but ${name} in ${path} is ${majorArcsec}" wide`);
    const index = source.spectralIndex ?? spectralIndex;
    return { raDeg, decDeg, fluxJy: fluxAt({ ...source, spectralIndex: index }, middleHz), spectralIndex: index };
  });
}
