import type { CheckedMosaicOptions } from './options.js';
import type { MosaicCheck, MosaicTileSummary } from './types.js';

/** Checks flux and position of each tile against the others, where they were compared and could be. */
export function checkAgreement(tiles: readonly MosaicTileSummary[], options: CheckedMosaicOptions): MosaicCheck[] {
  const limits = { fluxRatio: options.maxFluxDifference, offset: options.maxOffsetArcsec };
  return tiles.flatMap(({ id, agreement }) => {
    if (!agreement || !Number.isFinite(agreement.fluxRatio)) return [];
    const offset = Math.hypot(agreement.eastArcsec, agreement.northArcsec);
    const figures = { fluxRatio: Math.abs(agreement.fluxRatio - 1), offset };
    return (['fluxRatio', 'offset'] as const).map(check => {
      const [value, limit] = [figures[check], limits[check]];
      return { check, tile: id, value, limit, passed: value <= limit };
    });
  });
}

/** The tile that fails a check by most, and that check; undefined where none does. */
export function worstDisagreement(
  tiles: readonly MosaicTileSummary[],
  options: CheckedMosaicOptions,
): { readonly index: number; readonly check: MosaicCheck } | undefined {
  const failed = tiles.flatMap((tile, index) =>
    checkAgreement([tile], options)
      .filter(({ passed }) => !passed)
      .map(check => ({ index, check })),
  );
  const excess = ({ check: { value, limit } }: (typeof failed)[number]) => value / limit;
  return failed.sort((a, b) => excess(b) - excess(a))[0];
}

/** Why a tile was left out. */
export function describeDisagreement({ check, tile, value, limit }: MosaicCheck): string {
  return check === 'offset'
    ? `Expected sources within ${limit}" of where the other tiles have them, but those of ${tile} are ${value.toFixed(2)}" off`
    : `Expected fluxes within ${100 * limit} % of those in the other tiles, but those of ${tile} differ by ${(100 * value).toFixed(1)} %`;
}
