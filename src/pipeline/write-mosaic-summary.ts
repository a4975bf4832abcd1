import { writeFile } from 'node:fs/promises';

import { readFits, renderPng } from '../fits/index.js';
import { findPeaks } from '../mosaic/index.js';
import type { MosaicFiles } from '../mosaic/index.js';
import { measureMosaic } from './validate-mosaic.js';

/** How many sources a summary names and its picture marks. */
const maxSources = 500;

/**
 * Writes what goes with the files of a mosaic: `NAME.png`, with circles around sources and lines where the number of tiles
 * changes, and `NAME.json`, its figures: noise, coverage, dynamic range, every tile with its agreement, every check.
 *
 * @param name - as given to `mosaicFiles`.
 * @returns the two paths.
 */
export async function writeMosaicSummary(name: string, made: MosaicFiles): Promise<[png: string, json: string]> {
  const [main, , rmsPath, coveragePath] = made.files as [string, string, string, string];
  const [mosaic, rms, coverage] = [await readFits(main), await readFits(rmsPath), await readFits(coveragePath)];
  const sources = findPeaks(mosaic, rms).slice(0, maxSources);
  const paths: [string, string] = [`${name}.png`, `${name}.json`];
  await writeFile(paths[0], renderPng(mosaic, { marks: sources, stepsOf: coverage }));
  const { grid, tiles, leftOut, checks } = made;
  const statistics = measureMosaic(mosaic, rms);
  const figures = { grid, beam: mosaic.beam, freqHz: mosaic.freqHz, statistics, tiles, leftOut, checks, sources };
  await writeFile(paths[1], JSON.stringify(figures, null, 2));
  return paths;
}
