import { addon } from '../core/addon.js';
import { fromRaw } from '../core/array.js';
import { checkBoolean, checkInteger, checkKnownOptions, checkNumber, checkText } from '../core/check.js';
import { dsa110 } from '../core/dsa110.js';
import type { JobOptions } from '../core/job.js';
import { runJob, threadCount, jobOptions } from '../core/job.js';
import type { MsChoice, SourceOptions, VisibilitySource } from '../core/source.js';
import { msChoiceOptions, toRawMsChoice, toRawSource } from '../core/source.js';
import { flagReasons, toRawFlags } from '../core/visibility-flags.js';
import type { FlagReason, VisibilityFlags } from '../core/visibility-flags.js';

export interface FlagOptions extends SourceOptions, JobOptions {
  /** @default true */
  readonly autocorrelations?: boolean | undefined;
  /** Antennas that look through another's dish. @default true */
  readonly shadowed?: boolean | undefined;
  /** Antennas that give zeros, or 20 times less or more power than most. @default true */
  readonly deadAntennas?: boolean | undefined;
  /** Interference, by SumThreshold on the array and on each baseline. @default true */
  readonly interference?: boolean | undefined;
  /** Channels at either end of each spectral window. @default 0 */
  readonly edgeChannels?: number | undefined;
  /** Of a single visibility, in sigma. @default 6 */
  readonly interferenceThresholdSigma?: number | undefined;
  /** Part of a stretch that may be good and is flagged with the rest. @default 0.1 */
  readonly eta?: number | undefined;
}

/** Defaults of flagging. */
export const flagDefaults = Object.freeze({
  autocorrelations: true,
  shadowed: true,
  deadAntennas: true,
  interference: true,
  edgeChannels: 0,
  interferenceThresholdSigma: 6,
  eta: 0.1,
  minSubbands: dsa110.minSubbands,
});

/** How much is flagged for one reason. */
export interface FlagCount {
  /** Visibilities with this reason, whatever others they have. */
  readonly visibilities: number;
  /** Of all. */
  readonly fraction: number;
}

/** What was flagged, and a report. */
export interface FlagReport extends VisibilityFlags {
  /** Visibilities in all, and those with any reason. */
  readonly nVisibilities: number;
  readonly nFlagged: number;
  readonly counts: Readonly<Record<FlagReason, FlagCount>>;
  /** Names. */
  readonly deadAntennas: readonly string[];
  readonly shadowedAntennas: readonly string[];
}

const knownOptions = [...Object.keys(flagDefaults), ...msChoiceOptions, ...['earthOrientation', ...jobOptions]];

/**
 * Finds the visibilities that are not to be used, and why. Nothing is changed: the flags go to `imageMs`, `imageGroup`
 * and `solveCalibration` as option `flags`, or into a MeasurementSet with `writeFlags`.
 *
 * The data are read twice. Memory: a byte per visibility, 170 MB for DSA-110, and 5 bytes per visibility of one
 * spectral window.
 *
 * @throws {InvalidArgumentError} an option out of range.
 * @example
 * const flags = await flagVisibilities('obs.ms', { edgeChannels: 2 });
 * flags.counts.interference.fraction; // 0.021
 * await writeFlags('obs.ms', flags);
 * @see docs/calibration.md#flagging
 */
export async function flagVisibilities(source: VisibilitySource, options: FlagOptions = {}): Promise<FlagReport> {
  checkKnownOptions(options, knownOptions);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const o = { ...flagDefaults, ...given } as typeof flagDefaults & FlagOptions;
  const task = {
    source: toRawSource(source, o),
    autocorrelations: checkBoolean('autocorrelations', o.autocorrelations),
    shadowed: checkBoolean('shadowed', o.shadowed),
    deadAntennas: checkBoolean('deadAntennas', o.deadAntennas),
    interference: checkBoolean('interference', o.interference),
    edgeChannels: checkInteger('edgeChannels', o.edgeChannels, 0),
    interferenceThresholdSigma: checkNumber('interferenceThresholdSigma', o.interferenceThresholdSigma, 3, 1000),
    eta: checkNumber('eta', o.eta, 0, 0.9),
    threads: threadCount(o),
  };
  const raw = await runJob(o, onProgress => addon().flagVisibilities(task, onProgress));
  return {
    reasons: fromRaw(raw.reasons),
    deadAntennas: raw.deadAntennas,
    shadowedAntennas: raw.shadowedAntennas,
    ...countsOf(raw.reasonCounts),
  };
}

/**
 * Writes flags into FLAG of a MeasurementSet, in place of those that are there.
 *
 * @param choice - that with which the flags were made.
 * @throws {MeasurementSetError} it cannot be read.
 * @throws {InvalidArgumentError} flags of another observation.
 */
export async function writeFlags(
  ms: string,
  flags: VisibilityFlags,
  choice: Omit<MsChoice, 'dataColumn'> & JobOptions = {},
): Promise<void> {
  const path = checkText('ms', ms);
  checkKnownOptions(choice, ['field', 'dataDescriptions', ...jobOptions]);
  const { fieldIds, fieldNames, dataDescriptions } = toRawMsChoice(choice);
  const reasons = toRawFlags(flags);
  await runJob(choice, () => addon().writeMsFlags({ path, reasons, fieldIds, fieldNames, dataDescriptions }));
}

/** Of how often each combination of reasons occurs. */
function countsOf(combinations: readonly number[]): Pick<FlagReport, 'nVisibilities' | 'nFlagged' | 'counts'> {
  const nVisibilities = combinations.reduce((sum, n) => sum + n, 0);
  const names = Object.keys(flagReasons) as FlagReason[];
  const counts = names.map(name => {
    const visibilities = combinations.reduce((sum, n, bits) => sum + (bits & flagReasons[name] ? n : 0), 0);
    return [name, { visibilities, fraction: visibilities / Math.max(1, nVisibilities) }];
  });
  return { nVisibilities, nFlagged: nVisibilities - combinations[0]!, counts: Object.fromEntries(counts) };
}
