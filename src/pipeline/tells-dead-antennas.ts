import type { CalibrationQuality } from '../calibration/index.js';

/** Of the median solution: below, nothing is said of single antennas. */
const leastSnr = 10;
/** Where more antennas than that get no solution, it is the model that is wrong, not they. */
const mostUnsolved = 0.25;

/** Whether antennas without a solution are dead, where others are solved so well; or the sky may be too faint for them. */
export function tellsDeadAntennas({ medianSnr, nAntennas, deadAntennas }: CalibrationQuality): boolean {
  return medianSnr >= leastSnr && deadAntennas.length <= mostUnsolved * nAntennas;
}
