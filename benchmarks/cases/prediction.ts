import { describeSource } from '../../src/index.js';
import type { PredictOptions, SkySource } from '../../src/index.js';
import { randomOf } from '../../test/support/random.js';
import type { Case, Contender, Size } from '../case.js';
import { largestDifference } from '../compare.js';
import { nCores } from '../data/data-folder.js';
import { groupIn, observationSizes } from '../data/subband-group.js';
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
      const model = pointsAbout(center, nSources);
      const totalJy = model.reduce((sum, { fluxJy }) => sum + fluxJy, 0);
      return {
        input: { group, model, threads: nCores },
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

/** Points like those of a survey: all over the primary beam and its first sidelobe, many faint ones. */
function pointsAbout({ raDeg, decDeg }: { raDeg: number; decDeg: number }, n: number): SkySource[] {
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
