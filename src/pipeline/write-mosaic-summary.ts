import { writeFile } from 'node:fs/promises';

import type { SkySource } from '../calibration/index.js';
import { readFits, renderPng } from '../fits/index.js';
import { readFitsOver } from '../fits/read-fits.js';
import type { SkyImage } from '../fits/index.js';
import { findPeaks } from '../mosaic/index.js';
import type { MosaicFiles } from '../mosaic/index.js';
import type { CleanCycle, CleanStop } from '../imaging/index.js';
import { checkAbsent } from './check-absent.js';
import { compareCatalogue } from './compare-catalogue.js';
import type { CatalogueComparison } from './compare-catalogue.js';
import { measureMosaic } from './validate-mosaic.js';

/** How many sources a summary names and its picture marks. */
const maxSources = 500;

/** What was written beside the files of a mosaic. */
export interface MosaicSummary {
  /** The picture's and the figures'. */
  readonly files: readonly [png: string, json: string];
  /** Where a catalogue was given. */
  readonly catalogue?: CatalogueComparison | undefined;
}

/** A mosaic in files, and what its summary tells of: of one of images what `mosaicFiles` gives. */
export interface SummarizedMosaic extends Pick<MosaicFiles, 'files' | 'grid' | 'leftOut' | 'checks'> {
  readonly tiles: readonly object[];
  /** Of a joint mosaic. */
  readonly clean?: { readonly cycles: readonly CleanCycle[]; readonly stop: CleanStop } | undefined;
}

/**
 * Writes what goes with the files of a mosaic: `NAME.png`, with circles around sources and lines where the number of tiles
 * changes, and `NAME.json`, its figures: noise, coverage, dynamic range, every tile with its agreement, every check.
 *
 * @param name - as given to `mosaicFiles`.
 * @param catalogue - sources whose fluxes and positions the mosaic's are compared with.
 */
export async function writeMosaicSummary(
  name: string,
  made: SummarizedMosaic,
  catalogue?: readonly SkySource[],
): Promise<MosaicSummary> {
  const [main, , rmsPath, coveragePath] = made.files as [string, string, string, string];
  const mosaic = await readFits(main);
  const rms = await readFits(rmsPath);
  const { sources, ...figures } = figuresOf(mosaic, rms, catalogue);
  const files = [`${name}.png`, `${name}.json`] as const;
  const coverage = await readFitsOver(coveragePath, rms); // two images in memory, not three
  await writeFile(files[0], renderPng(mosaic, { marks: sources, stepsOf: coverage }));
  const { grid, tiles, leftOut, checks, clean } = made;
  const { beam, freqHz } = mosaic;
  const all = { grid, beam, freqHz, tiles, leftOut, checks, clean, sources, ...figures };
  await writeFile(files[1], JSON.stringify(all, null, 2));
  return { files, catalogue: figures.catalogue };
}

/**
 * Refuses a name under which a summary exists, before any work is done.
 *
 * @throws {OutputExistsError}
 */
export function checkMosaicSummaryAbsent(name: string): Promise<void> {
  return checkAbsent([`${name}.png`, `${name}.json`]);
}

function figuresOf(mosaic: SkyImage, rms: SkyImage, catalogue?: readonly SkySource[]) {
  return {
    statistics: measureMosaic(mosaic, rms),
    sources: findPeaks(mosaic, rms).slice(0, maxSources),
    catalogue: catalogue && compareCatalogue(mosaic, rms, catalogue),
  };
}
