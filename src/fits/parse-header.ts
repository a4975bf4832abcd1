import type { RawFitsCard } from '../../bindings/addon.js';
import { FitsFormatError } from '../core/errors.js';
import { reservedKeywords } from './header.js';
import { stokesOfCode } from '../core/stokes.js';
import type { Stokes } from '../core/stokes.js';
import { isoToMjdSec, mjdToMjdSec } from '../core/time.js';
import type { Beam, ImageWcs, Projection, SkyImage } from './types.js';
import { projections } from './wcs.js';

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
 * @throws {FitsFormatError} another projection than SIN, TAN, ZEA and CAR; no frequency axis.
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
  const projection = parseProjection(header);
  for (const key of ['CUNIT1', 'CUNIT2']) {
    if (header.text(key, 'deg').toLowerCase() !== 'deg') header.refuse('degrees', key);
  }
  if (!['ICRS', 'FK5'].includes(header.text('RADESYS', 'ICRS'))) header.refuse('ICRS or FK5', 'RADESYS');
  if (header.number('EQUINOX', 2000) !== 2000) header.refuse('the equinox 2000', 'EQUINOX');
  const decDeg = header.number('CRVAL2');
  if (Math.abs(decDeg) > 90) header.refuse('a declination', 'CRVAL2');
  for (const key of ['PV1_0', 'PV1_1', 'PV1_2', 'PV2_1', 'PV2_2', 'PV2_3']) {
    const isSlant = projection === 'SIN' && /^PV2_[12]$/.test(key);
    if (!isSlant && header.number(key, 0) !== 0) header.refuse('a projection without parameters', key);
  }
  const matrix = parseMatrix(header);
  const cellDeg = Math.sqrt(Math.abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]));
  if (!(cellDeg > 0)) header.refuse('cells of some size', 'CDELT1');
  const isNorthUp = matrix[3] > 0 && matrix[1] === 0 && matrix[2] === 0 && Math.abs(matrix[0] / matrix[3] + 1) <= 1e-9;
  const slant = [header.number('PV2_1', 0), header.number('PV2_2', 0)] as const;
  const isZenithal = projection !== 'CAR';
  // FITS WCS paper II: where LONPOLE is absent it is 180, but 0 where the reference point is the native pole or north of it.
  const lonPoleDeg = header.number('LONPOLE', decDeg >= (isZenithal ? 90 : 0) ? 0 : 180);
  return {
    center: { raDeg: header.number('CRVAL1'), decDeg },
    cellArcsec: (isNorthUp ? matrix[3] : cellDeg) * arcsecPerDegree,
    centerX: header.number('CRPIX1') - 1,
    centerY: header.number('CRPIX2') - 1,
    ...(projection === 'SIN' ? {} : { projection }),
    ...(isNorthUp ? {} : { matrixDeg: matrix }),
    ...(slant[0] === 0 && slant[1] === 0 ? {} : { slant }),
    ...(isZenithal && Math.abs(lonPoleDeg) === 180 ? {} : { lonPoleDeg }),
    ...(isZenithal || !header.has('LATPOLE') ? {} : { latPoleDeg: header.number('LATPOLE') }),
  };
}

function parseProjection(header: Header): Projection {
  const [longitude, latitude] = [header.text('CTYPE1'), header.text('CTYPE2')];
  const code = /^RA-+(\w+)$/.exec(longitude.trim())?.[1] as Projection;
  if (!projections.includes(code)) header.refuse(`right ascension in projection ${projections.join(', ')}`, 'CTYPE1');
  if (/^DEC-+(\w+)$/.exec(latitude.trim())?.[1] !== code) header.refuse(`the projection DEC--${code}`, 'CTYPE2');
  return code;
}

/** Degrees per pixel, from CD, or CDELT with PC or CROTA2. */
function parseMatrix(header: Header): readonly [number, number, number, number] {
  if (['CD1_1', 'CD1_2', 'CD2_1', 'CD2_2'].some(key => header.has(key)))
    return [header.number('CD1_1', 0), header.number('CD1_2', 0), header.number('CD2_1', 0), header.number('CD2_2', 0)];
  const [x, y] = [header.number('CDELT1'), header.number('CDELT2')];
  const rotation = (header.number('CROTA2', 0) * Math.PI) / 180;
  if (rotation !== 0)
    return [x * Math.cos(rotation), -y * Math.sin(rotation), x * Math.sin(rotation), y * Math.cos(rotation)];
  const pc = (i: number, j: number) => header.number(`PC${i}_${j}`, header.number(`PC00${i}00${j}`, i === j ? 1 : 0)); // the latter as AIPS and casacore write
  return [x * pc(1, 1), x * pc(1, 2), y * pc(2, 1), y * pc(2, 2)];
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
