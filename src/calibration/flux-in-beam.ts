import { checkNumber } from '../core/check.js';
import { dsa110 } from '../core/dsa110.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { Observation } from '../core/observation.js';
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
 * @param dishDiameterMeters - 0 for no primary beam.
 * @example
 * fluxInBeam([fluxStandard('3C286')], { raDeg: 202.8, decDeg: 30.5 }, 1.4e9); // 15.0
 */
export function fluxInBeam(
  model: readonly SkySource[],
  pointing: SkyDirection,
  freqHz: number,
  dishDiameterMeters: number = dsa110.dishDiameterMeters,
): number {
  const scale = (Math.PI * checkNumber('dishDiameterMeters', dishDiameterMeters, 0) * freqHz) / speedOfLight;
  return model.reduce((sum, source) => {
    const distance = separation(source, pointing);
    return distance >= Math.PI / 2 ? sum : sum + fluxAt(source, freqHz) * airyPower(scale * Math.sin(distance));
  }, 0);
}

/** What is looked at of an observation: its middle. */
type Seen = Pick<Observation, 'pointings' | 'freqHz' | 'antennas'>;

/** Flux of a sky model in the beam, Jy, in the middle of an observation and its band. */
export function modelFluxIn({ pointings, freqHz, antennas }: Seen, model: readonly SkySource[]): number {
  const [pointing, hz] = [pointings[pointings.length >> 1]!, freqHz[freqHz.length >> 1]!];
  return fluxInBeam(model, pointing, hz, antennas[0]?.diameterMeters);
}

/**
 * Refuses a sky model of which an observation sees too little: gains solved for against it would be those of other sources.
 *
 * @throws {InvalidArgumentError} with the flux in the beam, and how far the nearest source is from its center.
 */
export function checkModelFlux(observation: Seen, model: readonly SkySource[], minFluxJy: number): void {
  const fluxJy = modelFluxIn(observation, model);
  if (fluxJy >= minFluxJy || model.length === 0) return; // an empty model is refused in solving
  const { pointings, freqHz } = observation;
  const pointing = pointings[pointings.length >> 1]!;
  const distanceDeg = (source: SkySource) => separation(source, pointing) / degree;
  const nearest = model.reduce((a, b) => (distanceDeg(b) < distanceDeg(a) ? b : a));
  const flux = `${fluxAt(nearest, freqHz[freqHz.length >> 1]!).toPrecision(3)} Jy before the beam`;
  throw new InvalidArgumentError(
    `Expected at least ${minFluxJy} Jy of the sky model in the primary beam but there are ${fluxJy.toPrecision(2)} Jy: ` +
      `its nearest source, ${nearest.name ?? 'unnamed'}, ${flux}, is ${distanceDeg(nearest).toFixed(2)} degrees from where ` +
      `the dishes look, ${pointing.raDeg.toFixed(2)} ${pointing.decDeg.toFixed(2)} (minFluxJy, --min-flux)`,
  );
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
