import { toRaw } from '../core/array.js';
import { dsa110 } from '../core/dsa110.js';
import type { Observation } from '../core/observation.js';
import { flagReasons } from '../core/visibility-flags.js';
import type { FlagReport } from './flag-visibilities.js';
import type { SwappedFeeds } from './swapped-feeds.js';

export type FindingCode =
  'DEAD_ANTENNAS' | 'UNSOLVED_ANTENNAS' | 'SWAPPED_POLARIZATIONS' | 'MISSING_DATA' | 'INTERFERENCE' | 'LOST_SUBBANDS';

/** Something about an observation that an observer would want to know. */
export interface ObservationFinding {
  readonly code: FindingCode;
  /** One sentence, with names and numbers. */
  readonly message: string;
  /** Names. */
  readonly antennas?: readonly string[] | undefined;
  /** Spectral windows by name: `sb05`. */
  readonly subbands?: readonly string[] | undefined;
  /** Of the visibilities of two antennas that there could be. */
  readonly fraction?: number | undefined;
}

/** What is looked at; what is absent gives no finding. */
export interface FindingSources {
  readonly flags?: FlagReport | undefined;
  /** That of the flags. */
  readonly observation?:
    Pick<Observation, 'antenna1' | 'antenna2' | 'antennas' | 'spwFirstChannel' | 'freqHz'> | undefined;
  /** Antennas that had data and got no solutions, where the others are solved well: they are dead. */
  readonly unsolvedAntennas?: readonly string[] | undefined;
  /** The same where the others are not. */
  readonly undecidedAntennas?: readonly string[] | undefined;
  readonly swapped?: readonly SwappedFeeds[] | undefined;
  /** What they are swapped against. */
  readonly swappedAgainst?: string | undefined;
}

/** Fractions below are not worth a word: flagging takes up to half of this of data without interference. */
const leastFraction = 0.01;

/**
 * Names what is wrong with an observation: dead antennas, antennas with exchanged feeds, what is missing, what interference
 * takes, subbands that are lost.
 */
export function findingsOf(sources: FindingSources): ObservationFinding[] {
  const {
    flags,
    observation,
    unsolvedAntennas = [],
    undecidedAntennas = [],
    swapped = [],
    swappedAgainst = 'earlier solutions',
  } = sources;
  const counted = flags && observation && countLosses(flags, observation);
  const dead = namesInOrder([...(flags?.deadAntennas ?? []), ...unsolvedAntennas]);
  const undecided = namesInOrder(undecidedAntennas.filter(name => !dead.includes(name)));
  const exchanged = swapped.map(({ antenna }) => antenna);
  const findings: (ObservationFinding | undefined)[] = [
    named('DEAD_ANTENNAS', dead, names => `dead: no signal from the sky on ${plural('antenna', names)}`),
    named(
      'UNSOLVED_ANTENNAS',
      undecided,
      names =>
        `no solution for ${plural('antenna', names)}: those of the others do not tell whether that is their fault`,
    ),
    named(
      'SWAPPED_POLARIZATIONS',
      exchanged,
      names => `swapped polarizations on ${plural('antenna', names)}, against ${swappedAgainst}`,
    ),
    counted && partial('MISSING_DATA', counted.missing, percent => `${percent} of the visibilities are missing`),
    counted && partial('INTERFERENCE', counted.interference, percent => `${percent} is interference`),
    counted && lost(counted.subbands),
  ];
  return findings.flatMap(finding => finding ?? []);
}

function named(
  code: FindingCode,
  antennas: readonly string[],
  messageOf: (names: readonly string[]) => string,
): ObservationFinding | undefined {
  return antennas.length === 0 ? undefined : { code, antennas, message: messageOf(antennas) };
}

function partial(
  code: FindingCode,
  fraction: number,
  messageOf: (percent: string) => string,
): ObservationFinding | undefined {
  if (!(fraction >= leastFraction)) return undefined;
  return { code, fraction, message: messageOf(`${(100 * fraction).toFixed(1)} %`) };
}

function lost(subbands: readonly string[]): ObservationFinding | undefined {
  if (subbands.length === 0) return undefined;
  return { code: 'LOST_SUBBANDS', subbands, message: `no data of ${plural('subband', subbands)}` };
}

const plural = (what: string, names: readonly string[]) => `${what}${names.length > 1 ? 's' : ''} ${names.join(', ')}`;

function namesInOrder(names: readonly string[]): string[] {
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/**
 * Of visibilities of two antennas in spectral windows that are there: the part that is flagged before, and of the rest,
 * without dead antennas, that which is interference.
 */
function countLosses(flags: FlagReport, observation: NonNullable<FindingSources['observation']>) {
  const { data, shape } = toRaw(flags.reasons);
  const [nRows, nFreqs, nPols] = shape as [number, number, number];
  const { antenna1, antenna2, antennas } = observation;
  const dead = new Set(flags.deadAntennas);
  const isDead = antennas.map(({ name }) => dead.has(name));
  const before = new Float64Array(nFreqs);
  const interference = new Float64Array(nFreqs);
  const usable = new Float64Array(nFreqs);
  let nPerChannel = 0;
  for (let row = 0; row < nRows; row++) {
    const [first, second] = [antenna1[row]!, antenna2[row]!];
    if (first === second) continue;
    nPerChannel += nPols;
    const alive = !isDead[first] && !isDead[second];
    for (let channel = 0, i = row * nFreqs * nPols; channel < nFreqs; channel++)
      for (let pol = 0; pol < nPols; pol++, i++) {
        const bits = data[i]!;
        if (bits & flagReasons.flaggedBefore) before[channel]!++;
        else if (alive) {
          usable[channel]!++;
          if (bits & flagReasons.interference) interference[channel]!++;
        }
      }
  }
  const windows = windowsOf(observation);
  const isLost = ({ first, end }: (typeof windows)[number]) =>
    before.subarray(first, end).every(count => count === nPerChannel);
  const there = windows.filter(window => !isLost(window));
  const sum = (counts: Float64Array) =>
    there.reduce((total, { first, end }) => counts.subarray(first, end).reduce((a, b) => a + b, total), 0);
  const nThere = there.reduce((n, { first, end }) => n + end - first, 0) * nPerChannel;
  return {
    missing: sum(before) / nThere,
    interference: sum(interference) / sum(usable),
    subbands: windows.filter(isLost).map(({ name }) => name),
  };
}

/** Spectral windows, ascending in frequency; those of DSA-110 are numbered from above. */
function windowsOf({ spwFirstChannel, freqHz }: Pick<Observation, 'spwFirstChannel' | 'freqHz'>) {
  const n = spwFirstChannel.length;
  return spwFirstChannel.map((first, i) => {
    const name = n === dsa110.nSubbands ? `sb${String(n - 1 - i).padStart(2, '0')}` : `spectral window ${i}`;
    return { first, end: spwFirstChannel[i + 1] ?? freqHz.length, name };
  });
}
