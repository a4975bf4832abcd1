import { basename } from 'node:path';

import {
  amplitudeChange,
  checkModelFlux,
  findCalibrationFaults,
  findCalibrationProblems,
  findChangeProblems,
  findingsOf,
  flagVisibilities,
  measureCalibration,
  readCalibrationTable,
  solveCalibration,
  solveDefaults,
  writeCalibrationTable,
} from '../calibration/index.js';
import type { CalibrationQuality, FlagReport, ObservationFinding } from '../calibration/index.js';
import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import type { JobOptions } from '../core/job.js';
import type { Observation } from '../core/observation.js';
import type { SourceOptions, VisibilitySource } from '../core/source.js';
import { describeSource } from '../uvh5/index.js';
import { swappedSince } from './borrowed-solutions.js';
import { solveOptionsOf } from './calibration-config.js';
import type { CheckedCalibration, FlaggingConfig, SetTerm } from './calibration-config.js';
import { checkAbsent } from './check-absent.js';
import type { EarlierSet } from './earlier-set.js';
import { partsOf } from './job-parts.js';
import { tellsDeadAntennas } from './tells-dead-antennas.js';
import { writeCalibrationPictures } from './write-calibration-pictures.js';

/** Calibration tables of one observation, and how good they are. */
export interface MadeCalibrationSet {
  /** In the order in which they are applied. */
  readonly tables: readonly {
    readonly path: string;
    readonly term: SetTerm;
    readonly quality: CalibrationQuality;
  }[];
  /** Paths of PNG files: solutions by antenna, and flags. */
  readonly pictures: readonly string[];
  /** As they were read back. */
  readonly solutions: readonly CalibrationSolutions[];
  readonly refAnt: string;
  readonly midTimeMjdSec: number;
  /** Why they are not fit to be applied elsewhere, one sentence each; empty for good ones. */
  readonly problems: readonly string[];
  /** What is wrong with the observation, whether or not it was solved in spite of it. */
  readonly findings: readonly ObservationFinding[];
  readonly flags: FlagReport | undefined;
}

/** Of a model, in a table's HISTORY. */
const namedSources = 8;

/** The ends of the names of tables. */
const tableEnds: Record<SetTerm, string> = { delay: 'k', bandpass: 'b', phase: 'p', gain: 'g' };

export interface CalibrationSetOptions extends Omit<CheckedCalibration, 'validHours' | 'maxDecOffsetDeg'> {
  readonly source?: SourceOptions | undefined;
  readonly flagging?: FlaggingConfig | undefined;
  /** What `describeSource` gives, where it is known already. */
  readonly observation?: Observation | undefined;
  /** With this the solutions are compared, to find antennas whose feeds were exchanged since. */
  readonly earlier?: EarlierSet | undefined;
}

/**
 * Flags and solves an observation, writes the tables `NAME.k`, `.b`, `.p` and `.g`, reads them back and passes them through the
 * checks and the gate. Whether they are fit is said by `problems`; nothing is thrown for it. Pictures stand beside them.
 *
 * @throws {InvalidArgumentError} too little of the model's flux is in the beam.
 * @throws {NoValidDataError} not one solution.
 * @throws {OutputExistsError} a table is there already.
 */
export async function makeCalibrationSet(
  name: string,
  source: VisibilitySource,
  options: CalibrationSetOptions,
  job: JobOptions = {},
): Promise<MadeCalibrationSet> {
  const { model, minFluxJy, terms, limits, source: reading = {}, flagging, earlier } = options;
  const observation = options.observation ?? (await describeSource(source, { ...reading, signal: job.signal }));
  checkModelFlux(observation, model, minFluxJy);
  const paths = terms.map(term => `${name}.${tableEnds[term]}`);
  await checkAbsent(paths, 'calibration table');
  const part = partsOf(job, terms.length + (flagging ? 1 : 0));
  const flags = flagging && (await flagVisibilities(source, { ...reading, ...flagging, ...part() }));
  const solved: CalibrationSolutions[] = [];
  for (const term of terms) {
    const refAnt = options.refAnt ?? solved[0]?.refAnt;
    const solving = { ...reading, ...solveOptionsOf(term, options), flags, refAnt, prior: solved };
    solved.push(await solveCalibration(source, model, { ...solving, ...part() }));
  }
  const tables: MadeCalibrationSet['tables'][number][] = [];
  const solutions: CalibrationSolutions[] = [];
  const problems: string[] = [];
  for (const [i, one] of solved.entries()) {
    const term = terms[i]!;
    const path = paths[i]!;
    await writeCalibrationTable(path, one, provenanceOf(term, options, flags), { msName: nameOf(source) });
    const read = await readCalibrationTable(path);
    const quality = measureCalibration(one);
    const faults = findCalibrationFaults(read, observation).filter(({ severity }) => severity === 'error');
    const found = [
      ...faults.map(({ message }) => message),
      ...readingProblems(one, read),
      ...findCalibrationProblems(quality, limits),
    ];
    problems.push(...found.map(problem => `${term}: ${problem}`));
    tables.push({ path, term, quality });
    solutions.push(read);
  }
  const times = observation.timeMjdSec;
  const midTimeMjdSec = (times[0]! + times.at(-1)!) / 2;
  if (earlier && midTimeMjdSec <= earlier.validToMjdSec)
    problems.push(...findChangeProblems(amplitudeChange(earlier.solutions, solved), earlier.id, limits));
  const drawn = solved.map((one, i) => ({ title: terms[i]!, solutions: one }));
  const pictures = await writeCalibrationPictures(name, drawn, flags, observation);
  const unsolved = tables.flatMap(({ quality }) => quality.deadAntennas);
  const decided = problems.length === 0 && tables.every(({ quality }) => tellsDeadAntennas(quality));
  const findings = findingsOf({
    ...{ flags, observation, ...(decided ? { unsolvedAntennas: unsolved } : { undecidedAntennas: unsolved }) },
    ...{ swapped: earlier && swappedSince(earlier.solutions, solutions), swappedAgainst: earlier?.id },
  });
  return {
    tables,
    pictures,
    solutions,
    refAnt: solved[0]!.refAnt!,
    midTimeMjdSec,
    problems,
    findings,
    flags,
  };
}

/** The observation, as tables name it. */
function nameOf(source: VisibilitySource): string {
  if (typeof source === 'string') return basename(source);
  const files = 'files' in source ? source.files.map(({ path }) => path) : source;
  return basename(files[0]!);
}

/** Lines of a table's HISTORY: how it was solved, on what, without what. */
function provenanceOf(term: SetTerm, options: CalibrationSetOptions, flags: FlagReport | undefined): readonly string[] {
  const { model, terms } = options;
  const before = terms.slice(0, terms.indexOf(term));
  const usual: Readonly<Record<string, unknown>> = solveDefaults;
  const asked = Object.entries(solveOptionsOf(term, options)).filter(
    ([name, value]) => name !== 'term' && value !== undefined && value !== usual[name],
  );
  const named = model.slice(0, namedSources).map(one => `${one.name ?? 'unnamed'} ${one.fluxJy} Jy`);
  const lost = Object.entries(flags?.counts ?? {}).filter(([, { fraction }]) => fraction > 0);
  return [
    `${term}: ${asked.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ') || 'default options'}`,
    `on top of: ${before.join(', ') || 'nothing'}`,
    `model: ${model.length} sources, ${named.join(', ')}${model.length > namedSources ? ', ...' : ''}`,
    flags
      ? `flagged: ${lost.map(([reason, { fraction }]) => `${reason} ${fraction.toPrecision(3)}`).join(', ') || 'nothing'}`
      : 'not flagged before',
  ];
}

/** Whether a table holds what was written; single precision holds gains to 1e-7 of the largest. */
function readingProblems(written: CalibrationSolutions, read: CalibrationSolutions): string[] {
  const largest = written.values.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let different = 0;
  for (const [i, flag] of written.flags.data.entries()) {
    const good = flag === 0;
    const apart = [2 * i, 2 * i + 1].some(
      k => !(Math.abs(written.values.data[k]! - read.values.data[k]!) <= 1e-6 * largest),
    );
    if (good !== (read.flags.data[i] === 0) || (good && apart)) different++;
  }
  return different === 0 ? [] : [`${different} solutions are read back from the table as others than were written`];
}
