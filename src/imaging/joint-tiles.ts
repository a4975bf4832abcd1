import type { RawImaging, RawJointMosaic, RawSource } from '../../bindings/addon.js';
import { addon } from '../core/addon.js';
import { NoValidDataError } from '../core/errors.js';
import { runJob } from '../core/job.js';
import type { JobOptions } from '../core/job.js';

/** An observation as the addon takes it. */
export type NativeTile = { readonly name: string; readonly source: RawSource };
/** Observations that were left out, with the sentence that says why. */
export type LeftOut = readonly { readonly id: string; readonly reason: string }[];

/** Makes the mosaic, and begins anew without an observation that turns out to have no visibilities. */
export async function makeOfGood(
  native: RawImaging & { tiles: readonly NativeTile[]; maxPixels: number },
  leavesOut: boolean,
  options: JobOptions,
): Promise<{ made: RawJointMosaic; good: readonly NativeTile[]; leftOut: LeftOut }> {
  let good = native.tiles;
  const leftOut: { id: string; reason: string }[] = [];
  for (;;) {
    try {
      const made = await runJob(options, onProgress => {
        return addon().makeJointMosaic({ ...native, tiles: good }, onProgress);
      });
      return { made, good, leftOut };
    } catch (error) {
      if (!leavesOut || !(error instanceof NoValidDataError) || good.length === 1) throw error;
      const { message } = error;
      const bad = good.find(({ name }) => message.startsWith(`${name}: `));
      if (!bad) throw error;
      leftOut.push({ id: bad.name, reason: message.slice(bad.name.length + 2) });
      good = good.filter(tile => tile !== bad);
    }
  }
}
