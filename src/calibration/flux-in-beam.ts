import { checkPositive } from '../core/check.js';
import { dsa110 } from '../core/dsa110.js';
import type { SkyDirection } from '../core/sky.js';
import type { SkySource } from './types.js';

const degree = Math.PI / 180;
const speedOfLight = 299792458;

/** The flux of a source at a frequency, before the primary beam, Jy. */
export function fluxAt(
  { fluxJy, logTerms, spectralIndex = 0, referenceMhz = 1400 }: SkySource,
  freqHz: number,
): number {
  const x = Math.log10(freqHz / (referenceMhz * 1e6));
  return (logTerms ?? [spectralIndex]).reduce((flux, term, k) => flux * 10 ** (term * x ** (k + 1)), fluxJy);
}

/**
 * How much of a sky model's flux the primary beam lets through, Jy: by this an observation is chosen to be solved from.
 *
 * @param pointing - where the dishes look.
 * @example
 * fluxInBeam([fluxStandard('3C286')], { raDeg: 202.8, decDeg: 30.5 }, 1.4e9); // 15.0
 */
export function fluxInBeam(
  model: readonly SkySource[],
  pointing: SkyDirection,
  freqHz: number,
  dishDiameterMeters: number = dsa110.dishDiameterMeters,
): number {
  const scale = (Math.PI * checkPositive('dishDiameterMeters', dishDiameterMeters) * freqHz) / speedOfLight;
  return model.reduce((sum, source) => {
    const distance = separation(source, pointing);
    return distance >= Math.PI / 2 ? sum : sum + fluxAt(source, freqHz) * airyPower(scale * Math.sin(distance));
  }, 0);
}

/** Angle between two directions, radians. */
function separation(a: SkyDirection, b: SkyDirection): number {
  const [decA, decB, dRa] = [a.decDeg * degree, b.decDeg * degree, (a.raDeg - b.raDeg) * degree];
  const haversine = Math.sin((decA - decB) / 2) ** 2 + Math.cos(decA) * Math.cos(decB) * Math.sin(dRa / 2) ** 2;
  return 2 * Math.asin(Math.min(1, Math.sqrt(haversine)));
}

/** (2 J1(x) / x)^2, with Bessel's integral for J1: its midpoint rule is exact to rounding up to x of some 100. */
function airyPower(x: number): number {
  if (x < 1e-4) return 1;
  const n = 256;
  let j1 = 0;
  for (let i = 0; i < n; i++) {
    const t = ((i + 0.5) * Math.PI) / n;
    j1 += Math.cos(t - x * Math.sin(t)) / n;
  }
  return ((2 * j1) / x) ** 2;
}
