// Simulates four tiles of DSA-110, runs the whole flow on them through the built command, and compares the sources in the
// published mosaic with those that were put in. Everything goes into demo-output/.
//
// A source passes whose flux is within 3 % and whose position is within a tenth of the restoring beam (the mean of its
// axes) of the truth. Sources below 10 sigma of the mosaic's noise at their place are listed and not judged.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { measureSources, meridianIcrs, dsa110, readFits, skyToPixel } from '../dist/index.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const folder = 'demo-output';
const nTiles = 4;
const start = '2026-01-25T22:00:05';
const decDeg = 16.15;
const cellArcsec = 5; // 3.7 cells per minor axis of the beam, where the default is 5: keeps the demo short
const maxFluxError = 0.03;
const maxBeamFraction = 0.1;
const minSignalToNoise = 10;

const startedAt = Date.now();
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const sky = makeSky();
writeFileSync(`${folder}/sky.json`, JSON.stringify(sky, null, 1));

contimg('simulate', '--out', `${folder}/incoming`, '--tiles', nTiles, '--start', start, '--dec', decDeg, '--antennas', 48, '--channels', 4, '--name-jitter', 3, '--sky', `${folder}/sky.json`); // prettier-ignore
const report = JSON.parse(
  contimg('run', `${folder}/incoming`, '--work', `${folder}/work`, '--products', `${folder}/products`, '--group-size', nTiles, '--robust', 1, '--cell', cellArcsec, '--json'), // prettier-ignore
);
const published = report.products.find(product => product.kind === 'mosaic').published;
const mosaicPath = published.at(-1);
const passed = printSources(await readFits(mosaicPath), await readFits(mosaicPath.replace('.fits', '-rms.fits')));
console.log('\nPublished:');
for (const path of published) console.log(`  ${path}`);
console.log(`\n${passed ? 'Passed' : 'FAILED'} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
process.exitCode = passed ? 0 : 1;

/** Sources on a jittered grid over the strip that drifts by: 18 of 0.15 to 2 Jy, and 3 too faint to be judged. */
function makeSky() {
  const random = randomStream(110);
  const first = meridianIcrs(decDeg, mjdSec(start), dsa110.site);
  const trackDeg = (nTiles * 309.24) / 239.345; // a turn in 86164.1 s
  const sources = [];
  for (let column = 0; column < 7; column++) {
    for (let row = 0; row < 3; row++) {
      const faint = sources.length % 7 === 3;
      sources.push({
        raDeg: first.raDeg - 0.6 + ((column + 0.2 + 0.6 * random()) * (trackDeg + 1.2)) / 7,
        decDeg: first.decDeg + (row - 1 + 0.6 * (random() - 0.5)) * 0.6,
        fluxJy: faint ? 0.002 : 0.15 * 13 ** random(),
        spectralIndex: -0.7,
      });
    }
  }
  return sources;
}

function printSources(mosaic, rms) {
  const { majorArcsec, minorArcsec } = mosaic.beam;
  const beamArcsec = Math.sqrt(majorArcsec * minorArcsec);
  const measured = measureSources(mosaic, sky);
  console.log(
    `\nInjected and recovered sources; mosaic of ${mosaic.pixels.shape[1]} x ${mosaic.pixels.shape[0]} pixels, ` +
      `beam ${majorArcsec.toFixed(1)}" x ${minorArcsec.toFixed(1)}"\n`,
  );
  const widths = [10, 9, 9, 10, 8, 8, 7, 8];
  const row = (...cells) => console.log(cells.map((cell, i) => String(cell).padStart(widths[i] ?? 1)).join('  '));
  row('RA deg', 'Dec deg', 'in Jy', 'out Jy', 'error %', 'off "', 'beams', 'S/N', ' ');
  let passed = true;
  for (const [i, source] of sky.entries()) {
    const { x, y } = skyToPixel(mosaic.wcs, source);
    const signalToNoise = source.fluxJy / rms.pixels.get(Math.round(y), Math.round(x));
    const place = [source.raDeg.toFixed(4), source.decDeg.toFixed(4), source.fluxJy.toFixed(4)];
    const judged = !(signalToNoise < minSignalToNoise);
    const found = measured[i];
    const fluxError = found ? found.fluxJy / source.fluxJy - 1 : NaN;
    const offsetArcsec = found ? Math.hypot(found.eastArcsec, found.northArcsec) : NaN;
    const good = Math.abs(fluxError) <= maxFluxError && offsetArcsec <= maxBeamFraction * beamArcsec;
    if (judged && !good) passed = false;
    const values = found
      ? [
          found.fluxJy.toFixed(4),
          (100 * fluxError).toFixed(2),
          offsetArcsec.toFixed(2),
          (offsetArcsec / beamArcsec).toFixed(3),
        ]
      : ['-', '-', '-', '-'];
    row(...place, ...values, signalToNoise.toFixed(0), judged ? (good ? 'pass' : 'FAIL') : 'faint, not judged');
  }
  return passed;
}

/** Runs the built command, with its progress on the terminal; gives what it printed. */
function contimg(...args) {
  const words = ['dist/cli/main.js', ...args.map(String)];
  console.error(`contimg ${words.slice(1).join(' ')}`);
  const { status, stdout } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}

function mjdSec(iso) {
  return Date.parse(`${iso}Z`) / 1000 + 40587 * 86400;
}

/** mulberry32 */
function randomStream(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
