import ndarray from 'ndarray';

import { measureCalibration, solveCalibration } from '../calibration/index.js';
import { solutionFlags } from '../core/calibration-solutions.js';
import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import { isPipelineError } from '../core/errors.js';
import type { JobOptions } from '../core/job.js';
import type { Observation } from '../core/observation.js';
import type { SubbandGroup } from '../grouping/index.js';
import { imageGroup, imageMs } from '../imaging/index.js';
import type { TileImages } from '../imaging/index.js';
import { describeSource } from '../uvh5/index.js';
import { partsOf } from './job-parts.js';
import { checkSelfCalibration } from './self-calibration-options.js';
import type { CheckedSelfCalibration, SelfCalibrationOptions } from './self-calibration-options.js';
import { compactSigmas, compactSources, figuresOf, lossProblem, verdictOn } from './self-calibration-figures.js';
import type { SelfCalibrationFigures } from './self-calibration-figures.js';
import { modelSigmas, skyModelOfTile } from './tile-sky-model.js';

const noData = solutionFlags.indexOf('noData');

/** One solution against the model of the image before, and what it did to the image. */
export interface SelfCalibrationRound {
  readonly phaseOnly: boolean;
  readonly solintSec: number;
  /** Components of the model. */
  readonly nComponents: number;
  /** Of the solutions; undefined where there is none. */
  readonly medianSnr: number | undefined;
  /** Of the image with these solutions; undefined where none was made. */
  readonly figures: SelfCalibrationFigures | undefined;
  readonly accepted: boolean;
  /** Why it was not accepted. */
  readonly reason: string | undefined;
}

/** What self-calibration came to. */
export interface SelfCalibration {
  /** The solutions that were accepted, to be applied in this order after those that were given; empty if none was. */
  readonly solutions: readonly CalibrationSolutions[];
  /** The image with them. */
  readonly tile: TileImages;
  /** Of the image without. */
  readonly before: SelfCalibrationFigures;
  /** Of `tile`. */
  readonly after: SelfCalibrationFigures;
  readonly rounds: readonly SelfCalibrationRound[];
}

/** What rounds have in common. */
interface Flow {
  readonly source: string | Pick<SubbandGroup, 'files'>;
  readonly options: CheckedSelfCalibration;
  readonly observation: Observation;
  readonly part: () => JobOptions;
}

/** The best so far. */
interface State {
  readonly solutions: readonly CalibrationSolutions[];
  readonly tile: TileImages;
  readonly figures: SelfCalibrationFigures;
}

/**
 * Self-calibrates an observation: images it, solves for gains against the model of that image, and images it again; phases
 * first, and then amplitudes with phases on top of them.
 *
 * A round is accepted if the dynamic range rises and nothing else becomes worse beyond the limits; otherwise the solutions
 * before it stay, and what would have become worse is told. Phase rounds, and then amplitude rounds, end when the dynamic
 * range rises by less than `minGain`, or with the first that is not accepted; where no phase round is, no amplitudes are
 * tried. Without a round that is accepted the image is that without self-calibration.
 *
 * @param source - a MeasurementSet, or a group of subband files.
 * @throws {InvalidArgumentError} an option out of range.
 * @throws {NoValidDataError} nothing to image.
 * @example
 * const { tile, solutions, rounds } = await selfCalibrate(group, { calibration: [bandpass] });
 * rounds.map(({ accepted, figures }) => [accepted, figures?.rmsJyBeam]);
 * @see docs/calibration.md#self-calibration
 */
export async function selfCalibrate(
  source: string | Pick<SubbandGroup, 'files'>,
  options: SelfCalibrationOptions = {},
): Promise<SelfCalibration> {
  const checked = checkSelfCalibration(options);
  const { phaseRounds, amplitudeRounds, reading, job } = checked;
  const observation = await describeSource(source, { ...reading, signal: job.signal });
  const part = partsOf(job, 1 + 2 * (phaseRounds + amplitudeRounds));
  const flow: Flow = { source, options: checked, observation, part };
  const tile = await imageWith(flow, []);
  const compact = compactSources(tile);
  const first: State = { solutions: [], tile, figures: figuresOf(tile, compact) };
  const rounds: SelfCalibrationRound[] = [];

  let best = first;
  for (const phaseOnly of [true, false]) {
    const below = best.solutions;
    for (let n = 0; n < (phaseOnly ? phaseRounds : amplitudeRounds); n++) {
      const { round, state } = await tryRound(flow, phaseOnly, below, best, first, compact);
      rounds.push(round);
      if (state === undefined) break;
      const gain = state.figures.dynamicRange / best.figures.dynamicRange - 1;
      best = state;
      if (gain < checked.minGain) break;
    }
    if (phaseOnly && phaseRounds > 0 && best === first) break;
  }
  const { solutions, tile: last, figures: after } = best;
  return { solutions, tile: last, before: first.figures, after, rounds };
}

/** @param below - solutions that are known, on top of which gains are solved for. */
async function tryRound(
  flow: Flow,
  phaseOnly: boolean,
  below: readonly CalibrationSolutions[],
  best: State,
  first: State,
  compact: Parameters<typeof figuresOf>[1],
): Promise<{ round: SelfCalibrationRound; state: State | undefined }> {
  const { options, observation } = flow;
  const solintSec = phaseOnly ? options.phaseSolintSec : options.amplitudeSolintSec;
  const model = skyModelOfTile(best.tile, observation, options.spectralIndex);
  const tried = { phaseOnly, solintSec, nComponents: model.length };
  const refused = (reason: string, more: Partial<SelfCalibrationRound> = {}) => ({
    round: { ...tried, medianSnr: undefined, figures: undefined, ...more, accepted: false, reason },
    state: undefined,
  });
  if (compact.length === 0)
    return refused(
      `The image shows no compact source above ${compactSigmas} sigma: nothing would tell whether it is right`,
    );
  if (model.length === 0) return refused(`The image shows nothing above ${modelSigmas.peak} sigma to solve against`);
  const attempt = await unlessNoData(async () => {
    const { calibration, reading, flags, refAnt, minSnr, baselines } = options;
    const solved = await solveCalibration(flow.source, model, {
      ...{ ...reading, ...baselines, flags, refAnt, minSnr, term: 'gain', phaseOnly, solintSec },
      ...{ prior: [...calibration, ...below], ...flow.part() },
    });
    const gain = phaseOnly ? solved : withUnitMean(solved);
    const solutions = [...below, gain];
    const { medianSnr } = measureCalibration(gain);
    const lost = lossProblem(partWithout(gain), options.limits);
    return { solutions, medianSnr, tile: lost ?? (await imageWith(flow, solutions)) };
  });
  if (typeof attempt === 'string') return refused(attempt);
  const { solutions, tile, medianSnr } = attempt;
  if (typeof tile === 'string') return refused(tile, { medianSnr });
  const figures = figuresOf(tile, compact);
  const reason = verdictOn(figures, best.figures, first.figures, options.limits);
  if (reason !== undefined) return refused(reason, { medianSnr, figures });
  return {
    round: { ...tried, medianSnr, figures, accepted: true, reason },
    state: { solutions, tile, figures },
  };
}

/** Gains of which the mean amplitude is 1: a model that lacks flux is not to set the scale of fluxes. */
function withUnitMean(solutions: CalibrationSolutions): CalibrationSolutions {
  const { values, flags } = solutions;
  let [sum, n] = [0, 0];
  for (const [i, flag] of flags.data.entries()) {
    if (flag !== 0) continue;
    sum += Math.hypot(values.data[2 * i]!, values.data[2 * i + 1]!);
    n++;
  }
  const scaled = values.data.map(value => (value * n) / sum);
  const errors = solutions.errors.data.map(error => (error * n) / sum);
  return { ...solutions, values: ndarray(scaled, values.shape), errors: ndarray(errors, solutions.errors.shape) };
}

/** Part of the baselines of antennas with data that have no solution, at no time and in no band. */
function partWithout({ flags }: CalibrationSolutions): number {
  const [, nAnts, , nPols] = flags.shape as [number, number, number, number];
  let [before, after] = [0, 0];
  for (let feed = 0; feed < nPols; feed++) {
    let [given, solved] = [0, 0];
    for (let antenna = 0; antenna < nAnts; antenna++) {
      const own = flagsOf(flags, antenna, feed);
      if (own.some(flag => flag !== noData)) given++;
      if (own.includes(0)) solved++;
    }
    before += given * (given - 1);
    after += solved * (solved - 1);
  }
  return before === 0 ? 1 : 1 - after / before;
}

function flagsOf(flags: CalibrationSolutions['flags'], antenna: number, feed: number): number[] {
  const [nTimes, , nFreqs] = flags.shape as [number, number, number, number];
  const found: number[] = [];
  for (let time = 0; time < nTimes; time++)
    for (let band = 0; band < nFreqs; band++) found.push(flags.get(time, antenna, band, feed));
  return found;
}

/** The result, or, where there was not one solution or nothing was left to image, the sentence that says so. */
async function unlessNoData<T>(attempt: () => Promise<T>): Promise<T | string> {
  try {
    return await attempt();
  } catch (error) {
    if (isPipelineError(error, 'NO_VALID_DATA')) return error.message;
    throw error;
  }
}

function imageWith({ source, options, part }: Flow, solutions: readonly CalibrationSolutions[]): Promise<TileImages> {
  const { imaging, reading, flags, calibration } = options;
  const all = { ...imaging, ...reading, flags, calibration: [...calibration, ...solutions], ...part() };
  return typeof source === 'string' ? imageMs(source, all) : imageGroup(source, all);
}
