import { join } from 'node:path';

import { execa } from 'execa';

import { packageRoot } from '../src/core/addon.js';
import type { Measurement } from './case.js';
import type { Peers } from './peers.js';

/**
 * Draws seconds against pixels and against visibilities, a line per contender and number of threads.
 *
 * @throws {Error} no scaling case ran, or matplotlib is not to be had.
 */
export async function plotScaling(path: string, measurements: readonly Measurement[], peers: Peers): Promise<void> {
  const points = measurements
    .filter(({ case: name, median_s }) => name.startsWith('gridding/scaling-') && median_s !== null)
    .map(({ contender, threads, params, median_s }) => ({
      line: `${contender}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
      npix: Number(params.npix),
      mvis: (Number(params.rows) * Number(params.channels)) / 1e6,
      seconds: median_s,
    }));
  if (points.length === 0)
    throw new Error('Expected scaling cases to plot: npm run bench -- gridding/scaling --plot FILE');
  const peer = await peers.find('matplotlib');
  if ('absent' in peer) throw new Error(`No plot: matplotlib is ${peer.absent}`);
  const script = join(packageRoot(), 'benchmarks', 'python', 'plot_scaling.py');
  await execa(peer.python, [script, path], { input: JSON.stringify(points) });
}
