import { Option } from 'commander';
import type { Command } from 'commander';
import { z } from 'zod';

import { fluxStandard, fluxStandards, readSkyModel } from '../calibration/index.js';
import type { SkySource } from '../calibration/index.js';
import type { CalibrationConfig } from '../pipeline/index.js';
import { UsageError } from './exit-codes.js';
import { integerOption, numberOption, optionName } from './load-config.js';

const terms = ['delay', 'bandpass', 'phase', 'gain'] as const;

/** From which baselines gains are solved for; `contimg selfcal` has these too. */
export const baselineSchema = z.object({
  baselinesPerAntenna: integerOption.min(1).optional(),
  solveMinUv: numberOption.min(0).optional(),
  solveMaxUv: numberOption.positive().optional(),
  solveMinBaseline: numberOption.min(0).optional(),
  solveMaxBaseline: numberOption.positive().optional(),
});

/** Options of solving that `contimg calibrate` and `contimg run` share. */
export const calibrationSchema = baselineSchema.extend({
  sky: z.string().optional(),
  calibrator: z.enum(fluxStandards as readonly [string, ...string[]]).optional(),
  terms: z
    .string()
    .transform(text => text.split(','))
    .pipe(z.array(z.enum(terms)))
    .optional(),
  refAnt: z.string().optional(),
  solint: numberOption.positive().optional(),
  phaseSolint: numberOption.positive().optional(),
  perSpw: z.boolean().optional(),
  minSnr: numberOption.min(0).optional(),
  smearing: z.boolean().optional(),
  validHours: numberOption.positive().optional(),
  minFlux: numberOption.min(0).optional(),
  maxAmplitudeChange: numberOption.min(1).optional(),
  edgeChannels: integerOption.min(0).optional(),
});

/** Those that say how to solve, and have no effect where nothing is solved. */
export const solvingOptions = Object.keys(calibrationSchema.shape).filter(
  name => !['sky', 'calibrator', 'edgeChannels'].includes(name),
);

/** Declares them. */
export function addBaselineOptions(command: Command): Command {
  return command
    .option('--baselines-per-antenna <n>', 'fewest baselines with which an antenna is solved for (default 4)')
    .option('--solve-min-uv <wavelengths>', 'shortest projected baseline to solve from')
    .option('--solve-max-uv <wavelengths>', 'longest projected baseline to solve from')
    .option('--solve-min-baseline <m>', 'shortest baseline to solve from')
    .option('--solve-max-baseline <m>', 'longest baseline to solve from');
}

/** As `solveCalibration` has them. */
export function toBaselineRange(options: z.infer<typeof baselineSchema>) {
  return {
    minBaselines: options.baselinesPerAntenna,
    ...{ minUvWavelengths: options.solveMinUv, maxUvWavelengths: options.solveMaxUv },
    ...{ minBaselineMeters: options.solveMinBaseline, maxBaselineMeters: options.solveMaxBaseline },
  };
}

/** Declares all options of solving. */
export function addCalibrationOptions(command: Command): Command {
  return addBaselineOptions(command)
    .option('--sky <file>', 'sky model to solve against: CSV with ra_deg, dec_deg, flux_jy, before the primary beam')
    .addOption(new Option('--calibrator <name>', 'or a flux standard').choices([...fluxStandards]))
    .option('--min-flux <jy>', 'flux of the sky model that must be in the primary beam (default 1)')
    .option('--terms <list>', 'what is solved for, of delay,bandpass,phase,gain in this order (default bandpass)')
    .option('--ref-ant <name>', 'reference antenna (default: the healthiest)')
    .option('--solint <sec>', 'solution interval of gains (default: the whole observation)')
    .option('--phase-solint <sec>', 'solution interval of phases (default 60)')
    .option('--per-spw', 'a delay, phase or gain for each spectral window (default: one for all)')
    .option('--min-snr <n>', 'lowest signal to noise of a solution (default 3)')
    .option('--smearing', 'the model loses by the widths of channels and integrations, as the sky does')
    .option('--max-amplitude-change <n>', 'factor by which amplitudes may differ from the set in force (default 10)')
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
  const { refAnt, smearing, minSnr, validHours } = options;
  return {
    ...{ terms: options.terms, minFluxJy: options.minFlux, refAnt, minSnr, validHours, smearing },
    ...{ solintSec: options.solint, phaseSolintSec: options.phaseSolint },
    ...{ combineSpws: options.perSpw && false },
    ...toBaselineRange(options),
    limits: { maxAmplitudeChange: options.maxAmplitudeChange },
  };
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

/** Options that have no effect on the terms that are solved for, by what they go with. */
export function idleByTerms({
  terms: list = ['bandpass'],
}: z.infer<typeof calibrationSchema>): Record<string, string[]> {
  return {
    'goes with the term gain': list.includes('gain') ? [] : ['solint'],
    'goes with the term phase': list.includes('phase') ? [] : ['phaseSolint'],
    'goes with the term delay, phase or gain': list.some(term => term !== 'bandpass') ? [] : ['perSpw'],
  };
}
