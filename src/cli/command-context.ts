import type { Command } from 'commander';

import type { CliConfig } from './load-config.js';

/** What every command is given. */
export interface CommandContext {
  readonly config: CliConfig;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Builds one command; `exitWith` sets the exit code of the process where it is not 0. */
export type MakeCommand = (context: CommandContext, exitWith: (code: number) => void) => Command;
