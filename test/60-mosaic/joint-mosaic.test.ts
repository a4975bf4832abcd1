import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  compareCatalogue,
  flagVisibilities,
  groupSubbands,
  imageGroup,
  indexFolder,
  InvalidArgumentError,
  jointMosaic,
  MosaicError,
  mosaicImages,
  OutputExistsError,
  readFits,
  simulateObservation,
  writeJointMosaic,
} from '../../src/index.js';
import type { CatalogueComparison, JointMosaic, Mosaic, SkyImage, SubbandGroup, TileImages } from '../../src/index.js';
import { skyToPixel } from '../../src/fits/index.js';
import { contimg } from '../support/contimg-command.js';
import { makeMemoryFolder } from '../support/memory-folder.js';
import { randomOf } from '../support/random.js';

const nTiles = 3;
/** Hardly seen by the first tile, whose image does not reach it. */
const bright = { raDeg: 339.7, decDeg: 16.2, fluxJy: 15, spectralIndex: -0.7 };

/** Sources of 0.3 to 2 Jy, and a bright one, no two within 0.25 degrees. */
function someSources(n: number) {
  const random = randomOf(8);
  const sources = [bright];
  while (sources.length < n) {
    const source = {
      ...bright,
      raDeg: 335.8 + 4.2 * random(),
      decDeg: 14.4 + 3.4 * random(),
      fluxJy: 0.3 + 1.7 * random(),
    };
    const near = (other: typeof source) =>
      Math.hypot(0.96 * (other.raDeg - source.raDeg), other.decDeg - source.decDeg) < 0.25;
    if (!sources.some(near)) sources.push(source);
  }
  return sources;
}

const observation = { nTiles, nAntennas: 32, nChannels: 1, nIntegrations: 12, noise: 2, seed: 5 } as const;
const imaging = { maxBaselineMeters: 450, cellArcsec: 20, outerSources: false } as const;
let folder: string;
let groups: readonly SubbandGroup[];
let tiles: TileImages[];
let joint: JointMosaic;
let ofImages: Mosaic;
let sources: ReturnType<typeof someSources>;
beforeAll(async () => {
  folder = makeMemoryFolder('contimg-joint-');
  sources = someSources(24);
  await simulateObservation({ ...observation, folder, sources });
  ({ groups } = groupSubbands(await indexFolder(folder)));
  joint = await jointMosaic(groups, imaging);
  const [ny, nx] = joint.mosaic.pixels.shape as [number, number];
  tiles = [];
  for (const group of groups) tiles.push(await imageGroup(group, imaging));
  const images = tiles.map(({ restored, primaryBeam, rmsJyBeam }) => ({ image: restored, primaryBeam, rmsJyBeam }));
  ofImages = await mosaicImages(images, { grid: { wcs: joint.mosaic.wcs, nx, ny } });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Robust scatter of an image over its noise map. */
function scatter(image: SkyImage, rms: SkyImage): number {
  const ratios = image.pixels.data
    .map((value, i) => value / rms.pixels.data[i]!)
    .filter(Number.isFinite)
    .sort();
  const middle = ratios[ratios.length >> 1]!;
  const deviations = ratios.map(ratio => Math.abs(ratio - middle)).sort();
  return 1.4826 * deviations[deviations.length >> 1]!;
}
const least = (rms: SkyImage) => rms.pixels.data.reduce((a, b) => (b < a ? b : a), Infinity);
const found = (mosaic: SkyImage, rms: SkyImage): CatalogueComparison =>
  compareCatalogue(
    mosaic,
    rms,
    sources.map(source => ({ ...source, referenceMhz: 1405 })),
  );

describe('a joint mosaic of simulated observations', () => {
  it('shows every source at its place with its flux', () => {
    const { matches, nFound, nExpected, fluxRatio, fluxScatter } = found(joint.mosaic, joint.rms);
    expect(nExpected).toBeGreaterThan(15);
    expect(nFound).toBe(nExpected);
    expect(fluxRatio).toBeCloseTo(1, 2);
    expect(fluxScatter).toBeLessThan(0.01);
    for (const match of matches) {
      const { x, y } = skyToPixel(joint.mosaic.wcs, match);
      const noise = joint.rms.pixels.get(Math.round(y), Math.round(x)) / match.catalogueJy;
      expect(Math.abs(match.fluxJy / match.catalogueJy - 1), JSON.stringify(match)).toBeLessThan(0.03 + 3 * noise);
      expect(Math.hypot(match.eastArcsec, match.northArcsec)).toBeLessThan(0.1 * joint.beam.minorArcsec);
    }
  });

  it('is as deep as noise alone would make it, and deeper than that of the images', async () => {
    const empty = makeMemoryFolder('contimg-joint-noise-');
    const noise = await simulateObservation({ ...observation, folder: empty, sources: [] })
      .then(async () => jointMosaic(groupSubbands(await indexFolder(empty)).groups, { ...imaging, niter: 0 }))
      .finally(() => rmSync(empty, { recursive: true }));
    expect(joint.stop).toBe('threshold');
    expect(least(joint.rms)).toBeLessThan(1.03 * least(noise.rms));
    expect(least(joint.rms)).toBeLessThan(least(ofImages.rms));
    expect(scatter(joint.residual, joint.rms)).toBeGreaterThan(0.97);
    expect(scatter(joint.residual, joint.rms)).toBeLessThan(1.03);
  });

  it('has not the sidelobes of sources that a tile sees but does not show', () => {
    const [first, ofImage] = [joint.tiles[0]!.rmsJyBeam, tiles[0]!.rmsJyBeam];
    expect(first).toBeLessThan(0.85 * ofImage);
  });

  it('says what it was made of', () => {
    const [ny, nx] = joint.mosaic.pixels.shape as [number, number];
    expect(String(joint)).toMatch(new RegExp(`^Joint mosaic ${nx}x${ny}, 20", 3 tiles, rms from 2\\.\\d+ mJy/beam$`));
    expect(joint.tiles.map(({ id }) => id)).toEqual(groups.map(({ id }) => id));
    const history = joint.mosaic.history.join('\n');
    for (const { id, rmsJyBeam } of joint.tiles) {
      expect(history).toContain(`tile ${id}: `);
      expect(history).toContain(`sigma ${rmsJyBeam.toExponential(4)} Jy/beam`);
    }
    expect(history).toMatch(/clean took \d+ components in \d+ major cycles and stopped by: threshold/);
    const { mosaic, coverage, weight, rms } = joint;
    for (const map of [weight, rms, coverage]) {
      expect(map.history.join('\n')).not.toMatch(/clean/);
      expect(map.history.slice(0, -1)).toEqual(mosaic.history.slice(0, map.history.length - 1));
    }
    expect([mosaic, coverage, weight, rms].map(({ unit }) => unit)).toEqual(['Jy/beam', '', 'beam2/Jy2', 'Jy/beam']);
    mosaic.pixels.data.forEach((value, i) => {
      if (Number.isNaN(value) !== (coverage.pixels.data[i] === 0)) throw new Error(`pixel ${i}`);
    });
  });

  it('is written by the command with its summary, and no other options are taken', async () => {
    const name = join(folder, 'strip');
    const catalogue = join(folder, 'sky.csv');
    const rows = sources.map(({ raDeg, decDeg, fluxJy }) => `${raDeg},${decDeg},${fluxJy},-0.7`);
    writeFileSync(catalogue, ['ra_deg,dec_deg,flux_jy,spectral_index', ...rows].join('\n'));
    const options = [
      '--joint',
      folder,
      '-o',
      name,
      '--cell',
      '20',
      '--max-baseline',
      '450',
      '--niter',
      '150',
      '--cutoff',
      '0.4',
      '--tier',
      'science',
    ];
    const made = await contimg(['mosaic', ...options, '--json', '--catalogue', catalogue]);
    expect(made.stderr).toBe('');
    const { files, stop, tiles: used, leftOut } = JSON.parse(made.stdout);
    expect(leftOut).toEqual([]);
    expect(stop).toBe('iterations');
    expect(used).toHaveLength(nTiles);
    const ends = [
      '.fits',
      '-weight.fits',
      '-rms.fits',
      '-coverage.fits',
      '-residual.fits',
      '-model.fits',
      '.png',
      '.json',
    ];
    expect(files).toEqual(ends.map(end => `${name}${end}`));
    expect(files.every(existsSync)).toBe(true);
    const { keywords, beam } = await readFits(`${name}.fits`);
    expect(keywords).toMatchObject({ NTILES: nTiles, PBCUTOFF: 0.4 });
    expect(beam!.minorArcsec).toBeCloseTo(joint.beam.minorArcsec, 0);
    const summary = JSON.parse(readFileSync(`${name}.json`, 'utf8'));
    expect(summary.clean.cycles).not.toHaveLength(0);
    expect(summary.catalogue.nFound).toBeGreaterThan(5);
    expect(summary.checks).toHaveLength(nTiles);
    for (const { check, value, limit, passed } of summary.checks) {
      expect({ check, limit, passed }).toEqual({ check: 'noise', limit: 5, passed: true });
      expect(value).toBeCloseTo(1, 0);
    }

    const again = await contimg(['mosaic', ...options]);
    expect([again.exitCode, again.stderr]).toEqual([expect.any(Number), expect.stringContaining('OUTPUT_EXISTS')]);
    for (const wrong of [
      ['--joint', folder, '--kernel', 'bicubic'],
      ['strip.fits', '--niter', '10'],
    ])
      expect((await contimg(['mosaic', ...wrong, '-o', name])).exitCode).toBe(2);
  });

  it('names an observation that is all flagged, and leaves it out if asked to', async () => {
    const flags = await flagVisibilities(groups[1]!);
    flags.reasons.data.fill(1);
    const given = [groups[0]!, { id: 'the bad one', source: groups[1]!, flags }, groups[2]!];
    const quick = { ...imaging, niter: 0 };
    await expect(jointMosaic(given, quick)).rejects.toThrow(/^the bad one: Expected visibilities/);
    const { tiles, leftOut, mosaic } = await jointMosaic(given, { ...quick, badTiles: 'leaveOut' });
    expect(tiles.map(({ id }) => id)).toEqual([groups[0]!.id, groups[2]!.id]);
    expect(leftOut.map(({ id }) => id)).toEqual(['the bad one']);
    expect(mosaic.history.join(' ')).toContain('left out: the bad one: Expected visibilities');
  });

  it('is refused where it cannot be made', async () => {
    const fails = (given: Parameters<typeof jointMosaic>[0], options = {}) => jointMosaic(given, options);
    await expect(fails([])).rejects.toThrow(InvalidArgumentError);
    await expect(fails(groups, { npix: 512 })).rejects.toThrow(/npix is one of single tiles/);
    await expect(fails(groups, { pixels: 512 })).rejects.toThrow(InvalidArgumentError);
    await expect(fails([{ source: groups[0]!, weight: 2 } as never])).rejects.toThrow(/received weight/);
    await expect(fails(groups, { ...imaging, maxPixels: 1e5 })).rejects.toThrow(MosaicError);
    await expect(fails(groups, { ...imaging, channelRange: [0, 99] })).rejects.toThrow(/16 channels/);
    await expect(fails(groups, { dataColumn: 'DATA' })).rejects.toThrow(/MeasurementSet only/);
    await expect(writeJointMosaic(join(folder, 'strip'), joint)).rejects.toThrow(OutputExistsError);
    const stopped = jointMosaic(groups, { ...imaging, signal: AbortSignal.timeout(300) });
    await expect(stopped).rejects.toThrow(/abort/i);
  });
});
