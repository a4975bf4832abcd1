import ndarray from 'ndarray';
import type { NdArray } from 'ndarray';

import type { NumberArray, RawArray } from '../../bindings/addon.js';

export type { NumberArray, RawArray };

/** Wraps what the addon returned. Nothing is copied. */
export function fromRaw<D extends NumberArray>(raw: RawArray<D>): NdArray<D> {
  return ndarray(raw.data, [...raw.shape]);
}

/** An array for the addon: contiguous and in C order, copied only where it is not. */
export function toRaw<D extends NumberArray>(array: NdArray<D>): RawArray<D> {
  if (isContiguous(array)) {
    const length = array.shape.reduce((n, extent) => n * extent, 1);
    const data = array.data.subarray(array.offset, array.offset + length) as D;
    return { data, shape: array.shape };
  }
  return { data: copyInOrder(array), shape: array.shape };
}

function isContiguous(array: NdArray<NumberArray>): boolean {
  let stride = 1;
  for (let axis = array.shape.length - 1; axis >= 0; axis--) {
    if (array.shape[axis] !== 1 && array.stride[axis] !== stride) return false;
    stride *= array.shape[axis]!;
  }
  return true;
}

function copyInOrder<D extends NumberArray>(array: NdArray<D>): D {
  const length = array.shape.reduce((n, extent) => n * extent, 1);
  const copy = new (array.data.constructor as new (length: number) => D)(length);
  const index = array.shape.map(() => 0);
  for (let i = 0; i < length; i++) {
    copy[i] = array.get(...index) as number;
    for (let axis = index.length - 1; axis >= 0 && ++index[axis]! === array.shape[axis]; axis--) index[axis] = 0;
  }
  return copy;
}
