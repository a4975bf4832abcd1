import type { RawMs } from '../../bindings/addon.js';
import { addon } from '../core/addon.js';
import { fromRaw } from '../core/array.js';
import { checkInteger, checkKnownOptions, checkOneOf, checkText } from '../core/check.js';
import type { JobOptions } from '../core/job.js';
import { runJob } from '../core/job.js';
import { fromRawDirection } from '../core/sky.js';
import type { MeasurementSet, MsData } from './types.js';

/** Which part of a MeasurementSet to read; counts reach to the end unless given. */
export interface MsSelection {
  /** @default DATA */
  readonly dataColumn?: 'DATA' | 'CORRECTED_DATA' | 'MODEL_DATA' | undefined;
  /** First integration. @default 0 */
  readonly firstTime?: number | undefined;
  readonly nTimes?: number | undefined;
  /** First spectral window, in ascending frequency. @default 0 */
  readonly firstSpw?: number | undefined;
  readonly nSpws?: number | undefined;
}

/**
 * Describes a MeasurementSet without reading its visibilities.
 *
 * @throws {FileAccessError} nothing is there.
 * @throws {MeasurementSetError} it is not a MeasurementSet, is damaged, or has more than one set-up.
 */
export async function describeMs(path: string, options: JobOptions = {}): Promise<MeasurementSet> {
  checkText('path', path);
  return toMeasurementSet(path, await runJob(options, () => addon().describeMs({ path })));
}

/**
 * Reads visibilities, flags, weights and uvw of a MeasurementSet into memory.
 *
 * A full DSA-110 observation takes 2.3 GB: select integrations or spectral windows.
 *
 * @throws {InvalidArgumentError} a selection of nothing.
 * @throws as {@link describeMs}.
 * @example
 * const data = await readMs('obs.ms', { firstSpw: 3, nSpws: 1 });
 * data.visibilities.get(row, channel, pol, 0); // the real part
 */
export async function readMs(path: string, selection: MsSelection & JobOptions = {}): Promise<MsData> {
  checkText('path', path);
  checkKnownOptions(selection, [
    ...['dataColumn', 'firstTime', 'nTimes', 'firstSpw', 'nSpws'],
    ...['signal', 'onProgress', 'threads'],
  ]);
  const { dataColumn = 'DATA', firstTime = 0, nTimes, firstSpw = 0, nSpws } = selection;
  const raw = await runJob(selection, onProgress =>
    addon().readMs(
      {
        path,
        dataColumn: checkOneOf('dataColumn', dataColumn, ['DATA', 'CORRECTED_DATA', 'MODEL_DATA']),
        firstTime: checkInteger('firstTime', firstTime, 0),
        nTimes: nTimes === undefined ? undefined : checkInteger('nTimes', nTimes, 1),
        firstSpw: checkInteger('firstSpw', firstSpw, 0),
        nSpws: nSpws === undefined ? undefined : checkInteger('nSpws', nSpws, 1),
      },
      onProgress,
    ),
  );
  const { observation } = raw;
  return {
    ...toMeasurementSet(path, raw),
    visibilities: fromRaw(raw.visibilities),
    flags: fromRaw(raw.flags),
    weights: fromRaw(raw.weights),
    uvwMeters: fromRaw(observation.uvwMeters),
    timeIndex: observation.timeIndex.data,
    antenna1: observation.antenna1.data,
    antenna2: observation.antenna2.data,
  };
}

const degree = Math.PI / 180;

function toMeasurementSet(path: string, { nRows, fields, fieldOfTime, observation }: RawMs): MeasurementSet {
  const { site } = observation;
  return {
    path,
    nRows,
    nTimes: observation.timeMjdSec.data.length,
    nSpws: observation.spwFirstChannel.length,
    nFreqs: observation.freqHz.data.length,
    nPols: observation.polarizations.length,
    telescopeName: observation.telescopeName,
    site: {
      longitudeDeg: site.longitudeRad / degree,
      latitudeDeg: site.latitudeRad / degree,
      heightMeters: site.heightMeters,
    },
    antennas: observation.antennas,
    fields: fields.map(({ name, center }) => ({ name, center: fromRawDirection(center) })),
    fieldOfTime,
    timeMjdSec: observation.timeMjdSec.data,
    integrationSec: observation.integrationSec.data,
    pointings: observation.pointings.map(fromRawDirection),
    freqHz: observation.freqHz.data,
    channelWidthHz: observation.channelWidthHz.data,
    spwFirstChannel: observation.spwFirstChannel,
    polarizations: observation.polarizations,
    history: observation.history,
  };
}
