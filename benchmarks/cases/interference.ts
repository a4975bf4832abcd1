import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';

import { convertToMs } from '../../src/index.js';
import { packageRoot } from '../../src/core/addon.js';
import type { Case, Size } from '../case.js';
import { nCores } from '../data/data-folder.js';
import type { DataFolder } from '../data/data-folder.js';
import { groupIn, observationSizes, simulatedFolder } from '../data/subband-group.js';
import { truthOf } from '../data/uncalibrated-tile.js';
import { debianPython } from '../peers.js';

const kinds = ['narrow', 'broad', 'sporadic'] as const;
type Score = Readonly<Record<(typeof kinds)[number] | 'false', number>>;

/** Amplitudes of each kind, sigma of a baseline. */
const strengths = { interference: [2, 2, 10], 'interference-faint': [0.5, 0.5, 5] } as const;

/** A tile with known interference, on all baselines and on some, flagged in its MeasurementSet. */
export function interferenceCases(size: Size): Case[] {
  return (Object.keys(strengths) as (keyof typeof strengths)[]).map(name => interferenceCase(size, name));
}

function interferenceCase(size: Size, name: keyof typeof strengths): Case {
  const { nAntennas, nChannels, nIntegrations } = observationSizes[size];
  const nVisibilities = ((nAntennas * (nAntennas + 1)) / 2) * nIntegrations * 16 * nChannels * 2;
  return {
    name: `calibration/${name}`,
    params: { nAntennas, nChannels: 16 * nChannels, nIntegrations, visibilities: nVisibilities },
    threads: nCores,
    unit: 'Mvis/s',
    // Both passes take them all from memory.
    limit: { kind: 'memory', bytesPerUnit: 2 * 13e6 },
    errorMeans: 'part of the clean visibilities that is flagged; then the parts found of each kind of interference',
    maxRounds: size === 'full' ? 2 : 3,
    contenders: [
      { name: 'contimg', task: { node: 'flag' } },
      { name: 'AOFlagger', task: { python: 'command' }, peer: 'aoflagger' },
    ],
    prepare: async data => {
      const ms = await spoiltMs(data, size, name);
      const masks = `${ms}/masks.npz`;
      const folder = data.scratch(name);
      const [ours, theirs] = ['ours.ms', 'theirs.ms'].map(name => join(folder, name)) as [string, string];
      const original = join(ms, 'spoilt.ms');
      cpSync(original, theirs, { recursive: true }); // AOFlagger overwrites its flags
      const scoreOf = (saved: string) => {
        const flagged = basename(saved) === 'contimg' ? ours : theirs;
        return (JSON.parse(python('score-flags.py', masks, flagged)) as [Score])[0];
      };
      return {
        input: { original, ms: ours },
        inputOf: {
          AOFlagger: {
            command: ['aoflagger', '-j', String(nCores), theirs],
            versionCommand: ['aoflagger', '--version'],
          },
        },
        work: nVisibilities / 1e6,
        errorOf: saved => Promise.resolve(scoreOf(saved).false),
        figuresOf: saved => {
          const score = scoreOf(saved);
          return Promise.resolve(Object.fromEntries(kinds.map(kind => [kind, score[kind]])));
        },
      };
    },
  };
}

/** A folder with the MeasurementSet, and with masks of what was put into it. */
function spoiltMs(data: DataFolder, size: Size, name: keyof typeof strengths): Promise<string> {
  return data.once(`${name}-${size}`, async unfinished => {
    const folder = await simulatedFolder(data, size);
    const path = join(unfinished, 'spoilt.ms');
    mkdirSync(unfinished);
    await convertToMs(groupIn(folder), { path, autocorrelations: true });
    const how = [truthOf(folder).noise_sigma_jy, 5, ...strengths[name]].map(String);
    python('inject-interference.py', path, join(unfinished, 'masks.npz'), ...how);
  });
}

function python(script: string, ...args: string[]): string {
  const path = join(packageRoot(), 'test', '55-calibration', script);
  return execFileSync(debianPython, [path, ...args], { encoding: 'utf8' });
}
