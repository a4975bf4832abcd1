import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { checkText } from '../core/check.js';
import { isPipelineError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import type { Antenna, Observation } from '../core/observation.js';
import { readCalibrationTable } from './calibration-tables.js';

export type CalibrationRule =
  'READABLE' | 'ANTENNAS' | 'POSITIONS' | 'REFERENCE' | 'FREQUENCIES' | 'CHANNELS' | 'POLARIZATIONS' | 'TELESCOPE';

/** A rule that a calibration breaks, with its numbers. */
export interface CalibrationFault {
  readonly rule: CalibrationRule;
  /** Whether it must not be applied, or only leaves something of the data flagged. */
  readonly severity: 'error' | 'warning';
  /** One sentence, with what was found and what is expected. */
  readonly message: string;
}

/** Of what a calibration must be: `describeSource` gives it. What is absent is not looked at. */
export type CalibrationTarget = Partial<
  Pick<Observation, 'antennas' | 'antenna1' | 'antenna2' | 'freqHz' | 'channelWidthHz' | 'polarizations'>
> & { readonly telescopeName?: string };

/** How far an antenna of the same name may stand from where it stood. */
const maxShiftMeters = 1;
/** How far the centers of channels of equal width may be apart, in widths. */
const maxChannelOffset = 0.02;

/**
 * Finds everything that is wrong with a calibration table, by itself and for an observation that it is to be applied to.
 *
 * @param target - antennas, frequencies, polarizations of the observation; without them only the table is looked at.
 * @returns the rules that are broken, none for a good table. One that cannot be read breaks `READABLE` alone, for the
 *   first reason that is found.
 * @example
 * const faults = await checkCalibrationTable('2026-01-25.b', await describeSource('obs.ms'));
 * if (faults.some(({ severity }) => severity === 'error')) throw new Error(faults[0].message);
 */
export async function checkCalibrationTable(
  path: string,
  target: CalibrationTarget = {},
  options: JobOptions = {},
): Promise<CalibrationFault[]> {
  checkText('path', path);
  try {
    return findCalibrationFaults(await readCalibrationTable(path, options), target);
  } catch (error) {
    if (!isPipelineError(error, 'CALIBRATION_TABLE', 'FILE_ACCESS')) throw error;
    return [{ rule: 'READABLE', severity: 'error', message: error.message }];
  }
}

/** Finds everything that is wrong with solutions, as `checkCalibrationTable` does with a table. */
export function findCalibrationFaults(
  solutions: CalibrationSolutions,
  target: CalibrationTarget = {},
): CalibrationFault[] {
  return [
    ...referenceFaults(solutions),
    ...telescopeFaults(solutions, target),
    ...antennaFaults(solutions, target),
    ...oneWindowFaults(solutions),
    ...frequencyFaults(solutions, target),
    ...polarizationFaults(solutions, target),
  ];
}

const fault = (rule: CalibrationRule, severity: CalibrationFault['severity'], message: string): CalibrationFault[] => [
  { rule, severity, message },
];

function referenceFaults(solutions: CalibrationSolutions): CalibrationFault[] {
  const { refAnt } = solutions;
  if (refAnt === undefined || antennasWithSolutions(solutions).has(refAnt)) return [];
  return fault('REFERENCE', 'error', `The reference antenna ${refAnt} has no solution itself`);
}

function telescopeFaults({ telescopeName }: CalibrationSolutions, target: CalibrationTarget): CalibrationFault[] {
  const { telescopeName: expected } = target;
  if (expected === undefined || expected === telescopeName) return [];
  return fault('TELESCOPE', 'error', `The telescope is ${expected}; the solutions are of ${telescopeName || 'none'}`);
}

function antennaFaults(solutions: CalibrationSolutions, target: CalibrationTarget): CalibrationFault[] {
  const observed = observedAntennas(target);
  if (observed.length === 0) return [];
  const solved = antennasWithSolutions(solutions);
  const missing = observed.filter(({ name }) => !solved.has(name)).map(({ name }) => name);
  const found = `${missing.length} of the ${observed.length} antennas with data have no solution`;
  const places = new Map(solutions.antennas.map(({ name, positionMeters }) => [name, positionMeters]));
  const moved = observed.flatMap(({ name, positionMeters }) => {
    const before = places.get(name);
    const shift = before && Math.hypot(...positionMeters.map((x, axis) => x - before[axis]!));
    return shift !== undefined && shift > maxShiftMeters ? [`${name} by ${shift.toFixed(1)} m`] : [];
  });
  return [
    ...(missing.length === observed.length ? fault('ANTENNAS', 'error', found) : []),
    ...(missing.length > 0 && missing.length < observed.length
      ? fault('ANTENNAS', 'warning', `${found}: ${listOf(missing)}`)
      : []),
    ...(moved.length > 0
      ? fault('POSITIONS', 'error', `${moved.length} antennas stand elsewhere than when solved: ${listOf(moved)}`)
      : []),
  ];
}

function frequencyFaults(solutions: CalibrationSolutions, target: CalibrationTarget): CalibrationFault[] {
  const { freqHz, channelWidthHz } = target;
  if (freqHz === undefined || freqHz.length === 0) return [];
  let [uncovered, offGrid, worst] = [0, 0, 0];
  for (const [k, hz] of freqHz.entries()) {
    const band = bandOf(solutions, hz);
    if (band === undefined) {
      uncovered++;
      continue;
    }
    const width = solutions.widthHz[band]!;
    const alike = channelWidthHz !== undefined && Math.abs(width / channelWidthHz[k]! - 1) < 0.01;
    const offset = Math.abs(solutions.freqHz[band]! - hz);
    if (solutions.term !== 'bandpass' || !alike || offset <= maxChannelOffset * width) continue;
    offGrid++;
    worst = Math.max(worst, offset);
  }
  const megahertz = (hz: number) => (hz / 1e6).toFixed(3);
  const bands = solutions.freqHz.map((hz, k) => [hz - solutions.widthHz[k]! / 2, hz + solutions.widthHz[k]! / 2]);
  const range = `the solutions are for ${megahertz(bands[0]![0]!)} to ${megahertz(bands.at(-1)![1]!)} MHz`;
  const what = `${uncovered} of ${freqHz.length} channels, ${megahertz(freqHz[0]!)} to ${megahertz(freqHz.at(-1)!)} MHz, have no solution: ${range}`;
  return [
    ...(uncovered > 0 ? fault('FREQUENCIES', uncovered === freqHz.length ? 'error' : 'warning', what) : []),
    ...(offGrid > 0
      ? fault(
          'CHANNELS',
          'error',
          `The centers of ${offGrid} channels are up to ${(worst / 1e3).toFixed(1)} kHz beside those solved for`,
        )
      : []),
  ];
}

function oneWindowFaults({ fromOneSpw }: CalibrationSolutions): CalibrationFault[] {
  const message =
    'Only one of the spectral windows of the table has solutions: they are taken for all channels, as with spwmap in CASA';
  return fromOneSpw ? fault('FREQUENCIES', 'warning', message) : [];
}

function polarizationFaults(solutions: CalibrationSolutions, target: CalibrationTarget): CalibrationFault[] {
  const alike = (target.polarizations ?? []).filter(code => [-1, -2, -5, -6].includes(code));
  const missing = alike.filter(code => !solutions.polarizations.includes(code));
  if (missing.length === 0) return [];
  const [found, expected] = [solutions.polarizations.join(', '), missing.join(', ')];
  return fault('POLARIZATIONS', 'error', `Polarizations ${expected} (AIPS codes) have no solution, only ${found} have`);
}

/** The band that holds a frequency, as applying finds it. */
function bandOf({ freqHz, widthHz }: CalibrationSolutions, hz: number): number | undefined {
  let best: number | undefined;
  for (const [band, center] of freqHz.entries()) {
    const distance = Math.abs(center - hz);
    if (distance <= widthHz[band]! / 2 + 1 && (best === undefined || distance < Math.abs(freqHz[best]! - hz)))
      best = band;
  }
  return best;
}

/** Antennas that have rows, where rows are known; all otherwise. */
function observedAntennas({ antennas = [], antenna1, antenna2 }: CalibrationTarget): readonly Antenna[] {
  if (antenna1 === undefined || antenna2 === undefined) return antennas;
  const used = new Set<number>();
  for (const indices of [antenna1, antenna2]) for (const index of indices) used.add(index);
  return antennas.filter((_, index) => used.has(index));
}

/** Names of antennas with at least one good solution. */
export function antennasWithSolutions({ antennaNames, flags }: CalibrationSolutions): Set<string> {
  const [nTimes, nAnts, nFreqs, nPols] = flags.shape as [number, number, number, number];
  const perAntenna = nFreqs * nPols;
  const good = antennaNames.filter((_, antenna) => {
    for (let time = 0; time < nTimes; time++) {
      const first = (time * nAnts + antenna) * perAntenna;
      if (flags.data.subarray(first, first + perAntenna).includes(0)) return true;
    }
    return false;
  });
  return new Set(good);
}

function listOf(names: readonly string[]): string {
  return names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')} and ${names.length - 12} more`;
}
