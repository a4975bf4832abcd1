import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readFits } from '../../src/fits/index.js';
import { imageMs, jointMosaic } from '../../src/imaging/index.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';
import { contimg } from '../support/contimg-command.js';
import { makeMemoryFolder } from '../support/memory-folder.js';
import { simulateSmall } from '../support/small-run.js';

let folder: string;
let incoming: string;
beforeAll(async () => {
  folder = makeMemoryFolder('contimg-image-');
  incoming = join(folder, 'incoming');
  await simulateSmall(incoming, 1);
  const run = await contimg(['convert', incoming, '--out', folder]);
  expect(run.exitCode, run.stderr).toBe(0);
  ms = (await readdir(folder)).map(name => join(folder, name)).find(path => path.endsWith('.ms'))!;
});
afterAll(() => rm(folder, { recursive: true }));

let ms: string;
const grid = ['--npix', '256', '--cell', '6', '--niter', '200', '--no-outer-sources'];
const products = ['dirty', 'image', 'image-pb', 'model', 'pb', 'psf', 'residual', 'weight'];
const filesOf = async (prefix: string) =>
  (await readdir(folder)).filter(name => name.startsWith(`${prefix}-`) && name.endsWith('.fits')).sort();

describe('contimg image', () => {
  it('writes the images of a group and of a MeasurementSet, named as WSClean names them', async () => {
    const fromGroup = await contimg(['image', incoming, '--name', join(folder, 'group'), ...grid]);
    expect(fromGroup.exitCode, fromGroup.stderr).toBe(0);
    expect(fromGroup.stdout).toMatch(/^14\d\d\.\d{3} MHz: Tile 256x256, 6", beam .*\n/);
    expect(await filesOf('group')).toEqual(products.map(end => `group-${end}.fits`).sort());
    const fromMs = await contimg(['image', ms, '--name', join(folder, 'ms'), ...grid, '--json']);
    expect(fromMs.exitCode, fromMs.stderr).toBe(0);
    const { files, images } = JSON.parse(fromMs.stdout) as { files: string[]; images: { rmsJyBeam: number }[] };
    expect(files.map(path => path.slice(folder.length + 1)).sort()).toEqual(
      products.map(end => `ms-${end}.fits`).sort(),
    );
    const [a, b] = await Promise.all(['group', 'ms'].map(name => readFits(join(folder, `${name}-image.fits`))));
    expect(a!.keywords['NOISE']).toBeCloseTo(b!.keywords['NOISE'] as number, 6);
    expect(images).toMatchObject([{ rmsJyBeam: b!.keywords['NOISE'] as number, stokes: 'I', channelRange: [0, 16] }]);
  });

  it('images one polarization and parts of the channels, weighted as asked', async () => {
    const name = join(folder, 'parts');
    const how = ['--stokes', 'XX', '--channel-range', '4:16', '--channels-out', '3', '--weighting', 'uniform'];
    const weights = ['--min-uv', '150', '--taper', '60', '--weight-density', 'all'];
    const run = await contimg(['image', incoming, '--name', name, ...grid, ...how, ...weights]);
    expect(run.exitCode, run.stderr).toBe(0);
    const expected = ['0000', '0001', '0002', 'MFS'].flatMap(part => products.map(end => `parts-${part}-${end}.fits`));
    expect(await filesOf('parts')).toEqual(expected.sort());
    const parts = await Promise.all(['0000', '0002', 'MFS'].map(part => readFits(`${name}-${part}-image.fits`)));
    expect(parts.map(({ stokes }) => stokes)).toEqual(['XX', 'XX', 'XX']);
    expect(parts[0]!.freqHz).toBeLessThan(parts[2]!.freqHz);
    expect(parts[1]!.freqHz).toBeGreaterThan(parts[2]!.freqHz);
    expect(parts[2]!.bandwidthHz).toBeCloseTo(3 * parts[0]!.bandwidthHz, 0);
    expect(parts[0]!.history.join('\n')).toMatch(
      /Stokes XX[^]*4 channels with data from 4 up to, but not with, 8[^]*uniform, density of all channels, uv from 150 wavelengths, Gaussian taper of 60 arcsec/,
    );
  });

  it('takes off a start model, on the pixels and down to the limits that were asked for', async () => {
    const name = join(folder, 'start');
    const pixels = ['--nx', '320', '--ny', '256', '--cell', '6', '--phase-center', '336.85,16.05', '--epsilon', '1e-4'];
    const limits = ['--gain', '0.2', '--mgain', '0.7', '--threshold', '0.05', '--nmiter', '3', '--no-outer-sources'];
    const model = ['--start-model', join(incoming, 'truth.json')];
    const run = await contimg(['image', ms, '--name', name, ...pixels, ...limits, ...model]);
    expect(run.exitCode, run.stderr).toBe(0);
    const [image, residual] = await Promise.all(['image', 'residual'].map(end => readFits(`${name}-${end}.fits`)));
    expect(image!.pixels.shape).toEqual([256, 320]);
    expect(image!.wcs.center.raDeg).toBeCloseTo(336.85, 9);
    expect(image!.wcs.center.decDeg).toBeCloseTo(16.05, 9);
    expect(image!.history.join('\n')).toMatch(
      /accuracy 0.0001[^]*gain 0.2, mgain 0.7, niter 50000, major cycles up to 3, threshold 0.05 Jy[^]*model of 3 point sources[^]*took 0 components/,
    );
    const peak = (pixels: Float32Array) => pixels.reduce((highest, pixel) => Math.max(highest, Math.abs(pixel)), 0);
    expect(peak(image!.pixels.data as Float32Array)).toBeGreaterThan(1.5);
    expect(peak(residual!.pixels.data as Float32Array)).toBeLessThan(0.05);
  });

  it('replaces images only where it is told to, and sees them before it begins', async () => {
    const name = join(folder, 'kept');
    expect((await contimg(['image', incoming, '--name', name, ...grid])).exitCode).toBe(0);
    const again = await contimg(['image', incoming, '--name', name, ...grid]);
    expect(again).toMatchObject({ exitCode: 1, stdout: '' });
    expect(again.stderr).toMatch(/^Expected no file at .*kept-dirty\.fits.*\[OUTPUT_EXISTS\]$/);
    const over = await contimg(['image', incoming, '--name', name, ...grid, '--overwrite']);
    expect(over.exitCode, over.stderr).toBe(0);
  });

  it.each([
    [['--name', 'y'], /missing required argument 'path'/],
    [['x'], /required option '--name/],
    [['nowhere', '--name', 'y'], /found 0 groups in nowhere/],
    [['x', '--name', 'y', '--channel-range', '5'], /--channel-range: expected first:end/],
    [['x', '--name', 'y', '--stokes', 'V'], /I, XX, YY, RR, LL/],
    [['x', '--name', 'y', '--weighting', 'uniform', '--robust', '0'], /--robust goes with/],
    [['x', '--name', 'y', '--field', '0'], /go with a MeasurementSet/],
    [['x', '--name', 'y', '--phase-center', '5'], /--phase-center: expected ra,dec/],
    [['x', '--name', 'y', '--phase-center', '5,99'], /--phase-center: declination to be/],
  ])('refuses %j', async (args, message) => {
    const run = await contimg(['image', ...args], { cwd: folder });
    expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(message);
  });
});

const forgetDishes = `
import sys
from casacore.tables import table
antennas = table(sys.argv[1] + '/ANTENNA', readonly=False, ack=False)
antennas.putcol('DISH_DIAMETER', 0 * antennas.getcol('DISH_DIAMETER'))
antennas.close()
`;

describeIf(hasPythonModule('casacore'), 'needs python3-casacore', 'antennas without a dish diameter', () => {
  const small = { npix: 256, cellArcsec: 6, niter: 100, outerSources: false };
  let bare: string;
  beforeAll(async () => {
    bare = join(folder, 'bare.ms');
    await cp(ms, bare, { recursive: true });
    runPython(forgetDishes, [bare]);
  });

  it('are imaged without primary beam, which is said', async () => {
    const name = join(folder, 'bare');
    const run = await contimg(['image', bare, '--name', name, ...grid]);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stderr).toMatch(/No primary beam, and no -image-pb: the antennas have no dish diameter/);
    const made = products.filter(end => end !== 'pb' && end !== 'image-pb');
    expect(await filesOf('bare')).toEqual(made.map(end => `bare-${end}.fits`).sort());
    const [image, weight] = await Promise.all(['image', 'weight'].map(end => readFits(`${name}-${end}.fits`)));
    expect(image!.history.join('\n')).toMatch(/no primary beam: the antennas have no dish diameter/);
    const flat = (image!.keywords['NOISE'] as number) ** -2;
    expect((weight!.pixels.data as Float32Array).every(value => Math.abs(value / flat - 1) < 1e-5)).toBe(true);
  });

  it('are imaged with the beam of the dish that is given, as those that have one', async () => {
    const [given, own] = [await imageMs(bare, { ...small, dishDiameterMeters: 4.65 }), await imageMs(ms, small)];
    expect(given.dishDiameterMeters).toBe(4.65);
    expect(given.restoredPb.pixels.data).toEqual(own.restoredPb.pixels.data);
  });

  it('need a grid, as no beam says how large an image is', async () => {
    await expect(imageMs(bare, { npix: 256 })).rejects.toThrow(/npix .* and cellArcsec, or dishDiameterMeters/);
    await expect(jointMosaic([bare])).rejects.toThrow(/dish diameter, .* dishDiameterMeters/);
  });
});

/** What astropy finds in the files NAME-*.fits. */
const inspect = `
import glob, json, sys, warnings
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.units import Unit
from astropy.wcs import WCS
warnings.simplefilter('error')
name, ra, dec = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
data, headers = {}, {}
for path in glob.glob(name + '-*.fits'):
    with fits.open(path) as file:
        file.verify('exception')
        end = path[len(name) + 1:-5]
        data[end], headers[end] = np.squeeze(file[0].data).astype(float), file[0].header
keys = ['NOISE', 'DATE', 'BUNIT', 'BMAJ', 'BMIN', 'BPA', 'RADESYS', 'EQUINOX', 'DATE-OBS', 'CTYPE3', 'CTYPE4', 'CRVAL3', 'CRVAL4', 'TELESCOP']
for header in headers.values():
    Unit(header.get('BUNIT', ''), format='fits')
wcs = WCS(headers['image']).celestial
peak = np.unravel_index(data['image'].argmax(), data['image'].shape)
found = wcs.pixel_to_world(peak[1], peak[0])
noise = headers['image']['NOISE']
pb, weight = data['pb'], data['weight']
inside = np.isfinite(data['image-pb'])
print(json.dumps(dict(
    headers={end: {key: header.get(key) for key in keys} for end, header in headers.items()},
    history={end: ''.join(map(str, header['HISTORY'])) for end, header in headers.items()},
    sigma={end: 1.4826 * np.median(np.abs(image - np.median(image))) for end, image in data.items()},
    off=found.separation(SkyCoord(ra, dec, unit='deg', frame='icrs')).arcsec,
    cell=wcs.wcs.cdelt[1] * 3600,
    psf=[data['psf'].max(), data['psf'][128, 128]],
    corrected=np.abs(data['image-pb'] * pb - data['image'])[inside].max() / data['image'].max(),
    weight=np.abs(weight[inside] * noise**2 / pb[inside]**2 - 1).max(), outside=weight[~inside].sum(),
)))
`;

interface Inspection {
  headers: Record<string, Record<string, string | number | null>>;
  history: Record<string, string>;
  sigma: Record<string, number>;
  off: number;
  cell: number;
  psf: [number, number];
  corrected: number;
  weight: number;
  outside: number;
}

describeIf(hasPythonModule('astropy'), 'needs python3-astropy', 'the images of contimg image in astropy', () => {
  it('are valid, where they are on the sky, and what their names and units say', async () => {
    const name = join(folder, 'checked');
    const wide = [
      '--npix',
      '256',
      '--cell',
      '18',
      '--weighting',
      'natural',
      '--taper',
      '60',
      '--stokes',
      'YY',
      '--no-outer-sources',
    ];
    const run = await contimg(['image', incoming, '--name', name, ...wide]);
    expect(run.exitCode, run.stderr).toBe(0);
    const brightest = { raDeg: 336.83, decDeg: 16.02 };
    const found = JSON.parse(
      runPython(inspect, [name, `${brightest.raDeg}`, `${brightest.decDeg}`]),
    ) as unknown as Inspection;
    expect(Object.keys(found.headers).sort()).toEqual(products);
    for (const [end, header] of Object.entries(found.headers)) {
      expect(header, end).toMatchObject({
        RADESYS: 'ICRS',
        EQUINOX: 2000,
        CTYPE3: 'FREQ',
        CTYPE4: 'STOKES',
        CRVAL4: -6,
      });
      expect(header['DATE-OBS']).toMatch(/^2026-01-25T22:00:05/);
      if (['image', 'image-pb', 'residual', 'dirty', 'psf'].includes(end)) {
        expect(header['BMAJ']).toBeGreaterThan(header['BMIN'] as number);
        expect(header['BPA']).toBeTypeOf('number');
      }
    }
    const unit = (end: string) => found.headers[end]!['BUNIT'];
    expect(['image', 'image-pb', 'residual', 'dirty'].map(unit)).toEqual(Array(4).fill('Jy/beam'));
    expect(['model', 'weight', 'pb'].map(unit)).toEqual(['Jy/pixel', 'beam2/Jy2', null]);
    for (const [end, history] of Object.entries(found.history))
      expect(history, end).toMatch(
        /read .*_sb\{00-15\}\.hdf5contimg \d[^]*Stokes YY[^]*natural, Gaussian taper of 60 arcsec/,
      );
    // What clean did, and the noise that it left, stand in the images that show it.
    const cleaned = ['image', 'image-pb', 'model', 'residual', 'weight'];
    expect(products.filter(end => /clean took \d+ components/.test(found.history[end]!))).toEqual(cleaned);
    for (const [end, { NOISE: noise, DATE: date }] of Object.entries(found.headers)) {
      expect(Math.abs(Date.now() - Date.parse(`${date}Z`)), end).toBeLessThan(600_000);
      if (!['dirty', 'image', 'residual'].includes(end)) expect(noise, end).toBeNull();
    }
    for (const end of ['dirty', 'residual'])
      expect((found.headers[end]!['NOISE'] as number) / found.sigma[end]!, end).toBeCloseTo(1, 4);
    expect(found.headers['image']!['NOISE']).toBe(found.headers['residual']!['NOISE']);
    expect(found.headers['dirty']!['NOISE']).toBeGreaterThan(1.5 * (found.headers['residual']!['NOISE'] as number));
    expect(found.cell).toBeCloseTo(18, 9);
    expect(found.off).toBeLessThan(13); // in its pixel
    expect(found.psf[0]).toBe(found.psf[1]);
    expect(found.psf[1]).toBeCloseTo(1, 4);
    expect(found.corrected).toBeLessThan(1e-6);
    expect(found.weight).toBeLessThan(1e-5);
    expect(found.outside).toBe(0);
  });
});
