import { parse } from 'csv-parse/sync';

import { InvalidArgumentError } from './errors.js';

/** A line of a table, by column; with where it stands, for messages. */
export interface CsvRow {
  readonly where: string;
  readonly cells: ReadonlyMap<string, string>;
}

/**
 * The rows of CSV text (RFC 4180) whose first line names the columns. Lines that are empty or begin with # are skipped.
 *
 * @param path - of the file, for messages.
 * @param required - columns that must be there.
 * @throws {InvalidArgumentError} a column is missing, a row has more or fewer cells, or a quote is not closed.
 */
export function parseCsv(path: string, text: string, required: readonly string[]): CsvRow[] {
  const [header, ...lines] = recordsOf(path, text);
  const names = header?.record ?? [];
  const missing = required.filter(name => !names.includes(name));
  if (missing.length > 0)
    throw new InvalidArgumentError(
      `Expected columns ${required.join(', ')} in ${path}, but ${missing.join(', ')} is missing`,
    );
  return lines.map(({ record, info }) => {
    const where = `in line ${info.lines} of ${path}`;
    if (record.length !== names.length)
      throw new InvalidArgumentError(`Expected ${names.length} cells ${where} but there are ${record.length}`);
    return { where, cells: new Map(names.map((name, i) => [name, record[i]!])) };
  });
}

function recordsOf(path: string, text: string) {
  try {
    return parse(text, {
      bom: true,
      comment: '#',
      comment_no_infix: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
    }) as unknown as readonly { readonly record: string[]; readonly info: { readonly lines: number } }[]; // for `info`
  } catch (error) {
    throw new InvalidArgumentError(`Expected CSV in ${path}: ${(error as Error).message}`);
  }
}

/** @throws {InvalidArgumentError} a cell that is no number. */
export function numberInCell(cell: string, what: string): number {
  const value = Number(cell);
  if (cell === '' || !Number.isFinite(value))
    throw new InvalidArgumentError(`Expected ${what} to be a number but received ${cell || 'nothing'}`);
  return value;
}
