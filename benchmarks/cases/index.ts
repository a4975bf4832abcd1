import type { Case, Size } from '../case.js';
import { calibrationCases } from './calibration.js';
import { convertCases } from './convert.js';
import { depthCase } from './depth.js';
import { griddingCases } from './gridding.js';
import { jointMosaicCase } from './joint-mosaic.js';
import { mosaicScalingCases } from './mosaic-scaling.js';
import { mosaicCases } from './mosaic.js';
import { formGroupsCase, publishCase } from './publish.js';
import { readCases } from './read.js';
import { tileCases } from './tile.js';

/** Every case, in the order of the flow. */
export function allCases(size: Size): Case[] {
  return [
    ...readCases(size),
    ...convertCases(size),
    ...calibrationCases(size),
    ...griddingCases(size),
    ...tileCases(size),
    depthCase(size),
    ...mosaicCases(size),
    ...mosaicScalingCases(size),
    jointMosaicCase(size),
    formGroupsCase(size),
    publishCase(size),
  ];
}
