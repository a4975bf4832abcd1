import { writeFile } from 'node:fs/promises';

import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { fromFileSystem } from '../core/file-errors.js';
import type { VisibilityFlags } from '../core/visibility-flags.js';
import { calibrationQuantitiesOf, renderCalibration, renderFlags } from '../plots/index.js';
import type { FlaggedObservation } from '../plots/index.js';

/**
 * Draws a calibration set for the eye: `NAME-bandpass-amplitude.png` and `-phase` for each of its terms, and the flags that
 * were left out in solving, `NAME-flags.png`. Pictures that exist are replaced.
 *
 * @param terms - solutions, and what the file names call them.
 * @returns the paths.
 * @throws {FileAccessError} the folder is missing or forbidden.
 * @throws {DiskFullError} there is no room for them.
 */
export async function writeCalibrationPictures(
  name: string,
  terms: readonly { readonly title: string; readonly solutions: CalibrationSolutions }[],
  flags: VisibilityFlags | undefined,
  observation: FlaggedObservation,
): Promise<string[]> {
  const pictures: [path: string, png: Buffer][] = terms.flatMap(({ title, solutions }) =>
    calibrationQuantitiesOf(solutions).map((quantity): [string, Buffer] => {
      const what = title === quantity ? quantity : `${title}-${quantity}`;
      return [`${name}-${what}.png`, renderCalibration(solutions, { quantity })];
    }),
  );
  if (flags) pictures.push([`${name}-flags.png`, renderFlags(flags, observation)]);
  for (const [path, png] of pictures)
    await writeFile(path, png).catch((error: unknown) => {
      throw fromFileSystem(path, error);
    });
  return pictures.map(([path]) => path);
}
