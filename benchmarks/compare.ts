import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Values = Float32Array | Float64Array | Uint8Array;

/** The numbers in a file named for their type: `.f32`, `.f64` or `.u8`. */
export function readValues(path: string): Values {
  const bytes = readFileSync(path);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  if (path.endsWith('.f32')) return new Float32Array(buffer);
  return path.endsWith('.f64') ? new Float64Array(buffer) : new Uint8Array(buffer);
}

/** Largest difference of the same files in two folders; NaN where one has a NaN, infinite where their lengths differ. */
export function largestDifference(folder: string, truth: string, names: readonly string[]): number {
  let largest = 0;
  for (const name of names) {
    const [a, b] = [readValues(join(folder, name)), readValues(join(truth, name))];
    if (a.length !== b.length) return Infinity;
    for (let i = 0; i < a.length; i++) {
      const difference = Math.abs(a[i]! - b[i]!);
      if (Number.isNaN(difference)) return NaN;
      if (difference > largest) largest = difference;
    }
  }
  return largest;
}

/** Root mean square of the difference, relative to that of the truth. */
export function relativeRms(values: readonly number[], truth: readonly number[]): number {
  const power = (list: readonly number[]) => list.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(power(values.map((value, i) => value - truth[i]!)) / power(truth));
}
