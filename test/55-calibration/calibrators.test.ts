import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  chooseCalibrators,
  dsa110,
  fluxStandard,
  predictTransits,
  readCalibrators,
  readSkyModel,
  readVlaCalibrators,
  toSkySource,
} from '../../src/index.js';
import type { CalibratorTransit } from '../../src/index.js';
import { contimg } from '../support/contimg-command.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';

const day = 86400;
const from = 61065.9 * day; // 2026-01-25

/** In the manner of the VLA calibrator manual; the third has no flux at 20 cm, the fourth is not to be used there. */
const vlaList = `
IAU NAME  EQUINOX PC RA(hh,mm,ss)    DEC(ddd,mm,ss)   POS.REF ALT. NAME
==============================================================================
0137+331   J2000  A 01h37m41.299431s  33d09'35.132990"  Aug01  3C48
0134+329   B1950  A 01h34m49.826400s  32d54'20.259000"
-----------------------------------------------------
BAND        A B C D    FLUX(Jy)    UVMIN(kL)  UVMAX(kL)
=====================================================
90cm    P  S S S S         42
20cm    L  X P S S      16.50                       40       visplot
 6cm    C  X P S S       5.48

2253+161   J2000  A 22h53m57.747932s  16d08'53.560890"  Aug01  3C454.3
2251+158   B1950  A 22h51m29.519800s  15d52'54.302000"
BAND        A B C D    FLUX(Jy)    UVMIN(kL)  UVMAX(kL)
20cm    L  S P P P      12.50
 2cm    U  P P P P

2230+114   J2000  A 22h32m36.4089s    11d43'50.904''
2229+112   B1950  A 22h30m07.8100s    11d28'22.800''
 6cm    C  P P P P       4.20
1733-130   J2000  A 17h33m02.7058s   -13d04'49.546''
20cm    L  S X X P       5.20           40           3
`;

let folder: string;
const file = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'contimg-calibrators-'))));
afterAll(() => rm(folder, { recursive: true }));

describe('a catalogue', () => {
  it('of the VLA is read: names, positions, fluxes and quality by band', async () => {
    const [first, second, third, fourth, ...others] = await readVlaCalibrators(await file('vla.txt', vlaList));
    expect(others).toEqual([]);
    expect(first).toMatchObject({ name: '0137+331', otherName: '3C48' });
    // The same position as the built-in standard, which is from elsewhere.
    expect(first!.raDeg).toBeCloseTo(fluxStandard('3C48').raDeg, 6);
    expect(first!.decDeg).toBeCloseTo(fluxStandard('3C48').decDeg, 6);
    expect(first!.bands['L']).toEqual({ fluxJy: 16.5, quality: { A: 'X', B: 'P', C: 'S', D: 'S' } });
    expect(Object.keys(second!.bands)).toEqual(['L']); // 2 cm has no flux
    expect(third).toMatchObject({ name: '2230+114', otherName: undefined, bands: { C: { fluxJy: 4.2 } } });
    expect(fourth!.decDeg).toBeCloseTo(-(13 + 4 / 60 + 49.546 / 3600), 9);
  });

  it('of the VLA gives sources with what fluxes it has, and never one for a flux that it has not', async () => {
    const path = await file('vla.txt', vlaList);
    const { sources, leftOut } = await readCalibrators(path);
    expect(sources.map(({ name, fluxJy }) => [name, fluxJy])).toEqual([
      ['3C48', 16.5],
      ['3C454.3', 12.5],
    ]);
    expect(sources[0]!.spectralIndex).toBeCloseTo(Math.log(5.48 / 16.5) / Math.log(4860 / 1400), 12);
    expect(sources[1]!.spectralIndex).toBeUndefined();
    expect(leftOut).toEqual([
      { name: '2230+114', reason: 'It has no flux at 20 cm' },
      { name: '1733-130', reason: 'It is not to be used at 20 cm with baselines up to 3.4 km' },
    ]);
    const [, , without] = await readVlaCalibrators(path);
    expect(() => toSkySource(without!)).toThrow(/flux of 2230\+114 at 20 cm.*nothing stands in for it/);
  });

  it.each([
    [
      'name,ra_deg,dec_deg,flux_jy\nA,10,16,2\nB,11,16,\n',
      /Expected flux_jy in line 3 of .*: no value stands in for it/,
    ],
    ['name,ra_deg,dec_deg\nA,10,16\n', /flux_jy is missing/],
    ['name,ra_deg,dec_deg,flux_jy\nA,10,16,bright\n', /flux_jy in line 2 .*to be a number but received bright/],
    ['name,ra_deg,dec_deg,flux_jy\nA,10,16\n', /Expected 4 cells in line 2 .* but there are 3/],
    [
      'ra_deg,dec_deg,flux_jy\n\n1336.83,16,2\n',
      /Expected raDeg to be a number from -360 to 720 but received 1336.83 in line 3 of .*catalogue\.csv$/,
    ],
    ['name,ra_deg,dec_deg,flux_jy\n"A,10,16,2\n', /Expected CSV in .*catalogue\.csv: Quote Not Closed/],
    ['ra_deg,dec_deg,flux_jy\n10,96,2\n', /decDeg .* received 96 in line 2 of/],
    ['ra_deg,dec_deg,flux_jy\n10,16,2\n10,16,0\n', /flux_jy to be a positive number but received 0 in line 3 of/],
    ['ra_deg,dec_deg,flux_jy\n10,16,-4\n', /flux_jy to be a positive number but received -4 in line 2 of/],
    ['ra_deg,dec_deg,flux_jy,major_arcsec,minor_arcsec\n10,16,2,5,9\n', /minorArcsec .* received 9 in line 2 of/],
    ['ra_deg,dec_deg,flux_jy,reference_mhz\n10,16,2,0\n', /referenceMhz .* received 0 in line 2 of/],
  ])('of CSV with something missing or wrong is refused: %j', async (text, message) => {
    const path = await file('catalogue.csv', text);
    for (const read of [readSkyModel, readCalibrators]) await expect(read(path)).rejects.toThrow(message);
  });

  it('may have quoted names, comments and empty lines', async () => {
    const text =
      '\ufeff# of the survey\nname, ra_deg, dec_deg, flux_jy\r\n"3C 48, the core", 24.4, 33.2, 16\r\n\r\n#1\r\n';
    const expected = [{ name: '3C 48, the core', raDeg: 24.4, decDeg: 33.2, fluxJy: 16 }];
    expect(await readSkyModel(await file('quoted.csv', text))).toEqual(expected);
  });

  it('may be what a simulation says of its sky', async () => {
    const truth = { reference_hz: 1.405e9, sources: [{ ra_deg: 10, dec_deg: 16, flux_jy: 2, spectral_index: -0.7 }] };
    const path = await file('truth.json', JSON.stringify(truth));
    const source = { raDeg: 10, decDeg: 16, fluxJy: 2, spectralIndex: -0.7, referenceMhz: 1405 };
    expect(await readSkyModel(path)).toEqual([source]);
    const negative = { ...truth, sources: [{ ...truth.sources[0], flux_jy: -2 }] };
    await expect(readSkyModel(await file('negative.json', JSON.stringify(negative)))).rejects.toThrow(
      /Expected .*negative\.json .*flux_jy/,
    );
    delete (truth.sources[0] as Partial<(typeof truth.sources)[0]>).flux_jy;
    const without = await file('without.json', JSON.stringify(truth));
    await expect(readSkyModel(without)).rejects.toThrow(/truth\.json of a simulation.*flux_jy/);
    await expect(readSkyModel(await file('cut.json', '{"sources": ['))).rejects.toThrow(/Expected .*cut\.json/);
  });

  it('in no known format is refused, and so is an entry that is there twice', async () => {
    await expect(readCalibrators(await file('text.txt', 'once upon a time'))).rejects.toThrow(/there is none/);
    await expect(readCalibrators(await file('twice.txt', vlaList + vlaList))).rejects.toThrow(/0137\+331 is again in/);
  });
});

describeIf(hasPythonModule('astropy'), 'python3-astropy is missing', 'transits, beside astropy', () => {
  const script = `
import json, sys, warnings
warnings.simplefilter('ignore')
import numpy as np, astropy.units as u
from astropy.coordinates import EarthLocation, SkyCoord, AltAz, HADec
from astropy.time import Time
from astropy.utils import iers
iers.conf.auto_download = False
iers.conf.iers_degraded_accuracy = 'ignore'
site = EarthLocation.from_geodetic(-118.283, 37.233405, 1188.0519)
out = []
for ra, dec, t in json.loads(sys.argv[1]):
    time = Time(t / 86400, format='mjd', scale='utc')
    time.delta_ut1_utc = 0.0
    at = SkyCoord(ra, dec, unit='deg').transform_to(HADec(obstime=time, location=site))
    out.append([float(at.ha.wrap_at(180 * u.deg).deg), float(at.dec.deg)])
print(json.dumps(out))`;

  it('are when the hour angle is 0, to 0.1 s, and at that declination to 1 arcsec', () => {
    const sources = (['3C48', '3C138', '3C147', '3C286'] as const).map(fluxStandard);
    const transits = sources.flatMap(source =>
      predictTransits(source, { fromMjdSec: from, toMjdSec: from + 3 * day }).map(transit => ({ source, transit })),
    );
    expect(transits).toHaveLength(12);
    const asked = transits.map(({ source, transit }) => [source.raDeg, source.decDeg, transit.timeMjdSec]);
    const truth = JSON.parse(runPython(script, [JSON.stringify(asked)])) as [number, number][];
    for (const [i, [hourAngleDeg, decDeg]] of truth.entries()) {
      expect(Math.abs(hourAngleDeg) * 240).toBeLessThan(0.1); // seconds
      expect(Math.abs(decDeg - transits[i]!.transit.apparentDecDeg) * 3600).toBeLessThan(1);
    }
  });
});

describe('transits', () => {
  it('come once a sidereal day, the first at the start itself', () => {
    const source = fluxStandard('3C286');
    const [first, second] = predictTransits(source, { fromMjdSec: from, toMjdSec: from + 2 * day });
    expect(second!.timeMjdSec - first!.timeMjdSec).toBeCloseTo(86164.09, 0);
    const at = first!.timeMjdSec;
    expect(predictTransits(source, { fromMjdSec: at - 0.01, toMjdSec: at + 0.01 })).toHaveLength(1);
    expect(predictTransits(source, { fromMjdSec: at + 0.01, toMjdSec: at + 86000 })).toEqual([]);
  });

  it('of more than a year are refused', () => {
    const tooLong = { fromMjdSec: from, toMjdSec: from + 400 * day };
    expect(() => predictTransits(fluxStandard('3C48'), tooLong)).toThrow(/at most 366 days/);
  });
});

describe('chooseCalibrators', () => {
  const range = { fromMjdSec: from, toMjdSec: from + day };
  const at = (name: string, decDeg: number, fluxJy: number) => ({ name, raDeg: 100, decDeg, fluxJy });

  it('orders by flux times beam, not by flux', () => {
    const catalogue = [at('near', 16.2, 5), at('far', 17.9, 9), at('faint', 16.1, 0.5), at('beyond', 22, 100)];
    const chosen = chooseCalibrators(catalogue, { ...range, decDeg: 16.15 });
    expect(chosen.map(({ source }) => source.name)).toEqual(['near', 'far']);
    expect(chosen[0]!.beamResponse).toBeGreaterThan(0.99);
    // 2.71 degrees wide at half maximum at 1405 MHz: at 1.75 degrees exp(-4 ln 2 (1.75 / 2.71)^2) = 0.31, a Gaussian's.
    expect(chosen[1]!.beamResponse).toBeCloseTo(0.31, 1);
    expect(chosen[1]!.fluxInBeamJy).toBeCloseTo(9 * chosen[1]!.beamResponse, 9);
  });

  it('knows that apparent declinations are not those of the catalogue', () => {
    const source = at('A', 16.15, 5);
    const [transit] = predictTransits(source, { ...range, site: dsa110.site });
    expect(Math.abs(transit!.apparentDecDeg - 16.15)).toBeGreaterThan(0.02); // precession since 2000
    const [chosen] = chooseCalibrators([source], { ...range, decDeg: transit!.apparentDecDeg });
    expect(chosen!.beamResponse).toBeCloseTo(1, 6);
  });

  it('marks what is no flux standard, 3C454.3 among them', async () => {
    const catalog = await file('vla.txt', vlaList);
    const args = ['calibrators', '--dec', '16.15', '--catalog', catalog, '--from', '2026-01-25T22:00:00Z'];
    const text = await contimg(args);
    expect(text.stdout.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(
        / 3C454\.3: 12\.\d\d Jy, .* (?:north|south); no flux standard: for bandpass and phases only$/,
      ),
      expect.stringMatching(/ 3C138: \d\.\d\d Jy, .* (?:north|south)$/),
    ]);
    const { transits } = JSON.parse((await contimg([...args, '--json'])).stdout);
    const marks = transits.map(({ source, setsFluxScale }: CalibratorTransit) => [source.name, setsFluxScale]);
    expect(marks).toEqual([
      ['3C454.3', false],
      ['3C138', true],
    ]);
  });

  it('on the command line names what is left out, and takes the standards for themselves', async () => {
    const catalog = await file('vla.txt', vlaList);
    const args = ['calibrators', '--dec', '33.2', '--catalog', catalog, '--from', '2026-01-25T22:00:00Z'];
    const { exitCode, stdout, stderr } = await contimg(args);
    expect(exitCode, stderr).toBe(0);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(
        /^2026-01-26T01:1\d:\d\dZ 3C48: 16\.\d\d Jy, 16\.\d\d Jy in the beam \(100 %\), 0\.\d\d degrees/,
      ),
      '1 of 5 calibrators; 2 left out',
    ]);
    const nothing = await contimg(['calibrators', '--dec', '95']);
    expect([nothing.exitCode, nothing.stderr]).toEqual([2, expect.stringMatching(/^--dec: /)]);
  });
});
