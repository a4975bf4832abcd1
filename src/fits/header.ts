import type { RawFitsCard } from '../../bindings/addon.js';
import { checkNumber, checkOneOf, checkPositive } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import { stokesCodes } from '../core/stokes.js';
import type { Stokes } from '../core/stokes.js';
import { isoToMjdSec, mjdSecToIso, mjdSecToMjd } from '../core/time.js';
import type { Beam, SkyImage } from './types.js';
import { checkWcs } from './wcs.js';

const arcsecPerDegree = 3600;
const stokesNames = Object.keys(stokesCodes) as Stokes[];

/** Keywords that say what a field of SkyImage says, or that FITS itself needs: not free for `SkyImage.keywords`. */
export const reservedKeywords: ReadonlySet<string> = new Set(
  (
    'SIMPLE BITPIX NAXIS NAXIS1 NAXIS2 NAXIS3 NAXIS4 EXTEND BSCALE BZERO BLANK END HISTORY COMMENT CONTINUE LONGSTRN ' +
    'CTYPE1 CTYPE2 CTYPE3 CTYPE4 CRPIX1 CRPIX2 CRPIX3 CRPIX4 CRVAL1 CRVAL2 CRVAL3 CRVAL4 ' +
    'PC1_1 PC1_2 PC2_1 PC2_2 CD1_1 CD1_2 CD2_1 CD2_2 PV2_1 PV2_2 LATPOLE ' +
    'CDELT1 CDELT2 CDELT3 CDELT4 CUNIT1 CUNIT2 CUNIT3 CUNIT4 CROTA1 CROTA2 CROTA3 CROTA4 WCSAXES LONPOLE RADESYS EQUINOX ' +
    'SPECSYS BUNIT BMAJ BMIN BPA TIMESYS DATE-OBS MJD-OBS DATE-AVG MJD-AVG XPOSURE EFFTIME TELESCOP OBJECT ORIGIN'
  ).split(' '),
);

/** The header of an image, in the order in which it is written. */
export function headerOf(image: Omit<SkyImage, 'pixels'>): RawFitsCard[] {
  return [
    ...celestialAxes(image),
    ...degenerateAxes(image),
    ...(image.unit === '' ? [] : [text('BUNIT', image.unit, 'unit of the pixels')]),
    ...(image.beam ? restoringBeam(image.beam) : []),
    ...times(image),
    text('TELESCOP', image.telescopeName, ''),
    text('OBJECT', image.objectName, ''),
    text('ORIGIN', 'contimg', ''),
    ...Object.entries(image.keywords).map(([key, value]) => keyword(key, value)),
  ];
}

const projectionNames = { SIN: 'orthographic', TAN: 'gnomonic', ZEA: 'zenithal equal area', CAR: 'plate carree' };

function celestialAxes({ wcs }: Pick<SkyImage, 'wcs'>): RawFitsCard[] {
  checkWcs(wcs);
  const cellDeg = wcs.cellArcsec / arcsecPerDegree;
  const projection = wcs.projection ?? 'SIN';
  const described = (axis: string) => `${axis}, ${projectionNames[projection]}`;
  return [
    text('CTYPE1', `RA---${projection}`, described('right ascension')),
    real('CRPIX1', wcs.centerX + 1, 'counted from 1'),
    real('CRVAL1', wcs.center.raDeg, 'center of the projection'),
    real('CDELT1', -cellDeg, 'x grows to the west'),
    text('CUNIT1', 'deg', ''),
    text('CTYPE2', `DEC--${projection}`, described('declination')),
    real('CRPIX2', wcs.centerY + 1, 'counted from 1'),
    real('CRVAL2', wcs.center.decDeg, 'center of the projection'),
    real('CDELT2', cellDeg, 'y grows to the north'),
    text('CUNIT2', 'deg', ''),
    ...(wcs.matrixDeg ? rotation(wcs.matrixDeg, cellDeg) : []),
    ...(wcs.slant ?? []).map((value, i) => real(`PV2_${i + 1}`, value, 'slant of the projection')),
    real('LONPOLE', wcs.lonPoleDeg ?? (projection === 'CAR' && wcs.center.decDeg >= 0 ? 0 : 180), 'north up'),
    ...(wcs.latPoleDeg === undefined ? [] : [real('LATPOLE', wcs.latPoleDeg, '')]),
  ];
}

function rotation([a, b, c, d]: readonly [number, number, number, number], cellDeg: number): RawFitsCard[] {
  return [
    real('PC1_1', -a / cellDeg, 'rotation and shape of pixels'),
    real('PC1_2', -b / cellDeg, ''),
    real('PC2_1', c / cellDeg, ''),
    real('PC2_2', d / cellDeg, ''),
  ];
}

function degenerateAxes(image: Omit<SkyImage, 'pixels'>): RawFitsCard[] {
  return [
    text('CTYPE3', 'FREQ', ''),
    real('CRPIX3', 1, ''),
    real('CRVAL3', checkPositive('freqHz', image.freqHz), 'center of the band'),
    real('CDELT3', checkPositive('bandwidthHz', image.bandwidthHz), 'width of the band'),
    text('CUNIT3', 'Hz', ''),
    text('CTYPE4', 'STOKES', ''),
    real('CRPIX4', 1, ''),
    real('CRVAL4', stokesCodes[checkOneOf('stokes', image.stokes, stokesNames)], image.stokes),
    real('CDELT4', 1, ''),
    text('RADESYS', 'ICRS', ''),
    real('EQUINOX', 2000, ''),
    text('SPECSYS', 'TOPOCENT', ''),
  ];
}

function restoringBeam(beam: Beam): RawFitsCard[] {
  return [
    real(
      'BMAJ',
      checkPositive('beam.majorArcsec', beam.majorArcsec) / arcsecPerDegree,
      'deg, full width at half maximum',
    ),
    real('BMIN', checkPositive('beam.minorArcsec', beam.minorArcsec) / arcsecPerDegree, 'deg'),
    real('BPA', checkNumber('beam.positionAngleDeg', beam.positionAngleDeg), 'deg, from north through east'),
  ];
}

function times(image: Omit<SkyImage, 'pixels'>): RawFitsCard[] {
  const start = isoToMjdSec(image.dateObs);
  const middle = checkNumber('midTimeMjdSec', image.midTimeMjdSec, 0);
  const exposure = checkNumber('exposureSec', image.exposureSec, 0);
  return [
    text('TIMESYS', 'UTC', ''),
    text('DATE-OBS', image.dateObs.replace(/Z$/, ''), 'start'),
    real('MJD-OBS', mjdSecToMjd(start), 'start'),
    text('DATE-AVG', mjdSecToIso(middle), 'middle'),
    real('MJD-AVG', mjdSecToMjd(middle), 'middle'),
    real('XPOSURE', exposure, 's, exposure'),
    real('EFFTIME', exposure, 's, the same'),
  ];
}

function keyword(key: string, value: string | number): RawFitsCard {
  if (!/^[A-Z0-9_-]{1,8}$/.test(key) || reservedKeywords.has(key))
    throw new InvalidArgumentError(
      `Expected a keyword of 1 to 8 characters A-Z, 0-9, - or _ that contimg does not write itself, but received ${key}`,
    );
  if (typeof value === 'string') return text(key, value, '');
  return { ...real(key, value, ''), integer: Number.isSafeInteger(value) };
}

function text(key: string, value: string, comment: string): RawFitsCard {
  checkAscii(key, value);
  return { key, value, comment, integer: false };
}

function real(key: string, value: number, comment: string): RawFitsCard {
  return { key, value: checkNumber(key, value), comment, integer: false };
}

/** FITS headers hold printable ASCII only. */
export function checkAscii(name: string, value: string): void {
  const bad = /[^ -~]/u.exec(value);
  if (bad)
    throw new InvalidArgumentError(
      `Expected ${name} to be printable ASCII, which is all a FITS header holds, but received ${JSON.stringify(value)}`,
    );
}
