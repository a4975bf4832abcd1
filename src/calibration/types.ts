import type { SkyDirection } from '../core/sky.js';

/** An unpolarized source, ICRS: a point, or a Gaussian where `majorArcsec` is given. */
export interface SkySource extends SkyDirection {
  readonly name?: string | undefined;
  /** At `referenceMhz`, before the primary beam. */
  readonly fluxJy: number;
  /** S ~ nu^index. @default 0 */
  readonly spectralIndex?: number | undefined;
  /** Instead of `spectralIndex`: log10(S / fluxJy) = sum_k logTerms[k] log10(nu / reference)^(k+1). */
  readonly logTerms?: readonly number[] | undefined;
  /** @default 1400 */
  readonly referenceMhz?: number | undefined;
  /** Full widths at half maximum, and the angle of the longer one from north through east. @default a point */
  readonly majorArcsec?: number | undefined;
  readonly minorArcsec?: number | undefined;
  readonly positionAngleDeg?: number | undefined;
}
