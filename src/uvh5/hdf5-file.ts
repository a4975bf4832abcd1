import { stat } from 'node:fs/promises';

import type * as H5wasm from 'h5wasm/node';
import type { Dataset, File, Group } from 'h5wasm/node';

import { FileAccessError, Uvh5FormatError } from '../core/errors.js';

type Metadata = Dataset['metadata'];

/** HDF5 type classes (H5T_class_t). */
const hdf5Class = { integer: 0, float: 1, string: 3, compound: 6, enumeration: 8 } as const;
const classNames = ['integers', 'floating-point numbers', 'times', 'strings', 'bits', 'opaque bytes', 'compounds'];

/** HDF5 errors as exceptions instead of prints; missing in h5wasm's types. */
interface ErrorHandlers {
  activate_throwing_error_handler(): void;
  deactivate_throwing_error_handler(): void;
}

/** No header array comes near; a larger one is a damaged or hostile file. */
const maxHeaderBytes = 1 << 28;

/** h5wasm is an ES module and starts a WebAssembly instance: loaded on first use, also from CommonJS. */
let loading: Promise<typeof H5wasm> | undefined;
function loadH5wasm(): Promise<typeof H5wasm> {
  loading ??= import('h5wasm/node').then(async h5wasm => {
    await h5wasm.ready;
    return h5wasm;
  });
  return loading;
}

/**
 * Opens an HDF5 file that somebody else wrote, inside WebAssembly's sandbox, runs `read` on it and closes it.
 * HDF5's own complaints become the cause of a {@link Uvh5FormatError}.
 */
export async function withHdf5File<T>(path: string, read: (file: Hdf5File) => T): Promise<T> {
  const fileSizeBytes = await sizeOf(path);
  const h5wasm = await loadH5wasm();
  const handlers = h5wasm.Module as unknown as ErrorHandlers;
  handlers.activate_throwing_error_handler();
  try {
    return readAndClose(new h5wasm.File(path, 'r'), path, fileSizeBytes, read);
  } catch (cause) {
    if (cause instanceof Uvh5FormatError) throw cause;
    throw new Uvh5FormatError(
      path,
      `${path}: Expected an HDF5 file (${hdf5Reason(cause)}). It is damaged or incomplete: copy it again`,
      { cause },
    );
  } finally {
    handlers.deactivate_throwing_error_handler();
  }
}

function readAndClose<T>(file: File, path: string, fileSizeBytes: number, read: (file: Hdf5File) => T): T {
  try {
    return read(new Hdf5File(file, path, fileSizeBytes));
  } finally {
    file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  const status = await stat(path).catch((cause: unknown) => {
    throw new FileAccessError(path, `Expected a readable file at ${path}: ${(cause as Error).message}`, { cause });
  });
  if (!status.isFile()) throw new FileAccessError(path, `Expected a regular file at ${path}`);
  if (status.size === 0) throw new Uvh5FormatError(path, `Expected a UVH5 file but ${path} is empty. Copy it again`);
  return status.size;
}

/** The innermost reason of an HDF5 error stack. */
function hdf5Reason(error: unknown): string {
  const message = (error as Error).message ?? String(error);
  const reasons = [...message.matchAll(/^\s+#\d+: .*?\(\): (.*)$/gm)];
  return reasons.at(-1)?.[1] ?? message.split('\n')[0]!;
}

/** Reads header values of one open file. Kind and shape are checked before anything is read. */
export class Hdf5File {
  constructor(
    private readonly file: File,
    readonly path: string,
    readonly fileSizeBytes: number,
  ) {}

  refuse(message: string): never {
    throw new Uvh5FormatError(this.path, `${this.path}: ${message}`);
  }

  has(name: string): boolean {
    return this.file.get(name) !== null;
  }

  /** Names in a group; none where there is no such group. */
  namesIn(group: string): string[] {
    const entity = this.file.get(group);
    return entity !== null && 'keys' in entity ? (entity as Group).keys() : [];
  }

  /** Shape and type of a dataset. */
  metadata(name: string): Metadata & { shape: number[] } {
    const metadata = this.dataset(name).metadata;
    if (metadata.shape === null) this.refuse(`Expected ${name} to hold a value but it is empty`);
    return metadata as Metadata & { shape: number[] };
  }

  integer(name: string): number {
    return this.numbersOf(name, [], [hdf5Class.integer], 'an integer')[0]!;
  }

  number(name: string): number {
    return this.finiteNumbers(name, [])[0]!;
  }

  text(name: string): string {
    return this.texts(name, [])[0]!;
  }

  integers(name: string, shape: readonly number[]): number[] {
    return [...this.numbersOf(name, shape, [hdf5Class.integer], 'integers')];
  }

  finiteNumbers(name: string, shape: readonly number[]): Float64Array {
    const values = this.numbersOf(name, shape, [hdf5Class.float, hdf5Class.integer], 'numbers');
    const index = values.findIndex(value => !Number.isFinite(value));
    if (index >= 0) this.refuse(`Expected ${name} to hold finite numbers but element ${index} is ${values[index]}`);
    return values;
  }

  texts(name: string, shape: readonly number[]): string[] {
    const values = this.valuesOf(name, shape, [hdf5Class.string], 'strings');
    return (Array.isArray(values) ? values : [values]) as string[];
  }

  /** A scalar of any kind that JavaScript has; undefined for the others. */
  scalar(name: string): string | number | boolean | undefined {
    const entity = this.file.get(name);
    if (entity === null || !('metadata' in entity)) return undefined;
    const { metadata } = entity as Dataset;
    if (metadata.shape === null || metadata.total_size !== 1) return undefined;
    if (metadata.type === hdf5Class.string) return this.text(name);
    if (metadata.type === hdf5Class.enumeration) return Boolean((entity as Dataset).json_value);
    const isNumber = metadata.type === hdf5Class.integer || metadata.type === hdf5Class.float;
    return isNumber ? this.numbersOf(name, [], [metadata.type], 'a number')[0] : undefined;
  }

  private dataset(name: string): Dataset {
    const entity = this.file.get(name);
    if (entity === null) this.refuse(`Expected the dataset ${name} but it is missing`);
    if (!('filters' in Object.getPrototypeOf(entity))) this.refuse(`Expected ${name} to be a dataset of this file`);
    return entity as Dataset;
  }

  private numbersOf(name: string, shape: readonly number[], classes: readonly number[], expected: string) {
    const values = this.valuesOf(name, shape, classes, expected);
    const list = (typeof values === 'object' ? values : [values]) as ArrayLike<number | bigint>;
    return Float64Array.from(list, Number);
  }

  private valuesOf(name: string, shape: readonly number[], classes: readonly number[], expected: string): unknown {
    const dataset = this.dataset(name);
    const metadata = this.metadata(name);
    const scalar = shape.length === 0 && metadata.total_size === 1;
    if (!scalar && !sameShape(metadata.shape, shape))
      this.refuse(`Expected ${name} to have the shape (${shape}) but it has (${metadata.shape})`);
    if (!classes.includes(metadata.type))
      this.refuse(`Expected ${name} to hold ${expected} but it holds ${classNames[metadata.type] ?? 'another type'}`);
    if (metadata.size * metadata.total_size > maxHeaderBytes)
      this.refuse(`Expected ${name} to be a header value but it takes ${metadata.size * metadata.total_size} bytes`);
    try {
      return dataset.value;
    } catch (cause) {
      throw new Uvh5FormatError(this.path, `${this.path}: Could not read ${name} (${hdf5Reason(cause)})`, { cause });
    }
  }
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** Type of the members of a compound {r, i}, undefined for anything else. */
export function complexMember(metadata: Metadata): { kind: 'float' | 'integer'; bytes: number } | undefined {
  const members = metadata.compound_type?.members ?? [];
  const [r, i] = ['r', 'i'].map(name => members.find(member => member.name === name));
  if (members.length !== 2 || !r || !i || r.type !== i.type || r.size !== i.size) return undefined;
  if (r.type === hdf5Class.float) return { kind: 'float', bytes: r.size };
  return r.type === hdf5Class.integer ? { kind: 'integer', bytes: r.size } : undefined;
}

/** Whether the elements are h5py booleans or bytes. */
export function isOneByteFlag(metadata: Metadata): boolean {
  return metadata.size === 1 && (metadata.type === hdf5Class.enumeration || metadata.type === hdf5Class.integer);
}

export function isFloat(metadata: Metadata): boolean {
  return metadata.type === hdf5Class.float;
}
