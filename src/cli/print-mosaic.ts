import { countOf } from '../core/count-of.js';
import type { JointMosaic } from '../imaging/index.js';
import type { MosaicCheck, MosaicFiles } from '../mosaic/index.js';
import type { JointMosaicFiles, MosaicSummary } from '../pipeline/index.js';

/** Prints what was made: a few lines, or one of JSON. */
export function printMosaic(made: MosaicFiles, summary: MosaicSummary, json: boolean): void {
  const { tiles, leftOut, checks } = made;
  const { catalogue } = summary;
  const files = [...made.files, ...summary.files];
  if (json) {
    console.log(JSON.stringify({ files, tiles, leftOut, checks, catalogue }));
    return;
  }
  console.log(String(made));
  printLeftOut(leftOut);
  for (const { id, nPixels, nRejected } of tiles)
    if (nRejected > 0) console.log(`${id}: ${nRejected} of ${nPixels + nRejected} pixels rejected`);
  printFailed(checks, leftOut);
  printCatalogue(summary);
  for (const file of files) console.log(file);
}

export function printJointMosaic(joint: JointMosaic, made: JointMosaicFiles, json: boolean): void {
  const { beam, cycles, stop, tiles, leftOut } = joint;
  const { checks, catalogue } = made;
  const files = [...made.images, ...made.files];
  if (json) {
    console.log(JSON.stringify({ files, beam, cycles, stop, tiles, leftOut, checks, catalogue }));
    return;
  }
  console.log(String(joint));
  printLeftOut(leftOut);
  printFailed(checks, leftOut);
  console.log(`clean: ${countOf(cycles.length, 'major cycle')}, stopped by ${stop}`);
  printCatalogue(made);
  for (const file of files) console.log(file);
}

function printLeftOut(leftOut: MosaicFiles['leftOut']): void {
  for (const { id, reason } of leftOut) console.log(`left out ${id}: ${reason}`);
}

/** Of the tiles that are in the mosaic. */
function printFailed(checks: readonly MosaicCheck[], leftOut: MosaicFiles['leftOut']): void {
  for (const { tile, check, value, limit, passed } of checks)
    if (!passed && leftOut.every(({ id }) => id !== tile))
      console.log(`${tile}: ${check} is ${value.toPrecision(3)}, the limit ${limit}`);
}

function printCatalogue({ catalogue }: MosaicSummary): void {
  if (!catalogue) return;
  const { nFound, nExpected, fluxRatio, fluxScatter, eastArcsec, northArcsec } = catalogue;
  console.log(
    `catalogue: ${nFound} of ${nExpected} sources found, flux ratio ${fluxRatio.toFixed(3)} (scatter ` +
      `${fluxScatter.toFixed(3)}), ${eastArcsec.toFixed(2)}" east and ${northArcsec.toFixed(2)}" north`,
  );
}
