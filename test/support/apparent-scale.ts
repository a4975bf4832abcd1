import { addon } from '../../src/core/addon.js';
import { checkEarthOrientation, toRawDirection, toRawSite } from '../../src/core/sky.js';
import type { MeasurementSet } from '../../src/index.js';

/**
 * Apparent over ICRS size of the field, from apparent directions a degree apart: annual aberration. WSClean's pixels are
 * apparent angles, ours are ICRS: `cellArcsec / scale` gives the pixels of its `cellArcsec`.
 */
export function apparentScale(ms: MeasurementSet): number {
  const { raDeg, decDeg } = ms.fields[0]!.center;
  const timeMjdSec = (ms.timeMjdSec[11]! + ms.timeMjdSec[12]!) / 2;
  const seen = (dec: number) =>
    addon().apparentItrf({
      direction: toRawDirection({ raDeg, decDeg: dec }),
      timeMjdSec,
      site: toRawSite(ms.site),
      earthOrientation: checkEarthOrientation(undefined),
    });
  const [a, b] = [seen(decDeg - 0.5), seen(decDeg + 0.5)];
  const chord = Math.hypot(...a.map((value, axis) => value - b[axis]!));
  return (2 * Math.asin(chord / 2)) / (Math.PI / 180);
}
