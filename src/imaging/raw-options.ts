import type { RawImaging } from '../../bindings/addon.js';
import {
  checkBoolean,
  checkInteger,
  checkKnownOptions,
  checkNumber,
  checkOneOf,
  checkPositive,
} from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import { threadCount, jobOptions } from '../core/job.js';
import { toRawDirection } from '../core/sky.js';
import { msChoiceOptions } from '../core/source.js';
import { stokesCodes } from '../core/stokes.js';
import { toRawMask } from './clean-mask.js';
import type { CleanMask } from './clean-mask.js';
import { checkPixels, imageSize } from './image-size.js';
import { imagingDefaults } from './options.js';
import type { ImagingOptions } from './options.js';
import { toRawStartModel } from './start-model.js';
import { toRawWeighting, weightingOptions } from './weighting.js';

const knownOptions = [
  ...Object.keys(imagingDefaults),
  ...weightingOptions,
  ...msChoiceOptions,
  ...[
    'channelRange',
    'npix',
    'nx',
    'ny',
    'cellArcsec',
    'dishDiameterMeters',
    'phaseCenter',
    'mask',
    'scalesArcsec',
    'earthOrientation',
    'calibration',
    'flags',
    ...jobOptions,
  ],
];
const arcsec = Math.PI / 180 / 3600;

/** Fills in defaults and checks every option. */
export function toRawOptions(options: ImagingOptions): RawImaging {
  checkKnownOptions(options, knownOptions);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const o: typeof imagingDefaults & ImagingOptions = { ...imagingDefaults, ...given };
  const localRmsWindow = checkNumber('localRmsWindow', o.localRmsWindow, 3, 1000);
  const raw = {
    stokesCode: stokesCodes[checkOneOf('stokes', o.stokes, ['I', 'XX', 'YY', 'RR', 'LL'] as const)],
    channelsOut: checkInteger('channelsOut', o.channelsOut, 1, 65536),
    ...imageSize(o),
    cellRad: o.cellArcsec === undefined ? 0 : checkPositive('cellArcsec', o.cellArcsec) * arcsec,
    fieldLevel: checkNumber('fieldBeamLevel', o.fieldBeamLevel, 0.01, 0.99),
    weighting: toRawWeighting(o),
    epsilon: checkNumber('epsilon', o.epsilon, 1e-6, 1e-2),
    spectralIndex: checkNumber('spectralIndex', o.spectralIndex, -5, 5),
    spectralTerms: checkInteger('spectralTerms', o.spectralTerms, 1, 3),
    startModel: toRawStartModel(o.startModel, o.spectralIndex),
    niter: checkInteger('niter', o.niter, 0),
    maxMajorCycles: checkInteger('maxMajorCycles', o.maxMajorCycles, 0, 1000),
    gain: checkNumber('gain', o.gain, 0.001, 1),
    mgain: checkNumber('mgain', o.mgain, 0.01, 1),
    thresholdJyBeam: checkNumber('thresholdJyBeam', o.thresholdJyBeam, 0),
    ...cleanLevels(options),
    multiscale: checkBoolean('multiscale', o.multiscale),
    scalesRad: toRawScales(o),
    multiscaleScaleBias: checkNumber('multiscaleScaleBias', o.multiscaleScaleBias, 0.1, 1),
    localRmsWindow: checkBoolean('localRms', o.localRms) ? localRmsWindow : 0,
    outerSources: checkBoolean('outerSources', o.outerSources),
    pointSources: checkBoolean('pointSources', o.pointSources),
    primaryBeamCutoff: checkNumber('primaryBeamCutoff', o.primaryBeamCutoff, 0, 1),
    dishDiameterMeters:
      o.dishDiameterMeters === undefined ? 0 : checkPositive('dishDiameterMeters', o.dishDiameterMeters),
    threads: threadCount(o),
  };
  const placed = {
    ...raw,
    ...(o.phaseCenter && { phaseCenter: toRawDirection(o.phaseCenter) }),
    ...(o.channelRange && { channelRange: checkChannelRange(o.channelRange) }),
  };
  return o.mask === undefined ? placed : onGridOf(o.mask, placed);
}

/** Takes size, cell and center from a mask; where they are given too, they must be the same. */
function onGridOf(cleanMask: CleanMask, raw: RawImaging): RawImaging {
  const { mask, nx, ny, wcs } = toRawMask(cleanMask);
  const same = (name: string, given: number, ofMask: number, tolerance: number): number => {
    if (given !== 0 && Math.abs(given - ofMask) > tolerance)
      throw new InvalidArgumentError(
        `Expected ${name} of the mask to be ${given}, as the image's, but it is ${ofMask}`,
      );
    return ofMask;
  };
  const size = { nx: checkPixels('nx', same('nx', raw.nx, nx, 0)), ny: checkPixels('ny', same('ny', raw.ny, ny, 0)) };
  if (!wcs) return { ...raw, ...size, mask };
  const cellRad = same('cellRad', raw.cellRad, wcs.cellArcsec * arcsec, 1e-6 * raw.cellRad);
  const phaseCenter = toRawDirection(wcs.center);
  if (raw.phaseCenter) {
    same('raRad', raw.phaseCenter.raRad, phaseCenter.raRad, 0.01 * cellRad);
    same('decRad', raw.phaseCenter.decRad, phaseCenter.decRad, 0.01 * cellRad);
  }
  return { ...raw, ...size, cellRad, phaseCenter, mask };
}

/** The levels of clean, in sigma; one that is not given keeps to the other. */
function cleanLevels(options: ImagingOptions): Pick<RawImaging, 'autoMaskSigma' | 'autoThresholdSigma'> {
  const { autoMaskSigma: mask, autoThresholdSigma: threshold } = options;
  if (mask !== undefined) checkNumber('autoMaskSigma', mask, 0);
  if (threshold !== undefined) checkNumber('autoThresholdSigma', threshold, 0);
  if (mask !== undefined && threshold !== undefined && threshold > mask)
    throw new InvalidArgumentError(
      `Expected autoThresholdSigma of at most autoMaskSigma, ${mask}, but received ${threshold}`,
    );
  return {
    autoMaskSigma: mask ?? Math.max(imagingDefaults.autoMaskSigma, threshold ?? 0),
    autoThresholdSigma: threshold ?? Math.min(imagingDefaults.autoThresholdSigma, mask ?? Infinity),
  };
}

function checkChannelRange(range: readonly [number, number]): { first: number; end: number } {
  if (!Array.isArray(range) || range.length !== 2)
    throw new InvalidArgumentError(`Expected channelRange to be [first, end] but received ${String(range)}`);
  const [first, end] = range;
  checkInteger('channelRange[0]', first, 0);
  return { first, end: checkInteger('channelRange[1]', end, first + 1) };
}

function toRawScales({ scalesArcsec = [], multiscale }: ImagingOptions): number[] {
  if (!Array.isArray(scalesArcsec)) throw new InvalidArgumentError('Expected scalesArcsec to be an array of widths');
  if (scalesArcsec.length > 0 && !multiscale)
    throw new InvalidArgumentError('Expected multiscale to be true, as scalesArcsec are given');
  return scalesArcsec.map((scale, i) => checkPositive(`scalesArcsec[${i}]`, scale) * arcsec);
}
