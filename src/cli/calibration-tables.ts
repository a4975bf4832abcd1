import { checkCalibrationTable, readCalibrationTable } from '../calibration/index.js';
import type { CalibrationFault } from '../calibration/index.js';
import type { CalibrationSolutions } from '../core/calibration-solutions.js';
import type { Observation } from '../core/observation.js';

/** Tables for an observation, and what is wrong with them. */
export interface TablesFor {
  readonly checked: readonly { readonly table: string; readonly faults: readonly CalibrationFault[] }[];
  /** Undefined where one of them must not be applied. */
  readonly solutions: readonly CalibrationSolutions[] | undefined;
}

/**
 * Checks tables for an observation, tells every fault on standard error, and reads them if they may be applied.
 *
 * @param describe - the observation, which is looked at where there are tables.
 */
export async function tablesFor(
  tables: readonly string[] | undefined,
  describe: () => Promise<Observation>,
  signal: AbortSignal,
): Promise<TablesFor> {
  if (tables === undefined) return { checked: [], solutions: [] };
  const observation = await describe();
  const checked = await Promise.all(
    tables.map(async table => ({ table, faults: await checkCalibrationTable(table, observation, { signal }) })),
  );
  for (const { table, faults } of checked)
    for (const { severity, message, rule } of faults) console.error(`${table}: ${severity}: ${message} [${rule}]`);
  const fit = checked.every(({ faults }) => faults.every(({ severity }) => severity !== 'error'));
  const solutions = fit ? await Promise.all(tables.map(table => readCalibrationTable(table, { signal }))) : undefined;
  return { checked, solutions };
}
