import { describeSource } from '../../src/index.js';
import type { PredictOptions } from '../../src/index.js';
import type { Case, Contender, Size } from '../case.js';
import { largestDifference } from '../compare.js';
import { nCores } from '../data/data-folder.js';
import { groupIn, observationSizes } from '../data/subband-group.js';
import { pointsAbout } from '../data/survey-points.js';
import { uncalibratedTile } from '../data/uncalibrated-tile.js';

interface Setting {
  readonly nSources: number;
  /** Ways to predict beside that which contimg chooses; the first is the truth. */
  readonly beside: readonly Exclude<PredictOptions['method'], 'cheapest' | undefined>[];
}

const settings: readonly Setting[] = [
  { nSources: 10, beside: ['channels', 'nodes'] },
  { nSources: 100, beside: ['channels', 'nodes', 'degridding'] },
  { nSources: 1000, beside: ['channels', 'nodes', 'degridding'] },
  { nSources: 10000, beside: ['nodes', 'degridding'] },
];

/** Names of contenders by method; `cheapest` is what contimg does by itself. */
const names = {
  channels: 'sum at every channel',
  nodes: 'sum at nodes',
  degridding: 'degridding',
} as const;

/** The visibilities of sky models of few and many points, from sources to an array in memory. */
export function predictionCases(size: Size): Case[] {
  return settings.map(setting => predictionCase(size, setting));
}

function predictionCase(size: Size, { nSources, beside }: Setting): Case {
  const { nAntennas, nChannels, nIntegrations } = observationSizes[size];
  const visibilities = ((nAntennas * (nAntennas + 1)) / 2) * nIntegrations * 16 * nChannels;
  const contenders: Contender[] = [
    { name: 'contimg', task: { node: 'predict' } },
    ...beside.map(method => ({ name: names[method], task: { node: 'predict' }, input: { method } })),
  ];
  return {
    name: `calibration/prediction-${nSources}`,
    params: { nAntennas, nChannels: 16 * nChannels, nIntegrations, nSources, visibilities },
    threads: nCores,
    unit: 'Mvis/s',
    // 8 operations for each source of a visibility, where its phasors are known.
    limit: { kind: 'fma', flopsPerUnit: 8e6 * nSources },
    errorMeans: `largest difference from the ${names[beside[0]!]}, over the flux of all sources`,
    ...(size === 'full' && nSources >= 1000 ? { runsOnce: true } : { maxRounds: size === 'full' ? 3 : 5 }),
    contenders,
    prepare: async data => {
      const group = groupIn(await uncalibratedTile(data, size));
      const { phaseCenters } = await describeSource(group);
      const center = phaseCenters[phaseCenters.length >> 1]!;
      const totalJy = pointsAbout(center, nSources).reduce((sum, { fluxJy }) => sum + fluxJy, 0);
      return {
        // The model itself would be too long for a command line.
        input: { group, center, nSources, threads: nCores },
        work: visibilities / 1e6,
        errorOf: (folder, saved) => {
          const truth = saved.get(names[beside[0]!]);
          if (truth === undefined) return Promise.resolve(undefined);
          return Promise.resolve(largestDifference(folder, truth, ['rows.f32']) / totalJy);
        },
      };
    },
  };
}
