import { checkBoolean, checkInteger, checkKnownOptions, checkNumber, checkText } from '../core/check.js';
import { dsa110 } from '../core/dsa110.js';
import { InvalidArgumentError } from '../core/errors.js';
import { threadCount, jobOptions } from '../core/job.js';
import { checkEarthOrientation, defaultEarthOrientation } from '../core/sky.js';
import type { EarthOrientation } from '../core/sky.js';
import type { PointSource, SimulationOptions } from './types.js';

/** What simulateObservation does unless told otherwise: one tile of the real array, with its real noise. */
export const simulationDefaults = Object.freeze({
  nTiles: 1,
  nAntennas: dsa110.nActiveAntennas,
  nChannels: dsa110.nChannelsPerSubband,
  nIntegrations: dsa110.nIntegrations,
  pointingDecDeg: 16.15,
  startTime: '2026-01-25T22:00:05',
  seed: 1,
  noise: 1,
  nSources: 12,
  gainError: 0,
  primaryBeam: true,
  nameJitterSec: 0,
  earthOrientation: defaultEarthOrientation,
});

/** A source with its default filled in. */
export type CompleteSource = PointSource & { readonly spectralIndex: number };

/** Options with every default filled in. */
export interface CheckedOptions {
  readonly folder: string;
  readonly nTiles: number;
  readonly nAntennas: number;
  readonly nChannels: number;
  readonly nIntegrations: number;
  readonly pointingDecDeg: number;
  readonly startTime: string;
  readonly seed: number;
  readonly noise: number;
  readonly sources: readonly CompleteSource[] | undefined;
  readonly nSources: number;
  readonly gainError: number;
  readonly primaryBeam: boolean;
  readonly nameJitterSec: number;
  readonly earthOrientation: EarthOrientation;
  readonly threads: number;
}

const known = ['folder', 'sources', ...jobOptions, ...Object.keys(simulationDefaults)];

/** @throws {InvalidArgumentError} the first option that is out of range, by name. */
export function checkSimulationOptions(options: SimulationOptions): CheckedOptions {
  checkKnownOptions(options, known);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const all = { ...simulationDefaults, ...(given as Partial<SimulationOptions>) };
  if (options.sources !== undefined && options.nSources !== undefined)
    throw new InvalidArgumentError('Expected either sources or nSources but received both');
  return {
    folder: checkText('folder', all.folder),
    nTiles: checkInteger('nTiles', all.nTiles, 1, 10_000),
    nAntennas: checkInteger('nAntennas', all.nAntennas, 2, dsa110.nActiveAntennas),
    nChannels: checkInteger('nChannels', all.nChannels, 1, 384),
    nIntegrations: checkInteger('nIntegrations', all.nIntegrations, 1, 1000),
    pointingDecDeg: checkNumber('pointingDecDeg', all.pointingDecDeg, -50, 89.9),
    startTime: checkText('startTime', all.startTime),
    seed: checkInteger('seed', all.seed, 0, 2 ** 32 - 1),
    noise: checkNumber('noise', all.noise, 0, 1e6),
    sources: all.sources && checkSources(all.sources),
    nSources: checkInteger('nSources', all.nSources, 0, 10_000),
    gainError: checkNumber('gainError', all.gainError, 0, 1),
    primaryBeam: checkBoolean('primaryBeam', all.primaryBeam),
    nameJitterSec: checkInteger('nameJitterSec', all.nameJitterSec, 0, 300),
    earthOrientation: checkEarthOrientation(all.earthOrientation),
    threads: threadCount(options),
  };
}

function checkSources(sources: readonly PointSource[]): CompleteSource[] {
  if (!Array.isArray(sources)) throw new InvalidArgumentError(`Expected sources to be an array of point sources`);
  return sources.map((source: PointSource, index) => ({
    raDeg: checkNumber(`sources[${index}].raDeg`, source.raDeg, -360, 720),
    decDeg: checkNumber(`sources[${index}].decDeg`, source.decDeg, -90, 90),
    fluxJy: checkNumber(`sources[${index}].fluxJy`, source.fluxJy, 0, 1e6),
    spectralIndex: checkNumber(`sources[${index}].spectralIndex`, source.spectralIndex ?? 0, -10, 10),
  }));
}
