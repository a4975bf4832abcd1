import { join } from 'node:path';

import { Command } from 'commander';
import { z } from 'zod';

import { isPipelineError } from '../../core/errors.js';
import { keepPublishing, publishDue, resumePublishing, retryPublishing } from '../../publish/index.js';
import type { PublishReport, PublishRoots } from '../../publish/index.js';
import { openRegistry, publishAlerts } from '../../registry/index.js';
import type { Product, Registry } from '../../registry/index.js';
import type { CommandContext, MakeCommand } from '../command-context.js';
import { exitCodes } from '../exit-codes.js';
import { folderOf, integerOption, numberOption, optionName, parseWith } from '../load-config.js';

const schema = z.object({
  work: z.string().optional(),
  products: z.string().optional(),
  database: z.string().optional(),
  json: z.boolean().optional(),
  minAttempts: integerOption.min(0).optional(),
  limit: integerOption.min(1).default(50),
  interval: numberOption.positive().optional(),
});

type Options = z.infer<typeof schema>;

/** What an action of a subcommand is given. */
interface Session {
  readonly registry: Registry;
  readonly options: Options;
  readonly roots: () => PublishRoots;
  readonly signal: AbortSignal;
  /** One line of JSON if asked for, otherwise these lines. */
  readonly print: (value: unknown, lines: readonly string[]) => void;
}

/** `contimg publish`: what an operator does with publishing. */
export const publishCommand: MakeCommand = (context, exitWith) => {
  const command = new Command('publish').description('Look after publishing: see how it goes, retry, take over.');
  /** @param act - gives whether all is well. */
  const add = (usage: string, description: string, act: (session: Session, id: string) => Promise<boolean>) => {
    const subcommand = command
      .command(usage)
      .description(description)
      .option('--work <folder>', 'folder of contimg run (or CONTIMG_WORK)')
      .option('--database <url>', 'registry (or DATABASE_URL; default registry.sqlite in the work folder)')
      .option('--json', 'print one line of JSON');
    return subcommand.action(async (...args: unknown[]) => {
      const id = subcommand.registeredArguments.length > 0 ? (args[0] as string) : '';
      const options = parseWith(schema, subcommand.opts(), optionName);
      if (!(await inSession(options, context, session => act(session, id)))) exitWith(exitCodes.failed);
    });
  };
  const withProducts = (subcommand: Command) =>
    subcommand.option('--products <folder>', 'folder to publish into (or CONTIMG_PRODUCTS)');
  const withLimit = (subcommand: Command) =>
    subcommand.option('--min-attempts <n>', 'only what was tried so often').option('--limit <n>', 'at most so many');

  add('status', 'count products and failures, and name what a person should look at: exit code 1 then', status);
  withLimit(add('list', 'name what is not published, what was tried most often first', list));
  withProducts(add('retry <id>', 'publish one product now, with all its attempts before it', retry));
  withLimit(withProducts(add('retry-all', 'retry all that failed', retryAll)));
  withProducts(add('resume', 'finish what processes that died left, and publish all that is due', resume)).option(
    '--interval <sec>',
    'again and again, so long after one another, until Ctrl-C',
  );
  return command;
};

async function inSession<T>(
  options: Options,
  { config, signal }: CommandContext,
  act: (session: Session) => Promise<T>,
): Promise<T> {
  const work = () => folderOf('work', options.work, config);
  const location = options.database ?? config.database ?? join(work(), 'registry.sqlite');
  const registry = await openRegistry(location, { mustExist: true });
  const roots = () => ({ workRoot: work(), productsRoot: folderOf('products', options.products, config) });
  const print = (value: unknown, lines: readonly string[]) => {
    for (const line of options.json ? [JSON.stringify(value)] : lines) console.log(line);
  };
  try {
    return await act({ registry, options, roots, signal, print });
  } finally {
    await registry.close();
  }
}

async function status({ registry, print }: Session): Promise<boolean> {
  const health = await registry.health();
  const alerts = publishAlerts(health);
  const { published, staged, publishing, failed, waitingForRetry, successRate } = health;
  print({ ...health, alerts }, [
    `${published} published, ${staged} staged (${waitingForRetry} of them to be retried), ${publishing} publishing, ${failed} failed`,
    `${(100 * successRate).toFixed(1)} % of what was tried is published`,
    `${health.failuresLastHour} failures in the last hour, ${health.failuresLastDay} in the last day`,
    ...alerts.map(({ name, message }) => `Alert: ${message} [${name}]`),
  ]);
  return alerts.length === 0;
}

async function list({ registry, options, print }: Session): Promise<boolean> {
  const products = await registry.products.unpublished(options);
  print(products, products.length === 0 ? ['Nothing waits to be published'] : products.map(toLine));
  return true;
}

function toLine({ id, state, publishAttempts, publishError, nextAttemptAt, claim }: Product): string {
  const parts = [
    `${id}: ${state}, ${publishAttempts} attempts`,
    claim && `claimed by ${claim.owner} until ${claim.leaseExpiresAt}`,
    nextAttemptAt && `next at ${nextAttemptAt}`,
    publishError,
  ];
  return parts.filter(Boolean).join('; ');
}

async function retry({ registry, roots, print }: Session, id: string): Promise<boolean> {
  const paths = await retryPublishing(registry, id, roots());
  print(
    { id, published: paths },
    paths.map(path => `Published: ${path}`),
  );
  return true;
}

async function retryAll(session: Session): Promise<boolean> {
  const { registry, options, signal } = session;
  const roots = session.roots();
  const report: { published: string[]; failed: { id: string; error: Error }[] } = { published: [], failed: [] };
  for (const { id } of await registry.products.unpublished({ ...options, minAttempts: options.minAttempts ?? 1 })) {
    signal.throwIfAborted();
    try {
      await retryPublishing(registry, id, roots);
      report.published.push(id);
    } catch (error) {
      // Nobody is kept from publishing it: somebody does so just now.
      if (!isPipelineError(error, 'PUBLISH_DEFERRED')) report.failed.push({ id, error: error as Error });
    }
  }
  return printReport(session, report);
}

async function resume(session: Session): Promise<boolean> {
  const { registry, options, signal } = session;
  const all = { ...session.roots(), signal };
  if (options.interval === undefined) {
    const resumed = await resumePublishing(registry, all);
    const due = await publishDue(registry, all);
    const published = [...resumed.published, ...due.published];
    const isWell = printReport(session, { published, failed: [...resumed.failed, ...due.failed] });
    signal.throwIfAborted();
    return isWell;
  }
  const onReport = (report: PublishReport) => void printReport(session, report);
  const onError = (error: Error) => console.error(`Failed: publish: ${withCode(error)}`);
  await keepPublishing(registry, { ...all, intervalSec: options.interval, onReport, onError });
  signal.throwIfAborted();
  return true;
}

function printReport({ print }: Session, { published, failed }: PublishReport): boolean {
  const failures = failed.map(({ id, error }) => ({ id, code: codeOf(error), reason: error.message }));
  print({ published, failed: failures }, [
    ...published.map(id => `Published: ${id}`),
    `${published.length} published, ${failed.length} failed`,
  ]);
  for (const { id, error } of failed) console.error(`Failed: publish ${id}: ${withCode(error)}`);
  return failed.length === 0;
}

const codeOf = (error: Error) => (isPipelineError(error) ? error.code : 'INTERNAL');
const withCode = (error: Error) => `${error.message} [${codeOf(error)}]`;
