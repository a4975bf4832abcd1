import ndarray from 'ndarray';

import type { ImageWcs, SkyImage } from '../../src/fits/types.js';

/** A SkyImage for tests: 1.4 GHz, beam of five pixels, whatever `pixels(x, y)` gives. */
export function makeSkyImage(
  shape: readonly [ny: number, nx: number],
  pixels: (x: number, y: number) => number,
  fields: Partial<SkyImage> & { wcs?: ImageWcs } = {},
): SkyImage {
  const [ny, nx] = shape;
  const data = new Float32Array(ny * nx);
  for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++) data[y * nx + x] = pixels(x, y);
  const wcs: ImageWcs = fields.wcs ?? {
    center: { raDeg: 343.2, decDeg: 16.15 },
    cellArcsec: 6,
    centerX: nx >> 1,
    centerY: ny >> 1,
  };
  return {
    pixels: ndarray(data, [ny, nx]),
    unit: 'Jy/beam',
    stokes: 'I',
    beam: { majorArcsec: 5 * wcs.cellArcsec, minorArcsec: 5 * wcs.cellArcsec, positionAngleDeg: 0 },
    freqHz: 1.405e9,
    bandwidthHz: 187.5e6,
    dateObs: '2026-01-25T22:00:05Z',
    midTimeMjdSec: 61065 * 86400 + 79359.5,
    exposureSec: 309.24,
    telescopeName: 'OVRO_MMA',
    objectName: 'drift_ra343',
    keywords: {},
    history: [],
    ...fields,
    wcs,
  };
}
