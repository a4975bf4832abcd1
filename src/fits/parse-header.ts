import type { RawFitsCard } from '../../bindings/addon.js';
import { FitsFormatError } from '../core/errors.js';
import { reservedKeywords } from './header.js';
import { stokesOfCode } from '../core/stokes.js';
import type { Stokes } from '../core/stokes.js';
import { isoToMjdSec, mjdToMjdSec } from '../core/time.js';
import type { Beam, ImageWcs, SkyImage } from './types.js';

const arcsecPerDegree = 3600;

/** What a header says, with the file's name for errors. */
class Header {
  private readonly values = new Map<string, string | number | boolean>();

  constructor(
    readonly path: string,
    readonly cards: readonly RawFitsCard[],
  ) {
    for (const { key, value } of cards) this.values.set(key, value);
  }

  refuse(expected: string, key: string): never {
    const value = this.values.get(key);
    const found = value === undefined ? `${key} is absent` : `${key} is ${JSON.stringify(value)}`;
    throw new FitsFormatError(this.path, `Expected ${expected} in ${this.path}, but ${found}`);
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  number(key: string, otherwise?: number): number {
    const value = this.values.get(key) ?? otherwise;
    if (typeof value !== 'number' || !Number.isFinite(value)) this.refuse(`a number for ${key}`, key);
    return value;
  }

  text(key: string, otherwise?: string): string {
    const value = this.values.get(key) ?? otherwise;
    if (typeof value !== 'string') this.refuse(`text for ${key}`, key);
    return value;
  }
}

/**
 * The fields of a SkyImage from the header cards of a file, contimg's own or another radio imager's.
 *
 * @throws {FitsFormatError} another projection than SIN without slant, north up, with square cells; no frequency axis.
 */
export function parseHeader(path: string, cards: readonly RawFitsCard[]): Omit<SkyImage, 'pixels' | 'history'> {
  const header = new Header(path, cards);
  return {
    wcs: parseWcs(header),
    unit: header.text('BUNIT', ''),
    stokes: parseStokes(header),
    beam: header.has('BMAJ') ? parseBeam(header) : undefined,
    ...parseFrequency(header),
    ...parseTimes(header),
    telescopeName: header.text('TELESCOP', ''),
    objectName: header.text('OBJECT', ''),
    keywords: parseKeywords(header),
  };
}

function parseWcs(header: Header): ImageWcs {
  if (!/^RA-+SIN$/.test(header.text('CTYPE1'))) header.refuse('the projection RA---SIN', 'CTYPE1');
  if (!/^DEC-+SIN$/.test(header.text('CTYPE2'))) header.refuse('the projection DEC--SIN', 'CTYPE2');
  for (const key of ['CUNIT1', 'CUNIT2']) {
    if (header.text(key, 'deg').toLowerCase() !== 'deg') header.refuse('degrees', key);
  }
  if (!['ICRS', 'FK5'].includes(header.text('RADESYS', 'ICRS'))) header.refuse('ICRS or FK5', 'RADESYS');
  for (const key of [
    'CROTA1',
    'CROTA2',
    'PC1_2',
    'PC2_1',
    'PC001002',
    'PC002001',
    'PV2_1',
    'PV2_2',
    'CD1_1',
    'CD2_2',
  ]) {
    if (header.number(key, 0) !== 0) header.refuse('an image without rotation and slant', key);
  }
  const cellDeg = header.number('CDELT2');
  if (!(cellDeg > 0)) header.refuse('y to grow to the north', 'CDELT2');
  if (Math.abs(header.number('CDELT1') / cellDeg + 1) > 1e-9) header.refuse('square cells, x to the west', 'CDELT1');
  const decDeg = header.number('CRVAL2');
  if (Math.abs(decDeg) > 90) header.refuse('a declination', 'CRVAL2');
  // FITS WCS paper II: where LONPOLE is absent it is 180, but 0 at the pole.
  if (Math.abs(header.number('LONPOLE', decDeg === 90 ? 0 : 180)) !== 180) header.refuse('north up', 'LONPOLE');
  return {
    center: { raDeg: header.number('CRVAL1'), decDeg },
    cellArcsec: cellDeg * arcsecPerDegree,
    centerX: header.number('CRPIX1') - 1,
    centerY: header.number('CRPIX2') - 1,
  };
}

function parseBeam(header: Header): Beam {
  return {
    majorArcsec: header.number('BMAJ') * arcsecPerDegree,
    minorArcsec: header.number('BMIN') * arcsecPerDegree,
    positionAngleDeg: header.number('BPA', 0),
  };
}

function parseFrequency(header: Header): { freqHz: number; bandwidthHz: number } {
  const axis = [3, 4].find(i => header.text(`CTYPE${i}`, '').startsWith('FREQ'));
  if (axis === undefined) header.refuse('a frequency axis', 'CTYPE3');
  return {
    freqHz: header.number(`CRVAL${axis}`) + (1 - header.number(`CRPIX${axis}`, 1)) * header.number(`CDELT${axis}`),
    bandwidthHz: Math.abs(header.number(`CDELT${axis}`)),
  };
}

/** Stokes I where the file does not say. */
function parseStokes(header: Header): Stokes {
  const axis = [3, 4].find(i => header.text(`CTYPE${i}`, '').trim() === 'STOKES');
  if (axis === undefined) return 'I';
  const key = `CRVAL${axis}`;
  const code = header.number(key) + (1 - header.number(`CRPIX${axis}`, 1)) * header.number(`CDELT${axis}`, 1);
  return stokesOfCode(code) ?? header.refuse('the code of a Stokes parameter or correlation', key);
}

function parseTimes(header: Header): Pick<SkyImage, 'dateObs' | 'midTimeMjdSec' | 'exposureSec'> {
  if (header.text('TIMESYS', 'UTC').trim() !== 'UTC') header.refuse('times in UTC', 'TIMESYS');
  const dateObs = `${header.text('DATE-OBS').replace(/Z$/, '')}Z`;
  try {
    const exposureSec = header.number('XPOSURE', header.number('EFFTIME', 0));
    const middle = isoToMjdSec(dateObs) + exposureSec / 2;
    const midTimeMjdSec = header.has('MJD-AVG') ? mjdToMjdSec(header.number('MJD-AVG')) : middle;
    return { dateObs, midTimeMjdSec, exposureSec };
  } catch (cause) {
    throw new FitsFormatError(header.path, `${header.path}, DATE-OBS: ${(cause as Error).message}`, { cause });
  }
}

function parseKeywords(header: Header): Record<string, string | number> {
  const keywords: Record<string, string | number> = {};
  for (const { key, value } of header.cards) {
    if (!reservedKeywords.has(key) && typeof value !== 'boolean') keywords[key] = value;
  }
  return keywords;
}
