import { InvalidArgumentError } from './errors.js';

function refuse(name: string, expected: string, actual: unknown): never {
  const shown = typeof actual === 'string' ? JSON.stringify(actual) : String(actual);
  throw new InvalidArgumentError(`Expected ${name} to be ${expected} but received ${shown}`);
}

/** A finite number, > 0. */
export function checkPositive(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) refuse(name, 'a positive number', value);
  return value;
}

/** A finite number from `min` to `max`. */
export function checkNumber(name: string, value: unknown, min = -Number.MAX_VALUE, max = Number.MAX_VALUE): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) refuse(name, 'a finite number', value);
  if (value < min || value > max)
    refuse(name, max === Number.MAX_VALUE ? `a number of at least ${min}` : `a number from ${min} to ${max}`, value);
  return value;
}

/** An integer from `min` to `max`. */
export function checkInteger(name: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    refuse(name, `an integer ${range}`, value);
  }
  return value;
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') refuse(name, 'true or false', value);
  return value;
}

/** A string that is not empty. */
export function checkText(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') refuse(name, 'a non-empty string', value);
  return value;
}

/** One of the given words. */
export function checkOneOf<T extends string>(name: string, value: unknown, words: readonly T[]): T {
  if (!words.includes(value as T)) refuse(name, `one of ${words.join(', ')}`, value);
  return value as T;
}

/** Subband files as `groupSubbands` gives them. */
export function checkGroup<T extends { readonly files: readonly { readonly path: string }[] }>(group: T): T {
  const files = (group as Partial<T> | undefined)?.files;
  if (!Array.isArray(files) || files.some(file => typeof (file as { path?: unknown })?.path !== 'string'))
    refuse('the group', 'one of groupSubbands, with the paths of its files', group);
  return group;
}

/** Neither missing nor null, nor a function. */
export function checkObject<T>(name: string, value: T): T & object {
  if (typeof value !== 'object' || value === null) refuse(name, 'an object', value);
  return value;
}

/** Refuses misspelt options by name. */
export function checkKnownOptions(options: object, known: readonly string[]): void {
  checkObject('options', options);
  for (const key of Object.keys(options)) {
    if (!known.includes(key))
      throw new InvalidArgumentError(`Expected an option among ${known.join(', ')} but received ${key}`);
  }
}
