import { createHash, randomBytes } from 'node:crypto';

/** What a group's id is made from. */
export interface IdentifiedMember {
  readonly path: string;
  readonly midTimeMjdSec: number;
}

/**
 * A new id for a mosaic group, `group_<16 hexadecimal digits>_<microseconds since 1970>`: the digits are of the SHA-256 of
 * the paths and times of its members, in order, the time, and on a second attempt random bytes. Two groups have one id only
 * if 64 bits of a hash agree within one microsecond; the registry refuses even that, and asks for another.
 *
 * @param attempt - 0, or more where the id before was taken.
 */
export function newMosaicGroupId(members: readonly IdentifiedMember[], attempt = 0): string {
  const micros = Math.round((performance.timeOrigin + performance.now()) * 1000);
  const hash = createHash('sha256').update(`${micros}\n`);
  if (attempt > 0) hash.update(randomBytes(16));
  for (const { path, midTimeMjdSec } of members) hash.update(`${Math.round(midTimeMjdSec * 1e6)} ${path}\0`);
  return `group_${hash.digest('hex').slice(0, 16)}_${micros}`;
}
