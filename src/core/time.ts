import { InvalidArgumentError } from './errors.js';

const mjdOfUnixEpoch = 40587;
const secondsPerDay = 86400;

/** UTC, MJD seconds, of ISO 8601 text with `Z` or without zone. */
export function isoToMjdSec(iso: string): number {
  const match = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(\.\d+)?)?Z?$/.exec(iso);
  const unixSec = match ? Date.parse(`${match[1]}T${match[2] ?? '00:00:00'}Z`) / 1000 : NaN;
  if (!Number.isFinite(unixSec))
    throw new InvalidArgumentError(`Expected an ISO 8601 time in UTC, like 2026-01-25T22:00:05Z, but received ${iso}`);
  return unixSec + mjdOfUnixEpoch * secondsPerDay + Number(match?.[3] ?? 0);
}

/** ISO 8601 text without zone, as FITS wants it, to the microsecond. */
export function mjdSecToIso(mjdSec: number): string {
  const microseconds = Math.round((mjdSec % 1) * 1e6);
  const unixSec = Math.floor(mjdSec) - mjdOfUnixEpoch * secondsPerDay + Math.floor(microseconds / 1e6);
  const seconds = new Date(unixSec * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(microseconds % 1e6).padStart(6, '0')}`;
}

export function mjdSecToMjd(mjdSec: number): number {
  return mjdSec / secondsPerDay;
}

export function mjdToMjdSec(mjd: number): number {
  return mjd * secondsPerDay;
}

/** The time now, UTC, as FITS wants it, to the second. */
export function now(): string {
  return new Date().toISOString().slice(0, 19);
}
