import { basename } from 'node:path';

import { Command } from 'commander';
import { z } from 'zod';

import { applyCalibration, interpolateInFrequency } from '../../calibration/index.js';
import type { CalibrationSolutions } from '../../core/calibration-solutions.js';
import { describeSource } from '../../uvh5/index.js';
import { tablesFor } from '../calibration-tables.js';
import type { MakeCommand } from '../command-context.js';
import { exitCodes, UsageError } from '../exit-codes.js';
import { optionName, parseWith } from '../load-config.js';
import { progressDisplay } from '../progress-display.js';
import { isMeasurementSet } from '../visibility-source.js';

const schema = z.object({ interpolateFrequency: z.boolean().optional(), json: z.boolean().optional() });

/** `contimg apply`: calibration tables to CORRECTED_DATA. */
export const applyCommand: MakeCommand = ({ signal }, exitWith) =>
  new Command('apply')
    .description('Apply calibration tables to a MeasurementSet: write CORRECTED_DATA with its flags and weights.')
    .argument('<ms>', 'MeasurementSet; DATA, its flags and its weights are kept')
    .argument('<table...>', 'calibration tables of any terms, of which the product is applied')
    .option(
      '--interpolate-frequency',
      'fill channels without a solution between solved ones; otherwise they are flagged',
    )
    .option('--json', 'print one line of JSON: the counts, what is wrong with the tables')
    .action(async (ms: string, tables: string[], raw: unknown) => {
      const options = parseWith(schema, raw, optionName);
      if (!(await isMeasurementSet([ms]))) throw new UsageError(`Expected a MeasurementSet but received ${ms}`);
      const observation = await describeSource(ms, { signal });
      const { checked, solutions } = await tablesFor(tables, () => Promise.resolve(observation), signal);
      if (solutions === undefined) {
        exitWith(exitCodes.failed);
        return;
      }
      const filled = (one: CalibrationSolutions) =>
        one.term === 'delay' ? one : interpolateInFrequency(one, observation);
      const display = progressDisplay();
      try {
        const { nVisibilities, nFlagged } = await applyCalibration(
          ms,
          options.interpolateFrequency ? solutions.map(filled) : solutions,
          {
            provenance: tables.map(table => `from ${basename(table)}`),
            signal,
            onProgress: fraction => display.show({ name: 'apply', fraction }),
          },
        );
        display.stop();
        if (options.json) console.log(JSON.stringify({ nVisibilities, nFlagged, checked }));
        else
          console.log(
            `${ms}: CORRECTED_DATA written, ${((100 * nFlagged) / nVisibilities).toFixed(3)} % of it flagged`,
          );
      } finally {
        display.stop();
      }
    });
