import { InvalidArgumentError } from './errors.js';

/** A line of a table, by column; with where it stands, for messages. */
export interface CsvRow {
  readonly where: string;
  readonly cells: ReadonlyMap<string, string>;
}

/**
 * The rows of CSV text whose first line names the columns. Lines that are empty or begin with # are skipped.
 *
 * @param path - of the file, for messages.
 * @param required - columns that must be there.
 * @throws {InvalidArgumentError} a column is missing, or a row has more or fewer cells.
 */
export function parseCsv(path: string, text: string, required: readonly string[]): CsvRow[] {
  const lines = text
    .split(/\r?\n/)
    .map((line, i) => ({ number: i + 1, cells: line.split(',').map(cell => cell.trim()) }))
    .filter(({ cells }) => cells.some(cell => cell !== '') && !cells[0]!.startsWith('#'));
  const names = lines.shift()?.cells ?? [];
  const missing = required.filter(name => !names.includes(name));
  if (missing.length > 0)
    throw new InvalidArgumentError(
      `Expected columns ${required.join(', ')} in ${path}, but ${missing.join(', ')} is missing`,
    );
  return lines.map(({ number, cells }) => {
    const where = `in line ${number} of ${path}`;
    if (cells.length !== names.length)
      throw new InvalidArgumentError(`Expected ${names.length} cells ${where} but there are ${cells.length}`);
    return { where, cells: new Map(names.map((name, i) => [name, cells[i]!])) };
  });
}

/** @throws {InvalidArgumentError} a cell that is no number. */
export function numberInCell(cell: string, what: string): number {
  const value = Number(cell);
  if (cell === '' || !Number.isFinite(value))
    throw new InvalidArgumentError(`Expected ${what} to be a number but received ${cell || 'nothing'}`);
  return value;
}
