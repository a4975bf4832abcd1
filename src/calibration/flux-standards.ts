import { checkOneOf } from '../core/check.js';
import type { SkyDirection } from '../core/sky.js';
import type { SkySource } from './types.js';

/**
 * log10(S/Jy) = a0 + a1 log10(nu/GHz) + a2 log10(nu/GHz)^2 + ..., 50 MHz to 50 GHz (Perley & Butler 2017, ApJS 230, 7,
 * table 6); positions of the VLA calibrator list, which are ICRS. All are points to DSA-110.
 */
const standards = {
  '3C48': { raDeg: 24.4220809625, decDeg: 33.1597591639, terms: [1.3253, -0.7553, -0.1914, 0.0498] },
  '3C138': { raDeg: 80.2911917542, decDeg: 16.6394586722, terms: [1.0088, -0.4981, -0.1552, -0.0102, 0.0223] },
  '3C147': { raDeg: 85.65057465, decDeg: 49.8520093222, terms: [1.4516, -0.6961, -0.2007, 0.064, -0.0464, 0.0289] },
  '3C286': { raDeg: 202.7845332667, decDeg: 30.5091552361, terms: [1.2481, -0.4507, -0.1798, 0.0357] },
} as const;

/** Positions closer than this are of one source. */
const sameSourceDeg = 10 / 3600;

export type FluxStandard = keyof typeof standards;

/** Names of the built-in flux standards. */
export const fluxStandards = Object.freeze(Object.keys(standards) as FluxStandard[]);

/**
 * One of the four flux standards on the scale of Perley & Butler 2017, as a source of a sky model.
 *
 * @throws {InvalidArgumentError} another name.
 * @example
 * await solveCalibration(ms, [fluxStandard('3C286')], { term: 'bandpass' });
 */
export function fluxStandard(name: FluxStandard): SkySource {
  const { raDeg, decDeg, terms } = standards[checkOneOf('name', name, fluxStandards)];
  const [a0, ...logTerms] = terms;
  return { name, raDeg, decDeg, fluxJy: 10 ** a0, logTerms, referenceMhz: 1000 };
}

/** Whether a source is one of the four, by its position. */
export function isFluxStandard({ raDeg, decDeg }: SkyDirection): boolean {
  const narrowing = Math.cos((decDeg * Math.PI) / 180);
  return Object.values(standards).some(
    one => Math.abs(one.decDeg - decDeg) < sameSourceDeg && Math.abs(one.raDeg - raDeg) * narrowing < sameSourceDeg,
  );
}
