import { readText } from '../core/read-text.js';
import { readSkyModel } from './sky-model.js';
import type { SkySource } from './types.js';
import { readVlaCalibrators, toSkySource } from './vla-calibrators.js';

/** Sources that may serve as calibrators, and those that may not. */
export interface CalibratorCatalogue {
  readonly sources: readonly SkySource[];
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Reads a catalogue of calibrators: CSV as `readSkyModel` takes it, or the format of the VLA calibrator list.
 *
 * Entries of that list without a flux at 20 cm are left out, and those that it calls unfit for its C array, the smallest
 * one with all baselines of DSA-110. In CSV a missing flux is an error.
 *
 * @throws {FileAccessError} it cannot be read.
 * @throws {InvalidArgumentError} it is in neither format, or something is wrong with it.
 */
export async function readCalibrators(path: string): Promise<CalibratorCatalogue> {
  if (await isCsv(path)) return { sources: await readSkyModel(path), leftOut: [] };
  const calibrators = await readVlaCalibrators(path);
  const sources: SkySource[] = [];
  const leftOut: { name: string; reason: string }[] = [];
  for (const calibrator of calibrators) {
    const { name, bands } = calibrator;
    if (bands['L'] === undefined) leftOut.push({ name, reason: 'It has no flux at 20 cm' });
    else if (bands['L'].quality.C === 'X')
      leftOut.push({ name, reason: 'It is not to be used at 20 cm with baselines up to 3.4 km' });
    else sources.push(toSkySource(calibrator));
  }
  return { sources, leftOut };
}

/** Whether the first line that says anything names columns. */
async function isCsv(path: string): Promise<boolean> {
  const text = await readText(path);
  const first = text.split(/\r?\n/).find(line => line.trim() !== '' && !line.startsWith('#'));
  return first?.includes(',') === true && !first.includes('EQUINOX');
}
