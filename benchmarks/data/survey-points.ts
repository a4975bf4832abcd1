import type { SkySource } from '../../src/index.js';
import { randomOf } from '../../test/support/random.js';

/** Points like those of a survey: all over the primary beam and its first sidelobe, many faint ones; the same for the same number. */
export function pointsAbout({ raDeg, decDeg }: { raDeg: number; decDeg: number }, n: number): SkySource[] {
  const random = randomOf(n);
  return Array.from({ length: n }, () => {
    const [radius, angle] = [3.5 * Math.sqrt(random()), 2 * Math.PI * random()];
    return {
      raDeg: raDeg + (radius * Math.sin(angle)) / Math.cos((decDeg * Math.PI) / 180),
      decDeg: decDeg + radius * Math.cos(angle),
      fluxJy: 0.01 / Math.max(1e-3, random()),
      spectralIndex: -0.7 + 0.6 * (random() - 0.5),
    };
  });
}
