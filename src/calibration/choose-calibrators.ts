import { checkNumber, checkPositive } from '../core/check.js';
import { dsa110 } from '../core/dsa110.js';
import { meridianIcrs } from '../core/sky.js';
import { fluxAt, fluxInBeam } from './flux-in-beam.js';
import { isFluxStandard } from './flux-standards.js';
import { predictTransits } from './transits.js';
import type { Transit, TransitOptions } from './transits.js';
import type { SkySource } from './types.js';

/** A calibrator that drifts through the beam. */
export interface CalibratorTransit extends Transit {
  readonly source: SkySource;
  /** At the frequency that was asked for, before the primary beam. */
  readonly fluxJy: number;
  /** Of the primary beam at transit. */
  readonly beamResponse: number;
  /** Their product, by which they are ordered. */
  readonly fluxInBeamJy: number;
  /**
   * Whether its flux sets the scale of fluxes: that of a flux standard. Others vary, 3C454.3 among them: for bandpasses and
   * phases only, unless their flux is known for the time of the observation.
   */
  readonly setsFluxScale: boolean;
}

export interface CalibratorOptions extends TransitOptions {
  /** Apparent declination to which the dishes are pointed. */
  readonly decDeg: number;
  /** @default 1405e6, the middle of the band */
  readonly freqHz?: number | undefined;
  /** In the beam. @default 1 */
  readonly minFluxJy?: number | undefined;
}

/** Apparent and mean declinations differ by less than this; the first null of the beam is at 3.6 degrees at 1.3 GHz. */
const farthestDeg = 5;

/**
 * Chooses calibrators for a declination: those whose flux times primary beam at transit suffices, the brightest first, each
 * with its first transit.
 *
 * @param catalogue - sources with their fluxes: those of `readSkyModel`, `fluxStandard`, `toSkySource`.
 * @throws {InvalidArgumentError} an option out of range.
 * @example
 * const [best] = chooseCalibrators(catalogue, { decDeg: 16.15, fromMjdSec: now, toMjdSec: now + 86400 });
 */
export function chooseCalibrators(catalogue: readonly SkySource[], options: CalibratorOptions): CalibratorTransit[] {
  const decDeg = checkNumber('decDeg', options.decDeg, -90, 90);
  const freqHz = checkPositive('freqHz', options.freqHz ?? 1405e6);
  const minFluxJy = checkNumber('minFluxJy', options.minFluxJy ?? 1, 0);
  const { site = dsa110.site, earthOrientation } = options;
  return catalogue
    .filter(source => Math.abs(source.decDeg - decDeg) < farthestDeg)
    .flatMap(source => {
      const [transit] = predictTransits(source, options);
      if (!transit) return [];
      const pointing = meridianIcrs(decDeg, transit.timeMjdSec, site, earthOrientation);
      const [fluxJy, fluxInBeamJy] = [fluxAt(source, freqHz), fluxInBeam([source], pointing, freqHz)];
      const setsFluxScale = isFluxStandard(source);
      return [{ source, ...transit, fluxJy, beamResponse: fluxInBeamJy / fluxJy, fluxInBeamJy, setsFluxScale }];
    })
    .filter(({ fluxInBeamJy }) => fluxInBeamJy >= minFluxJy)
    .sort((a, b) => b.fluxInBeamJy - a.fluxInBeamJy);
}
