import { basename } from 'node:path';

/** What the correlator puts into a file name. */
export interface SubbandName {
  /** Wall clock of the node when it opened the file, UTC, seconds since 1970: up to 82 s off inside one group. */
  readonly stampSec: number;
  readonly subband: number;
}

const grammar = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)_sb(\d\d)\.hdf5$/;

/** Reads `YYYY-MM-DDTHH:MM:SS_sbNN.hdf5`, NN from 00 to 15; undefined for any other name. */
export function parseSubbandName(path: string): SubbandName | undefined {
  const [, stamp, digits] = grammar.exec(basename(path)) ?? [];
  if (stamp === undefined || digits === undefined) return undefined;
  const milliseconds = Date.parse(`${stamp}Z`);
  const isDate = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(stamp);
  return isDate && Number(digits) < 16 ? { stampSec: milliseconds / 1000, subband: Number(digits) } : undefined;
}

const unixEpochJd = 2440587.5;

/** JD UTC of seconds since 1970. */
export function jdOfUnixSec(seconds: number): number {
  return unixEpochJd + seconds / 86400;
}

/** Seconds since 1970 of a JD UTC. */
export function unixSecOfJd(jd: number): number {
  return (jd - unixEpochJd) * 86400;
}

/** `YYYY-MM-DDTHH:MM:SS` of seconds since 1970, rounded to the second. */
export function isoSecond(seconds: number): string {
  return new Date(Math.round(seconds) * 1000).toISOString().slice(0, 19);
}
