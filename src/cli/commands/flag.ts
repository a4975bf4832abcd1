import { Command } from 'commander';
import { z } from 'zod';

import { flagVisibilities, writeFlags } from '../../calibration/index.js';
import type { FlagReport } from '../../calibration/index.js';
import type { MakeCommand } from '../command-context.js';
import { UsageError } from '../exit-codes.js';
import { integerOption, numberOption, optionName, parseWith } from '../load-config.js';
import { progressDisplay } from '../progress-display.js';
import { observationOf } from '../visibility-source.js';

const schema = z.object({
  write: z.boolean().optional(),
  edgeChannels: integerOption.min(0).optional(),
  threshold: numberOption.min(3).max(1000).optional(),
  interference: z.boolean().optional(),
  minSubbands: integerOption.min(1).max(16).optional(),
  threads: integerOption.min(0).max(1024).optional(),
  json: z.boolean().optional(),
});

/** `contimg flag`: what not to use of one observation, and why. */
export const flagCommand: MakeCommand = ({ config, signal }) =>
  new Command('flag')
    .description('Find what not to use of one observation: interference, dead and shadowed antennas; tell why.')
    .argument('<path...>', 'MeasurementSet; or files, or folders of files, of one group')
    .option('--write', 'write the flags into the MeasurementSet, in place of those that are there')
    .option('--edge-channels <n>', 'channels to flag at either end of each spectral window (default 0)')
    .option('--threshold <sigma>', 'of interference in a single visibility (default 6)')
    .option('--no-interference', 'do not look for interference')
    .option('--min-subbands <n>', 'subbands that a group must have at least (default 14)')
    .option('--threads <n>', 'threads, 0 for all cores (default 0, or CONTIMG_THREADS)')
    .option('--json', 'print one line of JSON: the counts by reason, the antennas')
    .action(async (paths: string[], raw: unknown) => {
      const options = parseWith(schema, raw, optionName);
      const source = await observationOf(paths, signal);
      if (options.write && typeof source !== 'string') throw new UsageError('--write goes with a MeasurementSet');
      const display = progressDisplay();
      try {
        const flags = await flagVisibilities(source, {
          edgeChannels: options.edgeChannels,
          interferenceThresholdSigma: options.threshold,
          interference: options.interference,
          ...(typeof source !== 'string' && { minSubbands: options.minSubbands }),
          ...{ signal, threads: options.threads ?? config.threads },
          onProgress: fraction => display.show({ name: 'flag', fraction }),
        });
        if (options.write) await writeFlags(source as string, flags, { signal });
        display.stop();
        print(flags, options.json ?? false);
      } finally {
        display.stop();
      }
    });

function print({ counts, nFlagged, nVisibilities, deadAntennas, shadowedAntennas }: FlagReport, json: boolean): void {
  if (json) {
    console.log(JSON.stringify({ nVisibilities, nFlagged, counts, deadAntennas, shadowedAntennas }));
    return;
  }
  const percent = (fraction: number) => `${(100 * fraction).toFixed(3)} %`;
  for (const [reason, { fraction }] of Object.entries(counts)) console.log(`${reason}: ${percent(fraction)}`);
  console.log(`dead antennas: ${deadAntennas.join(', ') || 'none'}`);
  console.log(`shadowed antennas: ${shadowedAntennas.join(', ') || 'none'}`);
  console.log(`${percent(nFlagged / Math.max(1, nVisibilities))} of ${nVisibilities} visibilities flagged`);
}
