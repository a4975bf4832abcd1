import ndarray from 'ndarray';
import type { NdArray } from 'ndarray';

import { activePads, dsa110Pads } from '../../src/simulation/dsa110-pads.js';

const degree = Math.PI / 180;
const c = 299792458;

export interface Samples {
  readonly uvwMeters: NdArray<Float64Array>;
  readonly freqHz: Float64Array;
  readonly visibilities: NdArray<Float32Array>;
  readonly weights: NdArray<Float32Array>;
}

/** ITRF position of a WGS84 place, metres. */
function itrf(latitudeDeg: number, longitudeDeg: number, heightMeters: number): [number, number, number] {
  const [latitude, longitude] = [latitudeDeg * degree, longitudeDeg * degree];
  const e2 = 0.0066943799901413;
  const radius = 6378137 / Math.sqrt(1 - e2 * Math.sin(latitude) ** 2);
  return [
    (radius + heightMeters) * Math.cos(latitude) * Math.cos(longitude),
    (radius + heightMeters) * Math.cos(latitude) * Math.sin(longitude),
    (radius * (1 - e2) + heightMeters) * Math.sin(latitude),
  ];
}

/** Baselines of DSA-110's dishes in use on the meridian, autocorrelations included; `keep` chooses by antennas. */
export function dsa110Baselines(
  decDeg: number,
  nFreqs: number,
  keep: (first: number, second: number) => boolean = () => true,
): Pick<Samples, 'uvwMeters' | 'freqHz'> {
  const positions = activePads
    .map(number => dsa110Pads[number - 1]!)
    .map(pad => itrf(pad.latitudeDeg, pad.longitudeDeg, pad.heightMeters));
  const [h, d] = [-118.283 * degree, decDeg * degree];
  const axes = [
    [-Math.sin(h), Math.cos(h), 0],
    [-Math.sin(d) * Math.cos(h), -Math.sin(d) * Math.sin(h), Math.cos(d)],
    [Math.cos(d) * Math.cos(h), Math.cos(d) * Math.sin(h), Math.sin(d)],
  ];
  const uvw: number[] = [];
  positions.forEach((first, i) =>
    positions.slice(i).forEach((second, k) => {
      if (keep(i, i + k))
        for (const axis of axes) uvw.push(axis.reduce((s, a, n) => s + a * (second[n]! - first[n]!), 0));
    }),
  );
  return {
    uvwMeters: ndarray(Float64Array.from(uvw), [uvw.length / 3, 3]),
    freqHz: Float64Array.from({ length: nFreqs }, (_, channel) => 1311e6 + (187.5e6 * channel) / nFreqs),
  };
}

/** Random visibilities on every third baseline of DSA-110's dishes in use, observed on the meridian. */
export function dsa110Samples(decDeg: number, nFreqs: number, random: () => number): Samples {
  const { uvwMeters, freqHz } = dsa110Baselines(decDeg, nFreqs, (_, second) => second % 3 === 0);
  const nBlts = uvwMeters.shape[0]!;
  const fill = (length: number, value: () => number) => Float32Array.from({ length }, value);
  return {
    uvwMeters,
    freqHz,
    visibilities: ndarray(
      fill(nBlts * nFreqs * 2, () => random() - 0.5),
      [nBlts, nFreqs, 2],
    ),
    weights: ndarray(
      fill(nBlts * nFreqs, () => Math.max(0, random() - 0.2)),
      [nBlts, nFreqs],
    ),
  };
}

/** u l + v m + w (n - 1) of a visibility towards a pixel, in turns. docs/conventions.md sections 2 and 8. */
export function turns(
  samples: Samples,
  row: number,
  channel: number,
  npix: number,
  cellRad: number,
  y: number,
  x: number,
) {
  const l = -(x - npix / 2) * cellRad;
  const m = (y - npix / 2) * cellRad;
  const n = Math.sqrt(1 - l * l - m * m);
  const [u, v, w] = [0, 1, 2].map(axis => samples.uvwMeters.get(row, axis)) as [number, number, number];
  return ((u * l + v * m + w * (n - 1)) * samples.freqHz[channel]!) / c;
}
