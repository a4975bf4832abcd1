import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';

import { convertToMs, simulateObservation } from '../../src/index.js';
import { packageRoot } from '../../src/core/addon.js';
import type { Case, Size } from '../case.js';
import { nCores } from '../data/data-folder.js';
import type { DataFolder } from '../data/data-folder.js';
import { groupIn, observationSizes } from '../data/subband-group.js';
import { truthOf } from '../data/uncalibrated-tile.js';
import { debianPython } from '../peers.js';

/** Part of the visibilities with each kind of interference that is flagged, and of those without as `false`. */
type Score = Readonly<Record<string, number>>;

/** Tiles with known interference. */
interface Setting {
  readonly name: string;
  readonly nAntennas: number;
  readonly nChannels: number;
  readonly nSources: number;
  readonly nTiles: number;
  /** Amplitudes in sigma of a baseline: narrow, broad, sporadic, partial (inject-interference.py); 0 for none. */
  readonly strengths: readonly [number, number, number, number];
}

/** Seed of the first tile of a setting; no threshold was chosen on these. */
const firstSeed = 301;

/** Flags of tiles with known interference, on all baselines and on some, in their MeasurementSets. */
export function interferenceCases(size: Size): Case[] {
  const tile = { ...observationSizes[size], nSources: 30, nTiles: 1 };
  const rates: readonly (readonly [number, number, Setting['strengths']])[] = [
    [14, 24, [2, 2, 10, 0]],
    [14, 24, [1, 1, 5, 0]],
    [14, 24, [1, 1, 20, 0]],
    [24, 12, [2, 2, 10, 0]],
    [24, 12, [0.5, 0.5, 5, 0]],
    [14, 6, [2, 2, 10, 0]],
    [48, 3, [2, 2, 10, 0]],
    [14, 3, [2, 2, 10, 0]],
    [14, 24, [0, 0, 0, 3]],
    [24, 12, [0, 0, 0, 2.5]],
    [14, 24, [0, 0, 0, 10]],
    [14, 24, [0, 0, 0, 0]],
    [14, 3, [0, 0, 0, 0]],
  ];
  const settings: Setting[] = [
    { ...tile, name: 'interference', strengths: [2, 2, 10, 0] },
    { ...tile, name: 'interference-faint', strengths: [0.5, 0.5, 5, 0] },
    ...rates.map(([nAntennas, nChannels, strengths]): Setting => {
      const name = `flag-rates-${nAntennas}x${nChannels}-${strengths.join('-')}`;
      return { name, nAntennas, nChannels, strengths, nSources: 6, nTiles: size === 'full' ? 10 : 2 };
    }),
  ];
  return settings.map(interferenceCase);
}

function interferenceCase(setting: Setting): Case {
  const { name, nAntennas, nChannels, nTiles } = setting;
  const { nIntegrations } = observationSizes.full;
  const nVisibilities = ((nAntennas * (nAntennas + 1)) / 2) * nIntegrations * 16 * nChannels * 2 * nTiles;
  return {
    name: `calibration/${name}`,
    params: { nAntennas, nChannels: 16 * nChannels, nIntegrations, nTiles, visibilities: nVisibilities },
    threads: nCores,
    unit: 'Mvis/s',
    // Both passes take them all from memory.
    limit: { kind: 'memory', bytesPerUnit: 2 * 13e6 },
    errorMeans: 'part of the clean visibilities that is flagged; then the parts found of each kind of interference',
    runsOnce: true, // AOFlagger takes minutes
    contenders: [
      { name: 'contimg', task: { node: 'flag' } },
      { name: 'AOFlagger', task: { python: 'command' }, peer: 'aoflagger' },
    ],
    prepare: async data => {
      const tiles = await spoiltTiles(data, setting);
      const folder = data.scratch(name);
      const copies = (whose: string) => tiles.map((_, i) => join(folder, `${whose}-${i}.ms`));
      const [ours, theirs] = [copies('ours'), copies('theirs')];
      // AOFlagger overwrites its flags.
      tiles.forEach((tile, i) => cpSync(msIn(tile), theirs[i]!, { recursive: true }));
      const scoreOf = (saved: string) => meanScore(tiles, basename(saved) === 'contimg' ? ours : theirs);
      return {
        input: { tiles: tiles.map((tile, i) => ({ original: msIn(tile), ms: ours[i] })) },
        inputOf: {
          AOFlagger: {
            // A full tile in memory takes AOFlagger more than 22 GB: it reads a reordered copy instead.
            command: ['aoflagger', '-j', String(nCores), ...(nTiles === 1 ? ['-indirect-read'] : []), ...theirs],
            folder, // its reordered copy comes there
            versionCommand: ['aoflagger', '--version'],
          },
        },
        work: nVisibilities / 1e6,
        errorOf: saved => Promise.resolve(scoreOf(saved).false),
        figuresOf: saved => {
          const found = Object.entries(scoreOf(saved)).filter(([kind]) => kind !== 'false');
          return Promise.resolve(Object.fromEntries(found));
        },
      };
    },
  };
}

const msIn = (tile: string) => join(tile, 'spoilt.ms');
const masksIn = (tile: string) => join(tile, 'masks.npz');

/** Folders, each with a MeasurementSet and with masks of what was put into it. */
async function spoiltTiles(data: DataFolder, setting: Setting): Promise<string[]> {
  const { name, nTiles, strengths, nAntennas, nChannels, nSources } = setting;
  const { nIntegrations } = observationSizes.full;
  const folder = await data.once(`${name}-${nAntennas}x${nChannels}-${nTiles}`, async unfinished => {
    for (let i = 0; i < nTiles; i++) {
      const tile = join(unfinished, String(i));
      const seed = firstSeed + i;
      mkdirSync(tile, { recursive: true });
      const files = data.scratch('observation');
      await simulateObservation({ folder: files, nAntennas, nChannels, nIntegrations, nSources, seed });
      await convertToMs(groupIn(files), { path: msIn(tile), autocorrelations: true });
      const how = [truthOf(files).noise_sigma_jy, seed, ...strengths].map(String);
      python('inject-interference.py', msIn(tile), masksIn(tile), ...how);
      data.scratch('observation');
    }
  });
  return Array.from({ length: nTiles }, (_, i) => join(folder, String(i)));
}

/** Of the flags in a MeasurementSet per tile. */
function meanScore(tiles: readonly string[], flagged: readonly string[]): Score {
  const scores = tiles.flatMap(
    (tile, i) => JSON.parse(python('score-flags.py', masksIn(tile), flagged[i]!)) as [Score],
  );
  const kinds = Object.keys(scores[0]!);
  return Object.fromEntries(
    kinds.map(kind => [kind, scores.reduce((sum, score) => sum + score[kind]!, 0) / scores.length]),
  );
}

function python(script: string, ...args: string[]): string {
  const path = join(packageRoot(), 'test', '55-calibration', script);
  return execFileSync(debianPython, [path, ...args], { encoding: 'utf8' });
}
