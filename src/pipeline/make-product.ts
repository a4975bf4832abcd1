import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { sha256OfFile, syncPath } from '../core/file-digest.js';
import { fromFileSystem } from '../core/file-errors.js';
import type { JobOptions } from '../core/job.js';
import type { Product, ProductFile, ProductKind, Registry } from '../registry/index.js';
import { partialPath } from './work-folder.js';

/** What a stage leaves behind. */
export interface StageResult {
  /** Names of the files of the product, in the order in which they would be published; none for a MeasurementSet. */
  readonly files: readonly string[];
  /** What later stages and readers of the registry want to know. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** One step of the flow: makes one kind of product. */
export interface Stage<Subject> {
  readonly name: 'convert' | 'image' | 'mosaic';
  readonly kind: ProductKind;
  /** Where the product stands, relative to the work folder; also its id. */
  path(subject: Subject): string;
  /** Hash of everything that decides the product's content: see recipeOf. */
  recipe(subject: Subject): string;
  /** Ids of the products that it is made from. */
  parents(subject: Subject): readonly string[];
  groupId?(subject: Subject): string;
  /** Makes the product at `path`: a new folder; for a MeasurementSet nothing is there yet. */
  run(subject: Subject, path: string, job: JobOptions): Promise<StageResult>;
}

/** Where products are kept and known. */
export interface Workshop {
  readonly work: string;
  readonly registry: Registry;
}

/** The product that a stage makes of `subject`, if it is registered with the same recipe and all its files are there. */
export async function findProduct<Subject>(
  stage: Stage<Subject>,
  subject: Subject,
  { work, registry }: Workshop,
): Promise<Product | undefined> {
  const known = await registry.products.get(stage.path(subject));
  if (known === undefined || known.state === 'removed' || known.recipe !== stage.recipe(subject)) return undefined;
  return (await findAbsent(known, work)) === undefined ? known : undefined;
}

/**
 * Makes the product of `subject`, in place of one that is not current or not whole.
 *
 * It is made under a hidden name, put on the disk, renamed and registered, in this order: a crash at any moment leaves
 * a hidden file, which the next run removes, or a product that is not registered, which the next run makes again.
 */
export async function makeProduct<Subject>(
  stage: Stage<Subject>,
  subject: Subject,
  { work, registry }: Workshop,
  job: JobOptions,
): Promise<Product> {
  const id = stage.path(subject);
  const known = await registry.products.get(id);
  if (known !== undefined && known.state !== 'removed') {
    const reason = known.recipe === stage.recipe(subject) ? 'files are missing' : 'what it is made from changed';
    await registry.products.remove(id, reason);
  }
  const { files, metadata } = await makeFiles(stage, subject, join(work, id), job);
  const groupId = stage.groupId?.(subject);
  await registry.products.register({
    id,
    kind: stage.kind,
    path: id,
    recipe: stage.recipe(subject),
    files: await Promise.all(files.map(name => describeFile(work, join(id, name)))),
    parents: stage.parents(subject),
    metadata,
    ...(groupId !== undefined && { groupId }),
  });
  return (await registry.products.get(id))!;
}

async function makeFiles<Subject>(
  stage: Stage<Subject>,
  subject: Subject,
  path: string,
  job: JobOptions,
): Promise<StageResult> {
  const temporary = partialPath(path);
  try {
    await rm(path, { recursive: true, force: true });
    await rm(temporary, { recursive: true, force: true });
    if (stage.kind !== 'ms') await mkdir(temporary);
    const result = await stage.run(subject, temporary, job);
    job.signal?.throwIfAborted();
    if (stage.kind !== 'ms') await syncFolder(temporary); // convertToMs has done so
    await rename(temporary, path);
    await syncPath(dirname(path));
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw fromFileSystem(path, error);
  }
}

/** What of a product is not there as it was registered, by name and size; of a MeasurementSet, whether it is a table. */
export async function findAbsent(product: Product, work: string): Promise<string | undefined> {
  const expected: readonly Partial<ProductFile>[] =
    product.kind === 'ms' ? [{ path: join(product.path, 'table.dat') }] : product.files;
  for (const { path, sizeBytes } of expected) {
    const found = await lstat(join(work, path!)).catch(() => undefined);
    if (!found?.isFile()) return `${path} is missing`;
    if (sizeBytes !== undefined && found.size !== sizeBytes)
      return `${path} has ${found.size} bytes, where ${sizeBytes} were registered`;
  }
  return undefined;
}

async function describeFile(work: string, path: string): Promise<ProductFile> {
  const absolute = join(work, path);
  return { path, sizeBytes: (await lstat(absolute)).size, sha256: await sha256OfFile(absolute) };
}

async function syncFolder(path: string): Promise<void> {
  for (const name of await readdir(path)) await syncPath(join(path, name));
  await syncPath(path);
}
