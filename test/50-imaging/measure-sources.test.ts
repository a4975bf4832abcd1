import { expect, test } from 'vitest';

import { InvalidArgumentError } from '../../src/core/errors.js';
import type { Beam } from '../../src/fits/types.js';
import { pixelToSky } from '../../src/fits/wcs.js';
import { measureSources } from '../../src/imaging/measure-sources.js';
import { randomOf } from '../support/random.js';
import { makeSkyImage } from '../support/sky-image.js';

const beam: Beam = { majorArcsec: 38, minorArcsec: 21, positionAngleDeg: 30 };
const wcs = { center: { raDeg: 359.99, decDeg: 54.5 }, cellArcsec: 4, centerX: 64, centerY: 64 };

/** A standard normal number from uniform ones (Box and Muller). */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A beam's value at an offset in pixels, x to the west. */
function beamValue(dx: number, dy: number, { majorArcsec, minorArcsec, positionAngleDeg } = beam): number {
  const angle = (positionAngleDeg * Math.PI) / 180;
  const [east, north] = [-dx * wcs.cellArcsec, dy * wcs.cellArcsec];
  const along = east * Math.sin(angle) + north * Math.cos(angle);
  const across = east * Math.cos(angle) - north * Math.sin(angle);
  return Math.exp(-4 * Math.LN2 * ((along / majorArcsec) ** 2 + (across / minorArcsec) ** 2));
}

function imageOf(sources: readonly { x: number; y: number; flux: number }[], noise = 0, seed = 1) {
  const random = randomOf(seed);
  return makeSkyImage(
    [128, 128],
    (x, y) =>
      sources.reduce((sum, s) => sum + s.flux * beamValue(x - s.x, y - s.y), 0) +
      (noise ? noise * gaussian(random) : 0),
    { wcs, beam },
  );
}

test('measures a point source between pixels to its flux and position, with a search that starts beside it', () => {
  const source = { x: 40.37, y: 71.82, flux: 0.7 };
  const [found] = measureSources(imageOf([source]), [pixelToSky(wcs, source.x + 2, source.y - 3)]);
  expect(found!.fluxJy).toBeCloseTo(0.7, 4);
  // To the east and to the north where the source is, not at the center of the image.
  const [there, from] = [pixelToSky(wcs, source.x, source.y), pixelToSky(wcs, source.x + 2, source.y - 3)];
  const cosine = Math.cos((there.decDeg * Math.PI) / 180);
  expect(found!.eastArcsec).toBeCloseTo((there.raDeg - from.raDeg) * cosine * 3600, 2);
  expect(found!.northArcsec).toBeCloseTo((there.decDeg - from.decDeg) * 3600, 2);
  const truth = pixelToSky(wcs, source.x, source.y);
  expect(found!.position.raDeg).toBeCloseTo(truth.raDeg, 6);
  expect(found!.position.decDeg).toBeCloseTo(truth.decDeg, 6);
});

test.each([-80, 0, 45, 90])(
  'measures where the beam is narrower than two pixels, at a position angle of %d degrees',
  angle => {
    const narrow: Beam = { majorArcsec: 42, minorArcsec: 7, positionAngleDeg: angle };
    for (const [dx, dy] of [
      [0.18, 0.08],
      [0.5, -0.5],
      [0, 0],
    ] as const) {
      const image = makeSkyImage([128, 128], (x, y) => 2 * beamValue(x - 60 - dx, y - 50 - dy, narrow), {
        wcs,
        beam: narrow,
      });
      const [found] = measureSources(image, [pixelToSky(wcs, 60 + dx, 50 + dy)]);
      expect(found!.fluxJy).toBeCloseTo(2, 3);
      expect(Math.hypot(found!.eastArcsec, found!.northArcsec)).toBeLessThan(0.01);
    }
  },
);

test('scatters by the noise and by the beam over twice the signal-to-noise ratio', () => {
  const signalToNoise = 30;
  const errors = Array.from({ length: 40 }, (_, seed) => {
    const image = imageOf([{ x: 60.4, y: 50.7, flux: 1 }], 1 / signalToNoise, seed + 1);
    return measureSources(image, [pixelToSky(wcs, 60.4, 50.7)])[0]!;
  });
  const rms = (values: number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
  expect(rms(errors.map(e => e.fluxJy - 1))).toBeLessThan(1 / signalToNoise);
  expect(rms(errors.map(e => e.eastArcsec))).toBeLessThan(beam.majorArcsec / (2 * signalToNoise));
  expect(rms(errors.map(e => e.northArcsec))).toBeLessThan(beam.majorArcsec / (2 * signalToNoise));
});

test('returns undefined outside the image, on blank pixels and on empty sky', () => {
  const image = imageOf([{ x: 60, y: 50, flux: 1 }]);
  image.pixels.set(51, 61, NaN);
  const positions = [{ raDeg: 10, decDeg: 54.5 }, { raDeg: 180, decDeg: -54.5 }, pixelToSky(wcs, 60, 50)];
  expect(measureSources(image, positions)).toEqual([undefined, undefined, undefined]);
  const empty = makeSkyImage([64, 64], () => -1, { beam });
  expect(measureSources(empty, [empty.wcs.center])).toEqual([undefined]);
});

test('refuses an image without a beam', () => {
  const image = makeSkyImage([64, 64], () => 0, { beam: undefined });
  expect(() => measureSources(image, [])).toThrow(InvalidArgumentError);
});
