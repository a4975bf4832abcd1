import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { flagVisibilities, predictVisibilities, solveCalibration, writeFlags } from '../../src/index.js';
import type { PredictOptions, SkySource, SolveOptions } from '../../src/index.js';
import type { Group } from '../data/subband-group.js';
import { pointsAbout } from '../data/survey-points.js';
import type { Task } from './index.js';

interface PredictInput extends Pick<PredictOptions, 'method' | 'threads'> {
  readonly group: Group;
  readonly center: Parameters<typeof pointsAbout>[0];
  readonly nSources: number;
}

interface SolveInput {
  readonly group: Group;
  readonly model: readonly SkySource[];
  readonly solve: SolveOptions;
  /** A bandpass is solved for first, which is not timed, and the solution goes on top of it. */
  readonly onBandpass: boolean;
  /** Names, in the order in which gains are saved. */
  readonly antennas: readonly string[];
}

/** MeasurementSets to flags in them; each run starts from their originals. */
export function flagTask({ tiles }: { tiles: readonly { original: string; ms: string }[] }): Promise<Task> {
  return Promise.resolve({
    before: async () => {
      for (const { original, ms } of tiles) {
        await rm(ms, { recursive: true, force: true });
        await cp(original, ms, { recursive: true });
      }
    },
    run: async () => {
      for (const { ms } of tiles)
        await writeFlags(ms, await flagVisibilities(ms, { autocorrelations: false, shadowed: false }));
      return () => Promise.resolve();
    },
  });
}

/** A sky model to visibilities in memory. */
export function predictTask({ group, center, nSources, ...options }: PredictInput): Promise<Task> {
  const model = pointsAbout(center, nSources);
  return Promise.resolve({
    run: async () => {
      const { visibilities } = await predictVisibilities(group, model, options);
      const [nRows, nChannels] = visibilities.shape as [number, number, number];
      // Copies: the contenders of a case wait for each other, and a tile for each of them does not fit into memory.
      const rows: Uint8Array[] = [];
      for (let row = 0; row < nRows; row += sampledRows)
        rows.push(new Uint8Array(visibilities.data.slice(row * nChannels * 2, (row + 1) * nChannels * 2).buffer));
      return folder => writeFile(join(folder, 'rows.f32'), Buffer.concat(rows));
    },
  });
}

/** Every so manieth row is compared. */
const sampledRows = 61;

/** Subband files to the gains of the antennas. */
export async function solveTask({ group, model, solve, onBandpass, antennas }: SolveInput): Promise<Task> {
  const { refAnt, threads } = solve;
  const prior = onBandpass ? [await solveCalibration(group, model, { term: 'bandpass', refAnt, threads })] : [];
  return {
    run: async () => {
      const solved = await solveCalibration(group, model, { ...solve, prior });
      return async folder => {
        const [, , nBands, nFeeds] = solved.values.shape as [number, number, number, number];
        const gains: number[] = [];
        for (const name of antennas) {
          const a = solved.antennaNames.indexOf(name);
          for (let k = 0; k < nBands; k++)
            for (let f = 0; f < nFeeds; f++) {
              const good = solved.flags.get(0, a, k, f) === 0;
              for (const part of [0, 1]) gains.push(good ? solved.values.get(0, a, k, f, part) : 0);
            }
        }
        await writeFile(join(folder, 'gains.f64'), Float64Array.from(gains));
      };
    },
  };
}
