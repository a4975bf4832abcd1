import { basename } from 'node:path';

import { numberInCell, parseCsv } from '../core/csv.js';
import { readText } from '../core/read-text.js';
import type { MosaicTile } from '../mosaic/index.js';
import { UsageError } from './exit-codes.js';

/** What a tile is corrected by before it is added. */
type Correction = Pick<MosaicTile, 'fluxScale' | 'shiftArcsec' | 'rmsJyBeam'>;

/**
 * Reads corrections of tiles: CSV with a column `tile`, the name of its image's file, and any of `flux_scale`,
 * `east_arcsec`, `north_arcsec` and `rms_jy_beam`. An empty cell corrects nothing.
 *
 * @param paths - of the tiles.
 * @throws {UsageError} a line for a tile that is not there, or two for one.
 * @throws {FileAccessError, InvalidArgumentError} the file cannot be read, or a number is none.
 * @returns by path of the tile.
 */
export async function readCorrections(path: string, paths: readonly string[]): Promise<Map<string, Correction>> {
  const text = await readText(path);
  const corrections = new Map<string, Correction>();
  for (const { where, cells } of parseCsv(path, text, ['tile'])) {
    const name = cells.get('tile')!;
    const tiles = paths.filter(tile => basename(tile) === basename(name));
    if (tiles.length === 0) throw new UsageError(`--corrections: no tile is called ${name}, ${where}`);
    const number = (column: string) => {
      const cell = cells.get(column) ?? '';
      return cell === '' ? undefined : numberInCell(cell, `${column} ${where}`);
    };
    const correction: Correction = {
      fluxScale: number('flux_scale'),
      shiftArcsec: [number('east_arcsec') ?? 0, number('north_arcsec') ?? 0],
      rmsJyBeam: number('rms_jy_beam'),
    };
    for (const tile of tiles) {
      if (corrections.has(tile)) throw new UsageError(`--corrections: a second line for ${name}, ${where}`);
      corrections.set(tile, correction);
    }
  }
  return corrections;
}
