#!/usr/bin/env node
import { createRequire } from 'node:module';

import { Command, CommanderError } from 'commander';

import { isPipelineError } from '../core/errors.js';
import type { MakeCommand } from './command-context.js';
import { exitCodeHelp, exitCodes, UsageError } from './exit-codes.js';
import { loadConfig } from './load-config.js';

/** In the order of the help. */
const commands: Record<string, () => Promise<MakeCommand>> = {
  simulate: async () => (await import('./commands/simulate.js')).simulateCommand,
  inspect: async () => (await import('./commands/inspect.js')).inspectCommand,
  convert: async () => (await import('./commands/convert.js')).convertCommand,
  flag: async () => (await import('./commands/flag.js')).flagCommand,
  calibrators: async () => (await import('./commands/calibrators.js')).calibratorsCommand,
  calibrate: async () => (await import('./commands/calibrate.js')).calibrateCommand,
  caltables: async () => (await import('./commands/caltables.js')).caltablesCommand,
  apply: async () => (await import('./commands/apply.js')).applyCommand,
  image: async () => (await import('./commands/image.js')).imageCommand,
  selfcal: async () => (await import('./commands/selfcal.js')).selfcalCommand,
  mosaic: async () => (await import('./commands/mosaic.js')).mosaicCommand,
  run: async () => (await import('./commands/run.js')).runCommand,
  publish: async () => (await import('./commands/publish.js')).publishCommand,
};

/** The command that is meant, if one is named, since loading takes time; otherwise all of them. */
function load(args: readonly string[]): Promise<MakeCommand[]> {
  const named = args.find(word => Object.hasOwn(commands, word));
  return Promise.all((named === undefined ? Object.values(commands) : [commands[named]!]).map(command => command()));
}

/** Runs `contimg`; gives its exit code. */
async function main(): Promise<number> {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const interrupt = new AbortController();
  let signalCode: number | undefined;
  for (const [signal, code] of Object.entries(exitCodes.interrupted)) {
    process.on(signal, () => {
      if (signalCode !== undefined) process.exit(code); // the second time, at once: a later run cleans up
      signalCode = code;
      interrupt.abort(new Error(`interrupted by ${signal}`));
    });
  }
  let verbose = process.argv.includes('--verbose');
  let exitCode: number = exitCodes.done;
  try {
    const config = loadConfig();
    verbose ||= config.verbose;
    const context = { config, signal: interrupt.signal };
    const program = new Command('contimg')
      .description('Continuum imaging for DSA-110: correlator files in, published mosaics out.')
      .version(version)
      .option('--verbose', 'show where an error comes from')
      .addHelpText('after', exitCodeHelp)
      .exitOverride()
      .configureOutput({ outputError: () => undefined }); // printed below, like every error
    for (const makeCommand of await load(process.argv.slice(2))) {
      const command = makeCommand(context, code => void (exitCode = code));
      for (const each of [command, ...command.commands]) each.copyInheritedSettings(program);
      program.addCommand(command.addHelpText('after', exitCodeHelp));
    }
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    if (signalCode !== undefined) {
      console.error('Interrupted. Run again to go on.');
      return signalCode;
    }
    return printError(error, verbose);
  }
}

function printError(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.done; // help or version was asked for
    if (error.code !== 'commander.help') console.error(`${error.message.replace(/^error: /, '')} (see contimg --help)`);
    return exitCodes.usage;
  }
  if (error instanceof UsageError) {
    console.error(error.message);
    return exitCodes.usage;
  }
  const { message, stack, cause } = error as Error;
  const code = isPipelineError(error) ? error.code : 'INTERNAL';
  console.error(`${message} [${code}]`);
  if (verbose) console.error(stack, cause ?? '');
  return code === 'INVALID_ARGUMENT' ? exitCodes.usage : exitCodes.failed;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error; // the reader, such as head, has had enough
});
process.exitCode = await main();
