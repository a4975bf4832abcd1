import { join } from 'node:path';

import { median } from '../../src/core/median.js';
import type { SimulationTruth, SolveOptions } from '../../src/index.js';
import type { Case, Size } from '../case.js';
import { readValues } from '../compare.js';
import { nCores } from '../data/data-folder.js';
import { groupIn, observationSizes } from '../data/subband-group.js';
import { modelOf, nCalibrationSources, truthOf, uncalibratedTile } from '../data/uncalibrated-tile.js';
import { interferenceCases } from './interference.js';
import { predictionCases } from './prediction.js';

interface Setting {
  readonly name: string;
  readonly term: 'bandpass' | 'gain';
  /** Integrations [first, end) that take part; all without. */
  readonly integrations?: readonly [number, number];
}

const settings: readonly Setting[] = [
  { name: 'bandpass', term: 'bandpass' },
  { name: 'gain', term: 'gain', integrations: [10, 15] }, // a minute
  { name: 'gain-of-tile', term: 'gain' },
];

/** Flagging, predicting and solving, from subband files. */
export function calibrationCases(size: Size): Case[] {
  return [...interferenceCases(size), ...predictionCases(size), ...settings.map(setting => solveCase(size, setting))];
}

/** Iterations of StefCal per solution, those after outlying baselines were found included. */
const iterations = 60;

function solveCase(size: Size, { name, term, integrations }: Setting): Case {
  const { nAntennas, nChannels, nIntegrations } = observationSizes[size];
  const [first, end] = integrations ?? [0, nIntegrations];
  const nSolutions = 2 * (term === 'bandpass' ? 16 * nChannels : 1);
  const nVisibilities = ((nAntennas * (nAntennas - 1)) / 2) * (end - first) * 16 * nChannels * 2;
  // Per visibility 8 operations for each source, which two feeds share, and 14 for the sums; per iteration and pair of
  // antennas 10, in double precision: half as many at a time.
  const flops = nVisibilities * (4 * nCalibrationSources + 14) + 2 * 10 * iterations * nSolutions * nAntennas ** 2;
  return {
    name: `calibration/${name}`,
    params: {
      nAntennas,
      nChannels: 16 * nChannels,
      nIntegrations: end - first,
      nSolutions,
      visibilities: nVisibilities,
    },
    threads: nCores,
    unit: 'Mvis/s',
    limit: { kind: 'fma', flopsPerUnit: (flops / nVisibilities) * 1e6 },
    errorMeans: 'median |solved / true - 1|, noise included',
    maxRounds: size === 'full' ? 3 : 5,
    contenders: [
      { name: 'contimg', task: { node: 'solve' } },
      { name: 'numpy StefCal', task: { python: 'solve_numpy' }, peer: 'erfa' },
    ],
    prepare: async data => {
      const folder = await uncalibratedTile(data, size);
      const truth = truthOf(folder);
      const onBandpass = term === 'gain';
      const times = timesMjdSec(truth);
      const timeRange = integrations && ([times(first) - 1, times(end - 1) + 1] as const);
      const refAnt = String(truth.antennas[0]);
      const solve: SolveOptions = { term, refAnt, timeRangeMjdSec: timeRange, threads: nCores };
      const group = groupIn(folder);
      return {
        input: { group, model: modelOf(truth), solve, onBandpass, antennas: truth.antennas.map(String) },
        inputOf: {
          'numpy StefCal': {
            paths: group.files.map(file => file.path).reverse(),
            integrations: [first, end],
            term,
            truth: join(folder, 'truth.json'),
            onBandpass,
          },
        },
        work: nVisibilities / 1e6,
        errorOf: saved => Promise.resolve(gainError(readValues(join(saved, 'gains.f64')), truth, term)),
      };
    },
  };
}

const dayOfJd = 2400000.5;

/** Of gains (antennas, bands ascending in frequency, feeds), against the truth: 1 on top of a bandpass. */
function gainError(values: ArrayLike<number>, { antennas, gains, freq_hz }: SimulationTruth, term: Setting['term']) {
  const nBands = term === 'gain' ? 1 : freq_hz.length;
  const errors: number[] = [];
  for (let feed = 0; feed < 2; feed++)
    for (let k = 0; k < nBands; k++) {
      // Solved over true, up to the phase that all have in common.
      const products = antennas.map((_, a) => {
        const at = 2 * ((a * nBands + k) * 2 + feed);
        const [re, im] = [values[at]!, values[at + 1]!];
        const i = (a * nBands + (nBands - 1 - k)) * 2 + feed; // descending in the files
        const [trueRe, trueIm] = term === 'gain' ? [1, 0] : [gains!.real[i]!, gains!.imag[i]!];
        const power = trueRe ** 2 + trueIm ** 2;
        return { re: (re * trueRe + im * trueIm) / power, im: (im * trueRe - re * trueIm) / power };
      });
      const common = products.reduce((sum, { re, im }) => ({ re: sum.re + re, im: sum.im + im }), { re: 0, im: 0 });
      const size = Math.hypot(common.re, common.im);
      for (const { re, im } of products)
        errors.push(Math.hypot((re * common.re + im * common.im) / size - 1, (im * common.re - re * common.im) / size));
    }
  return median(errors);
}

function timesMjdSec({ tiles, integration_s }: SimulationTruth) {
  return (integration: number) => (tiles[0]!.time_array_0_jd - dayOfJd) * 86400 + integration * integration_s;
}
