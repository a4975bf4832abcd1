import { checkInteger, checkKnownOptions, checkNumber, checkPositive } from '../core/check.js';
import type { MosaicGroupOptions } from './defaults.js';
import { mosaicGroupDefaults } from './defaults.js';

/** A tile that may become part of a mosaic. */
export interface GroupableTile {
  readonly id: string;
  /** Middle of the tile, UTC, MJD seconds. */
  readonly midTimeMjdSec: number;
  /** Pointing declination, degrees. */
  readonly decDeg: number;
}

/** A tile of a candidate for a mosaic group, with all that decides whether it may be in one. */
export interface MosaicMember extends GroupableTile {
  /** How far its subband group has come: only `imaged` or `done` will do. */
  readonly stage: string;
  /** What is wrong with its image: see `findImageProblem`. */
  readonly imageProblem?: string | undefined;
  /** Why its calibration could not be applied. */
  readonly uncalibrated?: string | undefined;
}

export type TimingRule = 'TOO_FEW_TILES' | 'GAP' | 'SPAN' | 'DECLINATION';
export type MosaicGroupRule = TimingRule | 'TOO_MANY_TILES' | 'TWICE' | 'ORDER' | 'STAGE' | 'IMAGE' | 'UNCALIBRATED';

/** A rule that a candidate breaks, with its figures. */
export interface Violation<Rule extends string = MosaicGroupRule> {
  readonly rule: Rule;
  /** One sentence, with what was found and what is allowed. */
  readonly message: string;
  /** In the unit of the message; absent where the rule is no matter of numbers. */
  readonly found?: number;
  readonly limit?: number;
}

export interface MosaicGroupCheck {
  /** Every rule that is broken, by every member that breaks it; empty for a group that may be formed. */
  readonly violations: readonly Violation[];
  /** What is allowed but unusual. */
  readonly warnings: readonly string[];
}

/** Longer groups are allowed, up to `maxSpanMinutes`, but unusual: ten tiles take 46. */
const longSpanMinutes = 50;

/**
 * Checks a candidate for a mosaic group against every rule: number of tiles, order, gaps and span in time (compared in
 * whole microseconds, so that exactly 60 minutes pass), declination, and the state of every member.
 *
 * @param members - in ascending time.
 * @throws {InvalidArgumentError} an option or a member's time is not a number in range.
 */
export function checkMosaicGroup(
  members: readonly MosaicMember[],
  options: Partial<MosaicGroupOptions> = {},
): MosaicGroupCheck {
  const limits = readLimits(options);
  const micros = members.map(microsOf);
  const spanMinutes = minutes((micros.at(-1) ?? 0) - (micros[0] ?? 0));
  return {
    violations: [
      ...sizeViolations(members.length, limits),
      ...orderViolations(members, micros),
      ...timingViolations(members, limits),
      ...members.flatMap(memberViolations),
    ],
    warnings:
      spanMinutes > longSpanMinutes && spanMinutes <= limits.maxSpanMinutes
        ? [`The tiles span ${spanMinutes} minutes; more than ${longSpanMinutes} are unusual`]
        : [],
  };
}

/** What keeps one tile out of any group. */
export function memberViolations({ id, stage, imageProblem, uncalibrated }: MosaicMember): Violation[] {
  const ready = stage === 'imaged' || stage === 'done';
  return [
    ...(ready ? [] : [{ rule: 'STAGE' as const, message: `${id} is ${stage}; expected imaged or done` }]),
    ...(imageProblem === undefined ? [] : [{ rule: 'IMAGE' as const, message: `${id}: ${imageProblem}` }]),
    ...(uncalibrated === undefined
      ? []
      : [{ rule: 'UNCALIBRATED' as const, message: `${id} is uncalibrated: ${uncalibrated}` }]),
  ];
}

export type Limits = MosaicGroupOptions;

/** @throws {InvalidArgumentError} an option is out of range or not known. */
export function readLimits(options: Partial<MosaicGroupOptions>): Limits {
  checkKnownOptions(options, Object.keys(mosaicGroupDefaults));
  const limits = { ...mosaicGroupDefaults, ...options };
  checkInteger('groupSize', limits.groupSize, 1);
  checkInteger('overlap', limits.overlap, 0, limits.groupSize - 1);
  checkPositive('maxGapMinutes', limits.maxGapMinutes);
  checkPositive('maxSpanMinutes', limits.maxSpanMinutes);
  checkPositive('maxDecSpreadDeg', limits.maxDecSpreadDeg);
  return limits;
}

/** Whole microseconds: doubles of MJD days would decide a span of exactly 60 minutes by their rounding. */
export function microsOf(tile: GroupableTile): number {
  return Math.round(checkNumber('midTimeMjdSec', tile.midTimeMjdSec) * 1e6);
}

/** What is wrong with the times and declinations of tiles in ascending time, however many they are. */
export function timingViolations(tiles: readonly GroupableTile[], limits: Limits): Violation<TimingRule>[] {
  const micros = tiles.map(microsOf);
  const found: Violation<TimingRule>[] = [];
  for (let i = 1; i < tiles.length; i++) {
    const gap = micros[i]! - micros[i - 1]!;
    if (gap <= limits.maxGapMinutes * 60e6) continue;
    const between = `Between ${tiles[i - 1]!.id} and ${tiles[i]!.id}`;
    found.push(exceeding('GAP', minutes(gap), limits.maxGapMinutes, between, 'minutes'));
  }
  const span = (micros.at(-1) ?? 0) - (micros[0] ?? 0);
  if (span > limits.maxSpanMinutes * 60e6) {
    found.push(exceeding('SPAN', minutes(span), limits.maxSpanMinutes, 'From the first tile to the last', 'minutes'));
  }
  const mean = tiles.reduce((sum, tile) => sum + tile.decDeg, 0) / tiles.length;
  for (const { id, decDeg } of tiles) {
    const offset = Math.abs(decDeg - mean);
    // 1e-9 deg: the rounding of a mean must not decide. Written so that NaN is refused.
    if (offset <= limits.maxDecSpreadDeg + 1e-9) continue;
    const from = `From the mean declination to that of ${id}`;
    found.push(exceeding('DECLINATION', offset, limits.maxDecSpreadDeg, from, 'degrees'));
  }
  return found;
}

function sizeViolations(size: number, { groupSize }: Limits): Violation[] {
  if (size === groupSize) return [];
  const rule = size < groupSize ? 'TOO_FEW_TILES' : 'TOO_MANY_TILES';
  return [{ rule, message: `There are ${size} tiles; a mosaic takes ${groupSize}`, found: size, limit: groupSize }];
}

function orderViolations(members: readonly GroupableTile[], micros: readonly number[]): Violation[] {
  return members.flatMap(({ id }, i): Violation[] => {
    if (members.findIndex(member => member.id === id) < i) return [{ rule: 'TWICE', message: `${id} is there twice` }];
    if (i === 0 || micros[i]! > micros[i - 1]!) return [];
    return [{ rule: 'ORDER', message: `${id} is not later than ${members[i - 1]!.id}, which stands before it` }];
  });
}

function exceeding(rule: TimingRule, found: number, limit: number, where: string, unit: string): Violation<TimingRule> {
  return { rule, message: `${where} it is ${found} ${unit}; at most ${limit} are allowed`, found, limit };
}

function minutes(micros: number): number {
  return micros / 60e6;
}
