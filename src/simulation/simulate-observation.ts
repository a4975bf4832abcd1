import { existsSync } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { addon } from '../core/addon.js';
import type { RawArray } from '../core/array.js';
import { dsa110 } from '../core/dsa110.js';
import { DiskFullError, FileAccessError, OutputExistsError } from '../core/errors.js';
import { runJob } from '../core/job.js';
import { makeFolder } from '../core/make-folder.js';
import { toRawDirection, toRawSite } from '../core/sky.js';
import { dsa110Pads, spreadPads } from './dsa110-pads.js';
import { laterStamp, observingSchedule } from './observing-schedule.js';
import type { TileSchedule } from './observing-schedule.js';
import { randomGains } from './random-gains.js';
import type { Gains } from './random-gains.js';
import { randomSky } from './random-sky.js';
import { randomStream } from './random-stream.js';
import { checkSimulationOptions } from './simulation-options.js';
import type { CheckedOptions } from './simulation-options.js';
import type { Simulation, SimulationOptions, SimulationTruth } from './types.js';

const referenceHz = 1405e6;
const degree = Math.PI / 180;

/**
 * Simulates an observation: writes the UVH5 files that DSA-110 would write of a known sky, and `truth.json` beside
 * them.
 *
 * Per tile come 16 subband files `YYYY-MM-DDTHH:MM:SS_sbNN.hdf5`, laid out as the correlator's writer does, with an Airy
 * primary beam, thermal noise and, on request, gain errors. A full-size tile has 2.3 GB. Each file appears
 * under its name when it is complete; when the call fails or is aborted, none of its files stays.
 *
 * @returns paths of the files and what is in them.
 * @throws {InvalidArgumentError} an option out of range.
 * @throws {OutputExistsError} one of the files exists already.
 * @throws {DiskFullError} @throws {FileAccessError} the folder cannot be written.
 * @example
 * const { files, truth } = await simulateObservation({ folder: 'incoming', nAntennas: 24, nChannels: 4 });
 */
export async function simulateObservation(options: SimulationOptions): Promise<Simulation> {
  const checked = checkSimulationOptions(options);
  const schedule = observingSchedule(checked);
  const truth = describeTruth(checked, schedule);
  const tiles = fileNames(checked, schedule);
  const files = tiles.flat();
  const truthPath = resolve(checked.folder, 'truth.json');

  options.signal?.throwIfAborted();
  await makeOutput(checked.folder);
  for (const path of [...files, truthPath]) refuseExisting(path);

  const written: string[] = [];
  try {
    for (const [tile, paths] of tiles.entries()) {
      const raw = rawTile(checked, truth, schedule[tile]!, tile, paths);
      const report = (fraction: number) => options.onProgress?.((tile + fraction) / tiles.length);
      const part = { signal: options.signal, onProgress: options.onProgress && report };
      await runJob(part, onProgress => addon().simulateTile(raw, onProgress));
      written.push(...paths);
    }
    options.signal?.throwIfAborted();
    await writeTruth(truthPath, truth);
  } catch (error) {
    await Promise.all(written.map(path => rm(path, { force: true })));
    throw error;
  }
  return { files, truth, truthPath };
}

function describeTruth(options: CheckedOptions, schedule: readonly TileSchedule[]): SimulationTruth {
  const pads = spreadPads(options.nAntennas);
  const { widthHz, freqHz } = channels(options.nChannels);
  const sources = options.sources ?? randomSky(options.nSources, schedule, options.seed);
  const perVisibility = Math.sqrt(2 * widthHz * dsa110.integrationSec);
  return {
    pointing_dec_deg: options.pointingDecDeg,
    reference_hz: referenceHz,
    sources: sources.map(source => ({
      ra_deg: source.raDeg,
      dec_deg: source.decDeg,
      flux_jy: source.fluxJy,
      spectral_index: source.spectralIndex,
    })),
    beam: options.primaryBeam,
    noise_sigma_jy: (options.noise * dsa110.sefdJy) / dsa110.systemEfficiency / perVisibility,
    raw_scale: 1,
    antennas: pads,
    dead_pads: [],
    swapped_pads: [],
    integration_s: dsa110.integrationSec,
    freq_hz: freqHz,
    earth_orientation: options.earthOrientation,
    seed: options.seed,
    tiles: schedule.map(tile => ({
      missing_subbands: [],
      rfi_cells: [],
      stamp: tile.stamp,
      time_array_0_jd: tile.timesJd[0]!,
      meridian_icrs_deg: tile.meridian.map(({ raDeg, decDeg }) => [raDeg, decDeg] as const),
    })),
    gains: options.gainError > 0 ? randomGains(pads, freqHz, options.nChannels, options.gainError, options.seed) : null,
  };
}

/** Channels of all subbands over the real band, descending. */
function channels(nChannels: number): { widthHz: number; freqHz: number[] } {
  const { channelWidthHz, nChannelsPerSubband, nSubbands, topChannelHz } = dsa110;
  const widthHz = (channelWidthHz * nChannelsPerSubband) / nChannels;
  const topHz = topChannelHz + channelWidthHz / 2 - widthHz / 2;
  return { widthHz, freqHz: Array.from({ length: nSubbands * nChannels }, (_, i) => topHz - widthHz * i) };
}

/** Absolute paths, per tile and subband. */
function fileNames(options: CheckedOptions, schedule: readonly TileSchedule[]): string[][] {
  const random = randomStream(options.seed, 'names');
  return schedule.map(({ stamp }) =>
    Array.from({ length: dsa110.nSubbands }, (_, subband) => {
      const late = Math.floor(random.uniform(0, options.nameJitterSec + 1));
      return resolve(options.folder, `${laterStamp(stamp, late)}_sb${String(subband).padStart(2, '0')}.hdf5`);
    }),
  );
}

function rawTile(
  options: CheckedOptions,
  truth: SimulationTruth,
  schedule: TileSchedule,
  tile: number,
  paths: readonly string[],
): Parameters<ReturnType<typeof addon>['simulateTile']>[0] {
  return {
    paths,
    telescopeName: dsa110.telescopeName,
    site: toRawSite(dsa110.site),
    earthOrientation: options.earthOrientation,
    pointingDecRad: options.pointingDecDeg * degree,
    pads: dsa110Pads.map(pad => ({ site: toRawSite(pad) })),
    activePads: truth.antennas,
    dishDiameterMeters: dsa110.dishDiameterMeters,
    primaryBeam: options.primaryBeam,
    timesJd: schedule.timesJd,
    timesMjdSec: schedule.timesMjdSec,
    integrationSec: dsa110.integrationSec,
    firstChannelHz: truth.freq_hz[0]!,
    channelWidthHz: channels(options.nChannels).widthHz,
    nChannelsPerSubband: options.nChannels,
    sources: truth.sources.map(source => ({
      direction: toRawDirection({ raDeg: source.ra_deg, decDeg: source.dec_deg }),
      fluxJy: source.flux_jy,
      spectralIndex: source.spectral_index,
    })),
    referenceHz,
    ...(truth.gains && { gains: rawGains(truth.gains) }),
    noiseSigmaJy: truth.noise_sigma_jy,
    seed: options.seed,
    tile,
    threads: options.threads,
  };
}

function rawGains({ shape, real, imag }: Gains): RawArray<Float64Array> {
  const data = new Float64Array(2 * real.length);
  for (let i = 0; i < real.length; i++) {
    data[2 * i] = real[i]!;
    data[2 * i + 1] = imag[i]!;
  }
  return { data, shape: [...shape, 2] };
}

function refuseExisting(path: string): void {
  if (existsSync(path)) {
    throw new OutputExistsError(path, `Expected no file at ${path}, but there is one. Choose an empty folder`);
  }
}

async function makeOutput(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (cause) {
    throw fileError(folder, `Cannot make the folder ${folder}`, cause);
  }
}

/** Complete under its name or not at all. */
async function writeTruth(path: string, truth: SimulationTruth): Promise<void> {
  const temporary = join(path, '..', `.truth.json.${process.pid}.part`);
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(JSON.stringify(truth, null, 1));
      await file.sync();
    } finally {
      await file.close();
    }
    await link(temporary, path);
  } catch (cause) {
    throw fileError(path, `Cannot write ${path}`, cause);
  } finally {
    await rm(temporary, { force: true });
  }
}

function fileError(path: string, message: string, cause: unknown): Error {
  const { code } = cause as NodeJS.ErrnoException;
  const explained = `${message}: ${(cause as Error).message}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DiskFullError(path, `${explained}. Free space or write elsewhere`, { cause });
  }
  if (code === 'EEXIST') return new OutputExistsError(path, explained, { cause });
  return new FileAccessError(path, explained, { cause });
}
