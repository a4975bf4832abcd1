import type { Case, Size } from '../case.js';
import { griddingCases } from './gridding.js';
import { readCases } from './read.js';

/** Every case, in the order of the flow. */
export function allCases(size: Size): Case[] {
  return [...readCases(size), ...griddingCases(size)];
}
