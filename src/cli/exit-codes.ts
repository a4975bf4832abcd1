/** What `contimg` ends with. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  /** 128 + the number of the signal, as shells report it. */
  interrupted: { SIGINT: 130, SIGTERM: 143 },
} as const;

export const exitCodeHelp = `
Exit codes:
  0    all done; groups that lack files or tiles are no failure, they are named
  1    something failed: it is named on standard error
  2    the command line was not understood
  130  interrupted by Ctrl-C (143 by SIGTERM): run again to go on`;

/** The command line or an environment variable was not understood. */
export class UsageError extends Error {}
