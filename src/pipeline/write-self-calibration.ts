import { writeCalibrationTable } from '../calibration/index.js';
import { checkAbsent } from './check-absent.js';
import type { SelfCalibration } from './self-calibrate.js';
import { checkTileImagesAbsent, writeTileImages } from './write-tile-images.js';

/** The ends of the names of tables. */
const ends = { phases: '-phase.g', amplitudes: '-amplitude.g' } as const;

/**
 * Writes what self-calibration came to: the images as `writeTileImages` does, and the solutions that were accepted as
 * tables `NAME-phase.g` and `NAME-amplitude.g`.
 *
 * @returns the paths.
 * @throws {OutputExistsError} a file or table is there already.
 */
export async function writeSelfCalibration(
  name: string,
  { solutions, tile, before, after }: SelfCalibration,
): Promise<{ tables: string[]; images: string[] }> {
  const tables: string[] = [];
  const [from, to] = [before, after].map(({ dynamicRange }) => dynamicRange.toPrecision(4));
  const provenance = [`self-calibration: dynamic range from ${from} to ${to}`];
  for (const one of solutions) {
    const path = `${name}${one.phaseOnly ? ends.phases : ends.amplitudes}`;
    await writeCalibrationTable(path, one, provenance);
    tables.push(path);
  }
  return { tables, images: await writeTileImages(name, tile) };
}

/**
 * Refuses a name under which tables or images exist, before any work is done.
 *
 * @throws {OutputExistsError}
 */
export async function checkSelfCalibrationAbsent(name: string): Promise<void> {
  const tables = Object.values(ends).map(end => name + end);
  await checkAbsent(tables, 'table');
  await checkTileImagesAbsent(name);
}
