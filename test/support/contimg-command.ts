import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import type { Options } from 'execa';

/** The command as it is installed. */
export const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const environment = {
  CONTIMG_WORK: undefined,
  CONTIMG_PRODUCTS: undefined,
  CONTIMG_THREADS: undefined,
  DATABASE_URL: undefined,
};

/** Runs `contimg`; a failure is a result like any other. */
export async function contimg(args: readonly string[], options: Options = {}) {
  const env = { ...environment, DEBUG: undefined, ...options.env };
  const { exitCode, signal, stdout, stderr } = await execa(program, args, { reject: false, ...options, env });
  return { exitCode, signal, stdout: String(stdout), stderr: String(stderr) };
}
