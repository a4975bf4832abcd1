import { z } from 'zod';

import { UsageError } from './exit-codes.js';

const environment = z.object({
  CONTIMG_WORK: z.string().min(1).optional(),
  CONTIMG_PRODUCTS: z.string().min(1).optional(),
  DATABASE_URL: z.string().min(1).optional(),
  CONTIMG_THREADS: z.coerce.number().int().min(0).max(1024).optional(),
  DEBUG: z.string().optional(),
});

/** What may be set once for all calls. Options on the command line win. */
export interface CliConfig {
  /** CONTIMG_WORK, CONTIMG_PRODUCTS: folders of `contimg run`. */
  readonly work: string | undefined;
  readonly products: string | undefined;
  /** DATABASE_URL: the registry, where it is not a file in the work folder. */
  readonly database: string | undefined;
  /** CONTIMG_THREADS. */
  readonly threads: number | undefined;
  /** DEBUG, anything: errors are shown with their stack. */
  readonly verbose: boolean;
}

/** The only reader of the environment. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): CliConfig {
  const parsed = parseWith(environment, env, name => name);
  return {
    work: parsed.CONTIMG_WORK,
    products: parsed.CONTIMG_PRODUCTS,
    database: parsed.DATABASE_URL,
    threads: parsed.CONTIMG_THREADS,
    verbose: Boolean(parsed.DEBUG),
  };
}

/**
 * Checks options by a schema.
 *
 * @param label - how the user wrote the option of that name.
 * @throws {UsageError} names every option that is wrong.
 */
export function parseWith<T extends z.ZodType>(
  schema: T,
  options: unknown,
  label: (name: string) => string,
): z.infer<T> {
  const blank = Object.entries(options as object).filter(
    ([name, value]) => typeof value === 'string' && value.trim() === '' && isKnown(schema, name),
  );
  if (blank.length > 0)
    throw new UsageError(blank.map(([name]) => `${label(name)}: expected a value but it is empty`).join('\n'));
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const sentences = result.error.issues.map(({ path, message }) => `${label(path.join('.'))}: ${message}`);
  throw new UsageError(sentences.join('\n'));
}

function isKnown(schema: z.ZodType, name: string): boolean {
  return schema instanceof z.ZodObject && name in schema.shape;
}

/**
 * The work or products folder, by option or environment.
 *
 * @throws {UsageError} neither is given.
 */
export function folderOf(name: 'work' | 'products', option: string | undefined, config: CliConfig): string {
  const path = option ?? config[name];
  if (path === undefined) throw new UsageError(`Expected --${name} FOLDER, or CONTIMG_${name.toUpperCase()}`);
  return path;
}

/** `groupSize` was written as `--group-size`. */
export function optionName(name: string): string {
  return `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
}

/** Options that are numbers, as text from the command line. */
export const numberOption = z.coerce.number();
export const integerOption = numberOption.int();
/** Numbers with commas between them. */
export const numbersOption = z
  .string()
  .transform((text): unknown[] => text.split(','))
  .pipe(z.array(numberOption));
