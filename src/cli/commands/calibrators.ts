import { Command } from 'commander';
import { z } from 'zod';

import {
  chooseCalibrators,
  fluxStandard,
  fluxStandards,
  isFluxStandard,
  readCalibrators,
} from '../../calibration/index.js';
import type { CalibratorTransit, SkySource } from '../../calibration/index.js';
import { isoToMjdSec, mjdSecToIso } from '../../core/time.js';
import type { MakeCommand } from '../command-context.js';
import { numberOption, optionName, parseWith } from '../load-config.js';

const schema = z.object({
  dec: numberOption.min(-90).max(90),
  catalog: z.string().optional(),
  from: z.string().optional(),
  hours: numberOption.positive().max(8784).default(24),
  minFlux: numberOption.min(0).optional(),
  ut1Utc: numberOption.min(-1).max(1).optional(),
  json: z.boolean().optional(),
});

/** `contimg calibrators`: what to solve on, and when. */
export const calibratorsCommand: MakeCommand = () =>
  new Command('calibrators')
    .description('Name the calibrators that drift through the beam at a declination, and when; the brightest first.')
    .requiredOption('--dec <deg>', 'apparent declination to which the dishes are pointed')
    .option(
      '--catalog <file>',
      'beside the flux standards: CSV with ra_deg, dec_deg, flux_jy, or a VLA calibrator list',
    )
    .option('--from <time>', 'UTC, like 2026-01-25T22:00:00Z (default: now)')
    .option('--hours <h>', 'how far ahead (default 24)')
    .option('--min-flux <jy>', 'flux times primary beam at transit, 1405 MHz (default 1)')
    .option('--ut1-utc <sec>', 'UT1-UTC (default 0)')
    .option('--json', 'print one line of JSON, with what was left out')
    .action(async (raw: unknown) => {
      const { dec, catalog, from, hours, minFlux: minFluxJy, ut1Utc, json } = parseWith(schema, raw, optionName);
      const { sources, leftOut } =
        catalog === undefined ? { sources: [], leftOut: [] } : await readCalibrators(catalog);
      const fromMjdSec = isoToMjdSec(from ?? new Date().toISOString());
      const transits = chooseCalibrators(withStandards(sources), {
        ...{ decDeg: dec, fromMjdSec, toMjdSec: fromMjdSec + hours * 3600, minFluxJy },
        ...(ut1Utc !== undefined && { earthOrientation: { ut1MinusUtcSec: ut1Utc } }),
      });
      if (json) {
        const timed = transits.map(transit => ({ time: `${mjdSecToIso(transit.timeMjdSec)}Z`, ...transit }));
        console.log(JSON.stringify({ transits: timed, leftOut }));
        return;
      }
      for (const transit of transits) console.log(lineOf(transit, dec));
      console.log(`${transits.length} of ${withStandards(sources).length} calibrators; ${leftOut.length} left out`);
    });

/** The flux standards, and what of a catalogue is none of them. */
function withStandards(sources: readonly SkySource[]): SkySource[] {
  return [...fluxStandards.map(fluxStandard), ...sources.filter(source => !isFluxStandard(source))];
}

function lineOf(transit: CalibratorTransit, decDeg: number): string {
  const { source, timeMjdSec, apparentDecDeg, fluxJy, beamResponse, fluxInBeamJy, setsFluxScale } = transit;
  const offset = apparentDecDeg - decDeg;
  return (
    `${mjdSecToIso(timeMjdSec).slice(0, 19)}Z ${source.name ?? 'unnamed'}: ${fluxJy.toFixed(2)} Jy, ` +
    `${fluxInBeamJy.toFixed(2)} Jy in the beam (${(100 * beamResponse).toFixed(0)} %), ` +
    `${Math.abs(offset).toFixed(2)} degrees ${offset < 0 ? 'south' : 'north'}` +
    (setsFluxScale ? '' : '; no flux standard: for bandpass and phases only')
  );
}
