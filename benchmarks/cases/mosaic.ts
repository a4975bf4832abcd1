import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../../src/core/addon.js';
import type { Case, Contender, Size } from '../case.js';
import { nCores } from '../data/data-folder.js';
import { mosaicError, mosaicTiles } from '../data/mosaic-tiles.js';

const nTiles = 10;

/** Ten tiles of a drift scan with their primary beams in the page cache to one mosaic on disk, synced. */
export function mosaicCases(size: Size): Case[] {
  return size === 'quick'
    ? [mosaicCase('small-tiles', 512, 24), mosaicCase('large-tiles', 768, 16)]
    : [mosaicCase('small-tiles', 2048, 6), mosaicCase('large-tiles', 4800, 3)];
}

/** They take 20 and 200 times as long as contimg: minutes for larger tiles, and no less of a multiple. */
const maxSlowNpix = 2048;
const slow: readonly Contender[] = [
  { name: 'Montage', task: { python: 'command' }, peer: 'montage' },
  {
    name: 'reproject bilinear',
    task: { python: 'mosaic_reproject' },
    peer: 'reproject',
    input: { threads: nCores },
  },
];

/** What a user types: noise measured, grid planned, all maps, figures and picture. */
export const commandName = '`contimg mosaic`';

function mosaicCase(name: string, npix: number, cellArcsec: number): Case {
  // The mosaic and its weight, as the others make, or the maps of rms and coverage too.
  const ours = (kernel: string, allMaps = false): Contender => {
    const name = `contimg ${kernel}${allMaps ? ', all maps' : ''}`;
    return { name, task: { node: 'mosaic' }, input: { kernel, allMaps, threads: nCores } };
  };
  return {
    name: `mosaic/${name}`,
    params: { tiles: nTiles, npix, cellArcsec },
    threads: nCores,
    unit: 'Mpixel of tiles/s',
    limit: { kind: 'memory', bytesPerUnit: 1e6 * 8 },
    errorMeans: "largest relative error of a source's peak",
    maxRounds: 5,
    contenders: [
      ours('bilinear'),
      ours('lanczos3'),
      ours('optimal'),
      ours('optimal', true),
      { name: commandName, task: { python: 'command' } },
      { name: 'SWarp bilinear', task: { python: 'command' }, peer: 'swarp' },
      { name: 'SWarp lanczos3', task: { python: 'command' }, peer: 'swarp' },
      ...(npix <= maxSlowNpix ? slow : []),
    ],
    prepare: async data => {
      const { folder, tiles, sigma, grid } = await mosaicTiles(data, nTiles, npix, cellArcsec);
      const output = data.scratch('mosaic');
      const { raDeg, decDeg, nx, ny, centerX, centerY } = grid;
      const ourGrid = { wcs: { center: { raDeg, decDeg }, cellArcsec, centerX, centerY }, nx, ny };
      const header = join(folder, 'grid.hdr');
      const montage = join(output, 'montage');
      mkdirSync(montage);
      return {
        input: { tiles, output, grid: ourGrid, sigma, header, sync: true, durable: true },
        inputOf: {
          [commandName]: contimgMosaic(tiles, output),
          'SWarp bilinear': swarp('BILINEAR', tiles, output, folder),
          'SWarp lanczos3': swarp('LANCZOS3', tiles, output, folder),
          Montage: {
            command: ['sh', '-c', montageScript(tiles, montage, header)],
            results: {
              [join(montage, 'mosaic.fits')]: 'mosaic.fits',
              [join(montage, 'mosaic_area.fits')]: 'weight.fits',
            },
          },
        },
        work: (nTiles * npix * npix) / 1e6,
        errorOf: result => {
          const mosaic = join(result, 'mosaic.fits');
          return Promise.resolve(existsSync(mosaic) ? mosaicError(folder, mosaic) : undefined);
        },
      };
    },
  };
}

export function contimgMosaic(tiles: readonly string[], output: string) {
  const name = join(output, 'command');
  const images = tiles.map(tile => `${tile}-image.fits`);
  const main = join(packageRoot(), 'dist', 'cli', 'main.js');
  return {
    command: [process.execPath, main, 'mosaic', ...images, '-o', name, '--threads', `${nCores}`, '--overwrite'],
    results: { [`${name}.fits`]: 'mosaic.fits' },
  };
}

/** SWarp on the same grid, without its background and flux scales; its grid is a header beside the output. */
function swarp(kernel: string, tiles: readonly string[], output: string, folder: string) {
  const name = join(output, `swarp-${kernel}`);
  writeFileSync(`${name}.head`, readFileSync(join(folder, 'grid.hdr')));
  const lists = { images: `${name}-images.list`, weights: `${name}-weights.list` };
  writeFileSync(lists.images, tiles.map(tile => `${tile}-imagepb.fits\n`).join(''));
  writeFileSync(lists.weights, tiles.map(tile => `${tile}-weight.fits\n`).join(''));
  const options = {
    IMAGEOUT_NAME: `${name}.fits`,
    WEIGHTOUT_NAME: `${name}-weight.fits`,
    WEIGHT_TYPE: 'MAP_WEIGHT',
    WEIGHT_IMAGE: `@${lists.weights}`,
    COMBINE_TYPE: 'WEIGHTED',
    RESAMPLING_TYPE: kernel,
    RESAMPLE_DIR: output,
    SUBTRACT_BACK: 'N',
    FSCALASTRO_TYPE: 'NONE',
    FSCALE_KEYWORD: 'NONE',
    WRITE_XML: 'N',
    VERBOSE_TYPE: 'QUIET',
    MEM_MAX: '1024',
    COMBINE_BUFSIZE: '1024',
    NTHREADS: `${nCores}`,
  };
  return {
    command: ['SWarp', `@${lists.images}`, ...Object.entries(options).flatMap(([key, value]) => [`-${key}`, value])],
    versionCommand: ['SWarp', '-v'],
    results: { [`${name}.fits`]: 'mosaic.fits', [`${name}-weight.fits`]: 'weight.fits' },
  };
}

/** Montage's fast projection, two processes at once, then its weighted co-addition. */
function montageScript(tiles: readonly string[], folder: string, header: string): string {
  const projections = tiles.map((tile, i) => {
    const out = join(folder, `p${i}.fits`);
    return `mProjectPP -w ${tile}-weight.fits ${tile}-imagepb.fits ${out} ${header}`;
  });
  return [
    `cd ${folder} && rm -f *.fits *.tbl`,
    `printf '%s\\n' ${projections.map(line => `'${line}'`).join(' ')} | xargs -P ${nCores} -I @ sh -c @`,
    `mkdir -p raw && mv p*.fits raw`,
    `mImgtbl raw images.tbl`,
    `mAdd -p raw images.tbl ${header} mosaic.fits`,
  ].join(' && ');
}
