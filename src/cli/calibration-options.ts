import { Option } from 'commander';
import type { Command } from 'commander';
import { z } from 'zod';

import { fluxStandard, fluxStandards, readSkyModel } from '../calibration/index.js';
import type { SkySource } from '../calibration/index.js';
import type { CalibrationConfig } from '../pipeline/index.js';
import { UsageError } from './exit-codes.js';
import { integerOption, numberOption, optionName } from './load-config.js';

const terms = ['delay', 'bandpass', 'gain'] as const;

/** Options of solving that `contimg calibrate` and `contimg run` share. */
export const calibrationSchema = z.object({
  sky: z.string().optional(),
  calibrator: z.enum(fluxStandards as readonly [string, ...string[]]).optional(),
  terms: z
    .string()
    .transform(text => text.split(','))
    .pipe(z.array(z.enum(terms)))
    .optional(),
  refAnt: z.string().optional(),
  solint: numberOption.positive().optional(),
  minSnr: numberOption.min(0).optional(),
  validHours: numberOption.positive().optional(),
  edgeChannels: integerOption.min(0).optional(),
});

/** Declares them. */
export function addCalibrationOptions(command: Command): Command {
  return command
    .option('--sky <file>', 'sky model to solve against: CSV with ra_deg, dec_deg, flux_jy, before the primary beam')
    .addOption(new Option('--calibrator <name>', 'or a flux standard').choices([...fluxStandards]))
    .option('--terms <list>', 'what is solved for, of delay,bandpass,gain in this order (default bandpass)')
    .option('--ref-ant <name>', 'reference antenna (default: the healthiest)')
    .option('--solint <sec>', 'solution interval of gains (default: the whole observation)')
    .option('--min-snr <n>', 'lowest signal to noise of a solution (default 3)')
    .option('--valid-hours <h>', 'how long solutions hold before and after their observation (default 12)')
    .option('--edge-channels <n>', 'channels to flag at either end of each spectral window (default 0)');
}

/** The sky model that is given, if one is. */
export async function skyModelOf(options: z.infer<typeof calibrationSchema>): Promise<SkySource[] | undefined> {
  const sources = options.sky === undefined ? [] : await readSkyModel(options.sky);
  if (options.calibrator !== undefined)
    sources.push(fluxStandard(options.calibrator as Parameters<typeof fluxStandard>[0]));
  return sources.length > 0 ? sources : undefined;
}

/** Options of calibrating, without the model. */
export function toCalibrationConfig(options: z.infer<typeof calibrationSchema>): Omit<CalibrationConfig, 'model'> {
  const { refAnt, solint: solintSec, minSnr, validHours } = options;
  return { terms: options.terms, refAnt, solintSec, minSnr, validHours };
}

/**
 * Refuses options that would have no effect without another one.
 *
 * @param idle - names of the options, by the sentence's end that tells what they need.
 * @throws {UsageError} names each of them that is given.
 */
export function refuseIdleOptions(options: Readonly<Record<string, unknown>>, idle: Record<string, readonly string[]>) {
  const sentences = Object.entries(idle).flatMap(([need, names]) =>
    names.filter(name => options[name] !== undefined).map(name => `${optionName(name)} ${need}`),
  );
  if (sentences.length > 0) throw new UsageError(sentences.join('\n'));
}

/** Whether gains are solved for, which alone have solution intervals. */
export function solvesForGains({ terms: list }: z.infer<typeof calibrationSchema>): boolean {
  return list?.includes('gain') ?? false;
}
