import { dsa110 } from '../../src/index.js';
import type { SimulationTruth, SkyDirection } from '../../src/index.js';

const degree = Math.PI / 180;
const speedOfLight = 299792458;

type Source = SkyDirection & { readonly fluxJy: number; readonly spectralIndex?: number | undefined };

export function separationRad(a: SkyDirection, b: SkyDirection): number {
  const [d1, d2, dra] = [a.decDeg * degree, b.decDeg * degree, (a.raDeg - b.raDeg) * degree];
  return 2 * Math.asin(Math.hypot(Math.sin((d1 - d2) / 2), Math.sqrt(Math.cos(d1) * Math.cos(d2)) * Math.sin(dra / 2)));
}

/** J1 by its integral (Abramowitz and Stegun 9.1.21). */
function besselJ1(x: number): number {
  const n = 200;
  let sum = 0;
  for (let k = 0; k < n; k++) {
    const angle = ((k + 0.5) / n) * Math.PI;
    sum += Math.cos(angle - x * Math.sin(angle));
  }
  return sum / n;
}

/** Power of the primary beam of DSA-110's dishes, an Airy pattern. */
export function airyPower(angleRad: number, freqHz: number): number {
  const x = (Math.PI * dsa110.dishDiameterMeters * Math.sin(angleRad) * freqHz) / speedOfLight;
  return x < 1e-6 ? 1 : ((2 * besselJ1(x)) / x) ** 2;
}

/** Flux of a source as the first tile's drifting beam shows it, in the mean over times and frequencies. */
export function apparentFluxJy(truth: SimulationTruth, { fluxJy, spectralIndex = 0, ...source }: Source): number {
  const pointings = truth.tiles[0]!.meridian_icrs_deg;
  let sum = 0;
  for (const [raDeg, decDeg] of pointings) {
    const angle = separationRad(source, { raDeg, decDeg });
    for (const freqHz of truth.freq_hz)
      sum += airyPower(angle, freqHz) * fluxJy * (freqHz / truth.reference_hz) ** spectralIndex;
  }
  return sum / (pointings.length * truth.freq_hz.length);
}
