import type { RawMs } from '../../bindings/addon.js';
import { addon } from '../core/addon.js';
import { fromRaw } from '../core/array.js';
import { checkInteger, checkKnownOptions, checkText } from '../core/check.js';
import type { JobOptions } from '../core/job.js';
import { runJob, jobOptions } from '../core/job.js';
import { toObservationRows, toObservationSetup } from '../core/observation.js';
import { fromRawDirection } from '../core/sky.js';
import type { MsChoice } from '../core/source.js';
import { msChoiceOptions, toRawMsChoice } from '../core/source.js';
import type { MeasurementSet, MsData } from './types.js';

/** Which part of a MeasurementSet to read; counts reach to the end unless given. */
export interface MsSelection extends MsChoice {
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
 * @throws {InvalidArgumentError} a field or a data description that it does not have.
 * @throws {MeasurementSetError} it is not a MeasurementSet or is damaged; or it has several fields, polarization set-ups
 *   or overlapping spectral windows, which the message lists, and none was chosen.
 * @example
 * const ms = await describeMs('obs.ms', { field: '3C286', dataDescriptions: [0, 1] });
 */
export async function describeMs(path: string, options: MsChoice & JobOptions = {}): Promise<MeasurementSet> {
  checkText('path', path);
  checkKnownOptions(options, [...msChoiceOptions, ...jobOptions]);
  const choice = toRawMsChoice(options);
  return toMeasurementSet(path, await runJob(options, () => addon().describeMs({ path, ...choice })));
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
  checkKnownOptions(selection, [...[...msChoiceOptions, 'firstTime', 'nTimes', 'firstSpw', 'nSpws'], ...jobOptions]);
  const { firstTime = 0, nTimes, firstSpw = 0, nSpws } = selection;
  const raw = await runJob(selection, onProgress =>
    addon().readMs(
      {
        path,
        ...toRawMsChoice(selection),
        firstTime: checkInteger('firstTime', firstTime, 0),
        nTimes: nTimes === undefined ? undefined : checkInteger('nTimes', nTimes, 1),
        firstSpw: checkInteger('firstSpw', firstSpw, 0),
        nSpws: nSpws === undefined ? undefined : checkInteger('nSpws', nSpws, 1),
      },
      onProgress,
    ),
  );
  return {
    ...toMeasurementSet(path, raw),
    ...toObservationRows(raw.observation),
    visibilities: fromRaw(raw.visibilities),
    flags: fromRaw(raw.flags),
    weights: fromRaw(raw.weights),
  };
}

function toMeasurementSet(path: string, { nRows, fields, fieldOfTime, observation }: RawMs): MeasurementSet {
  return {
    ...toObservationSetup(observation),
    path,
    nRows,
    nTimes: observation.timeMjdSec.data.length,
    nSpws: observation.spwFirstChannel.length,
    nFreqs: observation.freqHz.data.length,
    nPols: observation.polarizations.length,
    fields: fields.map(({ name, center }) => ({ name, center: fromRawDirection(center) })),
    fieldOfTime,
  };
}
