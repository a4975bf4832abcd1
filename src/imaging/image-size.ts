import { totalmem } from 'node:os';

import { checkInteger } from '../core/check.js';
import { InvalidArgumentError } from '../core/errors.js';
import type { ImagingOptions } from './options.js';

const minPixels = 32;
const maxPixels = 32768;
const bytesPerPixel = 40; // of a cleaned tile at least: 41 are what memory grows by from 4096^2 to 8192^2

/**
 * The pixels of an image by its options; 0 where these leave it to field and beam.
 *
 * @throws {InvalidArgumentError} odd or out of range, or more than the memory of this machine holds.
 */
export function imageSize(options: ImagingOptions): { nx: number; ny: number } {
  checkOneSize(options);
  const { npix, nx, ny } = options;
  const size =
    npix !== undefined
      ? { nx: checkPixels('npix', npix), ny: npix }
      : { nx: checkPixels('nx', nx), ny: checkPixels('ny', ny) };
  const needed = size.nx * size.ny * bytesPerPixel;
  if (needed > totalmem())
    throw new InvalidArgumentError(
      `Expected an image that fits into the memory of this machine, ${gigabytes(totalmem())}, but ${size.nx} x ` +
        `${size.ny} pixels take ${gigabytes(needed)} at least`,
    );
  return size;
}

/** @throws {InvalidArgumentError} `npix` beside `nx` or `ny`. */
export function checkOneSize({ npix, nx, ny }: Pick<ImagingOptions, 'npix' | 'nx' | 'ny'>): void {
  if (npix !== undefined && (nx !== undefined || ny !== undefined))
    throw new InvalidArgumentError('Expected either npix, for a square image, or nx and ny, but received both');
}

/** Pixels along one axis, 0 for undefined. */
export function checkPixels(name: string, value: number | undefined): number {
  if (value === undefined) return 0;
  checkInteger(name, value, minPixels, maxPixels);
  if (value % 2 !== 0) throw new InvalidArgumentError(`Expected ${name} to be even but received ${value}`);
  return value;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
