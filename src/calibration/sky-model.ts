import { z } from 'zod';

import type { RawSkyModel } from '../../bindings/addon.js';
import { checkNumber, checkPositive } from '../core/check.js';
import { numberInCell, parseCsv } from '../core/csv.js';
import { InvalidArgumentError } from '../core/errors.js';
import { readText } from '../core/read-text.js';
import { toRawDirection } from '../core/sky.js';
import type { SkySource } from './types.js';

const degree = Math.PI / 180;
const arcsec = degree / 3600;
const defaultReferenceMhz = 1400;

/** Columns of a catalogue, by the names in its first line; the first three must be there. */
const columns = {
  ra_deg: 'raDeg',
  dec_deg: 'decDeg',
  flux_jy: 'fluxJy',
  spectral_index: 'spectralIndex',
  reference_mhz: 'referenceMhz',
  major_arcsec: 'majorArcsec',
  minor_arcsec: 'minorArcsec',
  position_angle_deg: 'positionAngleDeg',
} as const;
const requiredColumns = ['ra_deg', 'dec_deg', 'flux_jy'] as const;

const [ra, dec] = [z.number().min(-360).max(720), z.number().min(-90).max(90)]; // as toRawDirection takes them

/** The part of a simulation's `truth.json` that says what the sky is. */
const truthSchema = z.object({
  reference_hz: z.number().positive(),
  sources: z.array(
    z.object({ ra_deg: ra, dec_deg: dec, flux_jy: z.number().positive(), spectral_index: z.number().default(0) }),
  ),
});

/**
 * Reads a catalogue of sources: CSV with a line of column names, `name` and those of {@link SkySource} in snake case.
 *
 * `ra_deg`, `dec_deg` and `flux_jy` must be there, in every row: no source gets a flux that nobody gave, and none of 0 or less is one. Lines that are
 * empty or begin with # are skipped. The `truth.json` of a simulation is taken too.
 *
 * @throws {FileAccessError} it cannot be read.
 * @throws {InvalidArgumentError} a column or a number is missing or wrong; the message names file and line.
 * @example
 * const model = await readSkyModel('field.csv'); // name,ra_deg,dec_deg,flux_jy,spectral_index
 */
export async function readSkyModel(path: string): Promise<SkySource[]> {
  const text = await readText(path);
  if (text.trimStart().startsWith('{')) return sourcesOfTruth(path, text);
  return parseCsv(path, text, requiredColumns).map(({ where, cells }) => {
    const source: Record<string, unknown> = {};
    for (const [column, cell] of cells) {
      if (column === 'name') source['name'] = cell;
      if (!(column in columns)) continue;
      if (cell !== '') source[columns[column as keyof typeof columns]] = numberInCell(cell, `${column} ${where}`);
      else if ((requiredColumns as readonly string[]).includes(column))
        throw new InvalidArgumentError(`Expected ${column} ${where} but the cell is empty: no value stands in for it`);
    }
    return checkSource(source as unknown as SkySource, where);
  });
}

/** @param where - in messages. */
function checkSource(source: SkySource, where: string): SkySource {
  try {
    checkPositive('flux_jy', source.fluxJy);
    toRawSource(source, 'source');
    return source;
  } catch (cause) {
    if (!(cause instanceof InvalidArgumentError)) throw cause;
    throw new InvalidArgumentError(`${cause.message} ${where}`, { cause });
  }
}

function sourcesOfTruth(path: string, text: string): SkySource[] {
  try {
    const { sources, reference_hz } = truthSchema.parse(JSON.parse(text));
    return sources.map(({ ra_deg, dec_deg, flux_jy, spectral_index }) => ({
      ...{ raDeg: ra_deg, decDeg: dec_deg, fluxJy: flux_jy },
      ...{ spectralIndex: spectral_index, referenceMhz: reference_hz / 1e6 },
    }));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll(/\s+/g, ' ') : String(cause);
    throw new InvalidArgumentError(`Expected ${path} to be the truth.json of a simulation: ${reason}`, { cause });
  }
}

/** A sky model for the addon, checked. */
export function toRawSkyModel(
  model: readonly SkySource[],
  { primaryBeam, smearing }: { primaryBeam: boolean; smearing: boolean },
): RawSkyModel {
  if (!Array.isArray(model) || model.length === 0)
    throw new InvalidArgumentError('Expected the sky model to be an array of at least one source');
  return { sources: model.map((source, i) => toRawSource(source, `model[${i}]`)), primaryBeam, smearing };
}

/** @param name - of the source, in messages. */
function toRawSource(source: SkySource, name: string): RawSkyModel['sources'][number] {
  const { spectralIndex = 0, logTerms = [spectralIndex], referenceMhz = defaultReferenceMhz } = source;
  const { majorArcsec = 0, minorArcsec = majorArcsec, positionAngleDeg = 0 } = source;
  return {
    direction: toRawDirection(source),
    fluxJy: checkNumber(`${name}.fluxJy`, source.fluxJy),
    referenceHz: checkPositive(`${name}.referenceMhz`, referenceMhz) * 1e6,
    logTerms: logTerms.map(term => checkNumber(`${name}.logTerms`, term, -20, 20)),
    majorRad: checkNumber(`${name}.majorArcsec`, majorArcsec, 0, 36000) * arcsec,
    minorRad: checkNumber(`${name}.minorArcsec`, minorArcsec, 0, majorArcsec) * arcsec,
    positionAngleRad: checkNumber(`${name}.positionAngleDeg`, positionAngleDeg) * degree,
  };
}
