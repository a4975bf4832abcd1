import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { simulateObservation } from '../../src/index.js';
import type { SimulationTruth, SkyDirection } from '../../src/index.js';
import { airyPower, separationRad } from '../../test/support/drifting-beam.js';
import { randomOf } from '../../test/support/random.js';
import type { Size } from '../case.js';
import type { DataFolder } from './data-folder.js';
import { observationSizes } from './subband-group.js';

/** Sources per square degree above a flux at 1.4 GHz: a power law between these points (Condon 1984; Windhorst 2003). */
const counts = [
  { fluxJy: 0.1e-3, perSquareDeg: 900 },
  { fluxJy: 0.3e-3, perSquareDeg: 250 },
  { fluxJy: 1e-3, perSquareDeg: 75 },
  { fluxJy: 3e-3, perSquareDeg: 30 },
  { fluxJy: 10e-3, perSquareDeg: 11 },
  { fluxJy: 30e-3, perSquareDeg: 4 },
  { fluxJy: 0.1, perSquareDeg: 1.2 },
  { fluxJy: 0.3, perSquareDeg: 0.3 },
  { fluxJy: 1, perSquareDeg: 0.05 },
  { fluxJy: 3, perSquareDeg: 0.008 },
];
/** As far as the second null of the primary beam. */
const radiusDeg = 5.8;
/** A third of the noise; fainter ones would take most of the simulation's time. */
const faintestApparentJy = 0.1e-3;
const middleHz = 1405e6;

/** Of a subband: enough for the shape of the beams, and the noise is that of all 48. Each takes a minute to simulate. */
export const crowdedChannels = { full: 6, quick: 3 } as const satisfies Record<Size, number>;

/** The same noise with and without a sky, of one tile. */
export interface CrowdedTile {
  readonly folder: string;
  readonly truth: SimulationTruth;
  readonly noiseFolder: string;
}

/** A tile of a realistic population of point sources, into the first sidelobe of the beam, and its thermal noise. */
export async function crowdedTile(data: DataFolder, size: Size): Promise<CrowdedTile> {
  const options = { ...observationSizes[size], nChannels: crowdedChannels[size], seed: 17 };
  const noiseFolder = await data.once(`noise-tile-${size}`, async folder => {
    await simulateObservation({ folder, ...options, sources: [] });
  });
  const [raDeg, decDeg] = truthOf(noiseFolder).tiles[0]!.meridian_icrs_deg[options.nIntegrations / 2]!;
  const folder = await data.once(`crowded-tile-${size}`, async folder => {
    await simulateObservation({ folder, ...options, sources: population({ raDeg, decDeg }) });
  });
  return { folder, truth: truthOf(folder), noiseFolder };
}

function truthOf(folder: string): SimulationTruth {
  return JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as SimulationTruth;
}

function population(center: SkyDirection) {
  const random = randomOf(5);
  const degree = Math.PI / 180;
  const squareDeg = (2 * Math.PI * (1 - Math.cos(radiusDeg * degree))) / degree ** 2;
  const sources = [];
  for (let left = squareDeg * counts[0]!.perSquareDeg; left >= 1; left--) {
    const fluxJy = fluxAt(random() * counts[0]!.perSquareDeg);
    const radius = radiusDeg * Math.sqrt(random());
    const angle = 2 * Math.PI * random();
    const decDeg = center.decDeg + radius * Math.sin(angle);
    const raDeg = center.raDeg + (radius * Math.cos(angle)) / Math.cos(decDeg * degree);
    const spectralIndex = -0.7 + 0.4 * (random() - 0.5);
    const beam = airyPower(separationRad({ raDeg, decDeg }, center), middleHz);
    if (fluxJy * beam > faintestApparentJy) sources.push({ raDeg: (raDeg + 360) % 360, decDeg, fluxJy, spectralIndex });
  }
  return sources;
}

/** The flux above which there are so many sources per square degree. */
function fluxAt(perSquareDeg: number): number {
  const k = Math.max(1, counts.findIndex(point => point.perSquareDeg <= perSquareDeg)); // prettier-ignore
  const [low, high] = counts.at(-1)!.perSquareDeg > perSquareDeg ? counts.slice(-2) : counts.slice(k - 1, k + 1);
  const slope = Math.log(high!.fluxJy / low!.fluxJy) / Math.log(high!.perSquareDeg / low!.perSquareDeg);
  return Math.min(low!.fluxJy * (perSquareDeg / low!.perSquareDeg) ** slope, 5);
}
