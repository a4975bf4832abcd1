import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readFits, skyToPixel, writeFits } from '../../src/fits/index.js';
import type { CatalogueComparison } from '../../src/index.js';
import { contimg } from '../support/contimg-command.js';
import { makeMemoryFolder } from '../support/memory-folder.js';
import { makeTile, spiral } from '../support/mosaic-tiles.js';
import { randomOf } from '../support/random.js';

/** Far enough apart not to touch. */
const sources = spiral({ raDeg: 0.02, decDeg: 16.1 }, 0.35, 12);
const noise = { a: 0.004, b: 0.004, c: 0.04 };

let folder: string;
beforeAll(async () => {
  folder = makeMemoryFolder('contimg-mosaic-');
  const random = randomOf(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  for (const [i, [name, rmsJyBeam]] of Object.entries(noise).entries()) {
    const center = { raDeg: (359.85 + 0.2 * i) % 360, decDeg: 16.1 };
    const size = { npix: 240, cellArcsec: 12, beamPixels: 5, beamFwhmDeg: 0.6 };
    const { image, primaryBeam } = makeTile({ center, ...size, rmsJyBeam, sources });
    image.pixels.data.forEach((value, at, data) => (data[at] = value + rmsJyBeam * normal()));
    await writeFits(join(folder, `${name}-image.fits`), { ...image, objectName: name });
    await writeFits(join(folder, `${name}-pb.fits`), primaryBeam);
  }
});
afterAll(() => rm(folder, { recursive: true }));

const tiles = ['a-image.fits', 'b-image.fits', 'c-image.fits'];
const mosaic = (...args: string[]) => contimg(['mosaic', ...args], { cwd: folder });

interface Figures {
  files: string[];
  tiles: { id: string; rmsJyBeam: number; agreement: { chiSquare: number; fluxRatio: number } }[];
  leftOut: { id: string; reason: string }[];
  checks: { check: string; tile: string; passed: boolean }[];
  sources: { raDeg: number; decDeg: number; fluxJyBeam: number }[];
  statistics: { peakJyBeam: number; coverage: number };
  catalogue: CatalogueComparison;
}

describe('contimg mosaic', () => {
  it('makes a mosaic, its maps, its figures and its picture of files', async () => {
    const run = await mosaic(...tiles, '-o', 'strip', '--compare', '--max-pixels', '1e6', '--json');
    expect(run.exitCode, run.stderr).toBe(0);
    const printed = JSON.parse(run.stdout) as Figures;
    const ends = ['.fits', '-weight.fits', '-rms.fits', '-coverage.fits', '-chi2.fits', '.png', '.json'];
    expect(printed.files).toEqual(ends.map(end => `strip${end}`));
    expect((await readdir(folder)).filter(name => name.startsWith('strip')).sort()).toEqual(printed.files.sort());

    const figures = JSON.parse(readFileSync(join(folder, 'strip.json'), 'utf8')) as Figures;
    expect(figures.tiles).toEqual(printed.tiles);
    for (const { id, rmsJyBeam, agreement } of figures.tiles) {
      const expected = noise[id as keyof typeof noise];
      expect(Math.abs(rmsJyBeam / expected - 1)).toBeLessThan(0.15); // measured, with sources in it
      expect(agreement.fluxRatio).toBeCloseTo(1, 1);
    }
    expect(figures.sources).toHaveLength(sources.length);
    for (const source of sources) {
      const found = figures.sources.find(({ decDeg }) => Math.abs(decDeg - source.decDeg) < 12 / 3600)!;
      expect(found.fluxJyBeam / source.fluxJy).toBeCloseTo(1, 1);
    }
    expect(figures.checks.every(({ passed }) => passed)).toBe(true);
  });

  it('draws circles around sources, and lines where the number of tiles changes', async () => {
    const image = await readFits(join(folder, 'strip.fits'));
    const coverage = await readFits(join(folder, 'strip-coverage.fits'));
    const png = PNG.sync.read(readFileSync(join(folder, 'strip.png')));
    const [ny, nx] = image.pixels.shape as [number, number];
    expect([png.width, png.height]).toEqual([nx, ny]);
    const at = (x: number, y: number) => {
      const i = 4 * ((ny - 1 - Math.round(y)) * nx + Math.round(x));
      return png.data.subarray(i, i + 3).join();
    };
    for (const source of sources) {
      const { x, y } = skyToPixel(image.wcs, source);
      const around = [x - 1, x, x + 1].flatMap(px => [at(px + 6, y), at(px - 6, y)]);
      expect(around.filter(color => color === '90,220,255').length).toBeGreaterThanOrEqual(2);
    }
    let [steps, drawn] = [0, 0];
    for (let y = 0; y + 1 < ny; y++)
      for (let x = 0; x + 1 < nx; x++) {
        if (coverage.pixels.get(y, x) === coverage.pixels.get(y, x + 1)) continue;
        steps++;
        if (['120,200,120', '90,220,255'].includes(at(x, y))) drawn++;
      }
    expect(steps).toBeGreaterThan(500);
    expect(drawn).toBe(steps);
  });

  it('compares the mosaic with a catalogue', async () => {
    // The catalogue is at 1.4 GHz, the tiles at 1.405; one source of it is not on the sky, one is off the mosaic.
    const none = { raDeg: 0.02, decDeg: (sources[0]!.decDeg + sources[1]!.decDeg) / 2, fluxJy: 0.7 };
    const far = { raDeg: 12, decDeg: 16, fluxJy: 5 };
    const rows = [...sources, none, far].map(({ raDeg, decDeg, fluxJy }) => `${raDeg},${decDeg},${fluxJy},-0.7`);
    writeFileSync(join(folder, 'sky.csv'), ['ra_deg,dec_deg,flux_jy,spectral_index', ...rows].join('\n'));
    const run = await mosaic(...tiles, '-o', 'compared', '--catalogue', 'sky.csv');
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^catalogue: 12 of 13 sources found, flux ratio 1\.00\d \(scatter 0\.0\d\d\), /m);
    const { catalogue } = JSON.parse(readFileSync(join(folder, 'compared.json'), 'utf8')) as Figures;
    expect(catalogue.fluxRatio / (1.405 / 1.4) ** 0.7).toBeCloseTo(1, 2);
    expect(Math.hypot(catalogue.eastArcsec, catalogue.northArcsec)).toBeLessThan(0.5);
    for (const { fluxJy, catalogueJy, ...match } of catalogue.matches) {
      expect(fluxJy / catalogueJy).toBeCloseTo(1, 1);
      expect(Math.hypot(match.eastArcsec, match.northArcsec)).toBeLessThan(4);
    }
  });

  it('names a tile that it leaves out, and makes the Airy pattern of a dish where there are no primary beams', async () => {
    const quick = await mosaic(...tiles, '-o', 'quick', '--tier', 'quicklook', '--cell', '14', '--projection', 'TAN');
    expect(quick.exitCode, quick.stderr).toBe(0);
    expect(quick.stdout).toMatch(
      /^Mosaic \d+x\d+, 14", 2 tiles, in quick.fits\nleft out c: Expected noise of at most 5 /,
    );
    expect((await readFits(join(folder, 'quick.fits'))).wcs).toMatchObject({ projection: 'TAN', cellArcsec: 14 });
    const dish = await mosaic('a-image.fits', '-o', 'dish', '--dish', '4.65', '--kernel', 'lanczos3');
    expect(dish.exitCode, dish.stderr).toBe(0);
    expect((await readFits(join(folder, 'dish.fits'))).keywords).toMatchObject({ KERNEL: 'lanczos3', NTILES: 1 });
  });

  it('takes tiles of one frequency for tiles, also where their names are numbers', async () => {
    for (const [i, name] of ['a', 'b'].entries())
      for (const end of ['image', 'pb'])
        copyFileSync(join(folder, `${name}-${end}.fits`), join(folder, `tile-000${i}-${end}.fits`));
    const run = await mosaic('tile-0000-image.fits', 'tile-0001-image.fits', '-o', 'numbered');
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/2 tiles, in numbered\.fits$/m);
    // Of other frequencies they are parts of a band.
    const second = await readFits(join(folder, 'tile-0001-image.fits'));
    await writeFits(join(folder, 'tile-0001-image.fits'), { ...second, freqHz: 1.42e9 }, { overwrite: true });
    const parts = await mosaic('tile-0000-image.fits', 'tile-0001-image.fits', '-o', 'parts');
    expect(parts.exitCode, parts.stderr).toBe(0);
    expect(parts.stdout).toMatch(/1 tile, in parts-0000\.fits[^]*1 tile, in parts-0001\.fits/);
  });

  it('has options for the limits that its messages name, and records them', async () => {
    const image = await readFits(join(folder, 'b-image.fits'));
    const beam = { majorArcsec: 80, minorArcsec: 60, positionAngleDeg: 0 };
    await writeFits(join(folder, 'odd-image.fits'), { ...image, beam, freqHz: 1.3e9 });
    copyFileSync(join(folder, 'b-pb.fits'), join(folder, 'odd-pb.fits'));
    const args = ['a-image.fits', 'b-image.fits', 'odd-image.fits', '-o', 'limits'];
    const refused = await mosaic(...args);
    expect(refused.stderr).toMatch(/within 20 % of the median .* maxBeamDifference.*\[MOSAIC\]$/);
    const left = await mosaic(...args, '--bad-tiles', 'leave-out', '--max-beam-difference', '0.4');
    expect(left.stdout).toMatch(/2 tiles.*\nleft out b: Expected frequencies within 50 MHz/);
    const limits = ['--max-beam-difference', '0.4', '--max-freq-difference', '110', '--max-noise-ratio', '3'];
    const run = await mosaic(...args, ...limits, '--min-dynamic-range', '2', '--overwrite');
    expect(run.exitCode, run.stderr).toBe(0);
    const { history } = await readFits(join(folder, 'limits.fits'));
    expect(history[1]).toBe(
      'tiles with beams within 0.4 of the median, frequencies within 110 MHz of it, noise up to 3 times the median, dynamic range from 2',
    );
    // Two tiles of one name are told apart by their files.
    expect(history.slice(2).map(line => /^tile [^:]*/.exec(line)![0])).toEqual([
      'tile a (a-image.fits)',
      'tile b (b-image.fits)',
      'tile b (odd-image.fits)',
    ]);
  });

  it('corrects tiles by a file, weights them by noise maps, and keeps the maps that are asked for', async () => {
    writeFileSync(
      join(folder, 'corrections.csv'),
      ['tile,flux_scale,east_arcsec,north_arcsec', 'a-image.fits,1.5,,', 'b-image.fits,,24,-12'].join('\n'),
    );
    for (const name of ['a', 'b']) {
      const noiseMap = await readFits(join(folder, `${name}-image.fits`));
      noiseMap.pixels.data.fill(0.25);
      await writeFits(join(folder, `${name}-noise.fits`), noiseMap);
    }
    const args = ['--corrections', 'corrections.csv', '--noise-maps', '--maps', 'weight'];
    const run = await mosaic('a-image.fits', 'b-image.fits', '-o', 'corrected', ...args, '--json');
    expect(run.exitCode, run.stderr).toBe(0);
    const printed = JSON.parse(run.stdout) as Figures;
    const ends = ['.fits', '-weight.fits', '.png', '.json'];
    expect(printed.files).toEqual(ends.map(end => `corrected${end}`));
    expect((await readdir(folder)).filter(name => name.startsWith('corrected')).sort()).toEqual(printed.files.sort());
    expect(printed.tiles).toMatchObject([
      { id: 'a', fluxScale: 1.5, shiftArcsec: [0, 0], rmsJyBeam: 0.375 },
      { id: 'b', fluxScale: 1, shiftArcsec: [24, -12], rmsJyBeam: 0.25 },
    ]);
    const { history } = await readFits(join(folder, 'corrected.fits'));
    expect(history.join(' ')).toMatch(
      /tile a .*the median of a map.*flux times 1\.5.*tile b .*shifted by 24, -12 arcsec/,
    );
    writeFileSync(join(folder, 'corrections.csv'), 'tile,flux_scale\nz-image.fits,2\n');
    const unknown = await mosaic('a-image.fits', '-o', 'y', '--corrections', 'corrections.csv');
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/no tile is called z-image\.fits, in line 2 of corrections\.csv/);
  });

  it('replaces a mosaic only where it is told to', async () => {
    const again = await mosaic('a-image.fits', '-o', 'strip');
    expect(again).toMatchObject({ exitCode: 1, stdout: '' });
    expect(again.stderr).toMatch(/strip.*\[OUTPUT_EXISTS\]$/);
    writeFileSync(join(folder, 'mine.json'), 'mine');
    const beside = await mosaic('a-image.fits', '-o', 'mine');
    expect(beside.stderr).toMatch(/mine\.json.*\[OUTPUT_EXISTS\]$/);
    expect(readFileSync(join(folder, 'mine.json'), 'utf8')).toBe('mine');
    expect((await readdir(folder)).filter(name => name.startsWith('mine'))).toEqual(['mine.json']);
    const over = await mosaic('a-image.fits', '-o', 'strip', '--overwrite');
    expect(over.exitCode, over.stderr).toBe(0);
  });

  it.each([
    [['a-image.fits'], 2, /required option '-o, --output/],
    [['a-pb.fits', '-o', 'x'], 2, /primary beam of a-pb.fits beside it as NAME-pb.fits, or --dish/],
    [['a-image-pb.fits', '-o', 'x', '--dish', '4.65'], 2, /not divided by the primary beam.*a-image-pb\.fits/],
    [['a-image-pb.fits', '-o', 'x'], 2, /not divided by the primary beam.*a-image-pb\.fits/],
    [['a-image.fits', 'a-image.fits', '-o', 'x'], 2, /every tile once, but a-image\.fits is given twice/],
    [['none-image.fits', '-o', 'x'], 1, /none-image\.fits.*\[FILE_ACCESS\]/],
    [['a-image.fits', '-o', 'x', '--kernel', 'nearest'], 2, /--kernel <name>/],
    [['a-image.fits', '-o', 'x', '--maps', 'depth'], 2, /--maps/],
    [['c-image.fits', '-o', 'x', '--noise-maps'], 2, /noise map of c-image.fits beside it as NAME-noise.fits/],
    [
      ['a-image.fits', '-o', 'x', '--joint', '--corrections', 'y'],
      2,
      /--corrections goes with images, not with --joint/,
    ],
    [['a-image.fits', '-o', 'x', '--max-pixels', '100'], 1, /at most 100 pixels.*\[MOSAIC\]/],
    [['a-image.fits', '-o', 'x', '--catalogue', 'none.csv'], 1, /none.csv.*\[FILE_ACCESS\]/],
  ] as const)('refuses %j', async (args, exitCode, message) => {
    const run = await mosaic(...args);
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode, stdout: '' });
    expect(run.stderr).toMatch(message);
    expect((await readdir(folder)).filter(name => name.startsWith('x'))).toEqual([]);
  });
});
