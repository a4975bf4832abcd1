import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { peersVenv } from '../../scripts/peers-venv.mjs';
import { convertToMs, describeMs } from '../../src/index.js';
import { dsa110Tile } from '../support/dsa110-tile.js';
import { describeIf, hasShared, sharedPath } from '../support/oracles.js';

const python = hasShared() ? await peersVenv(['pyuvdata', 'python-casacore']) : undefined;
const script = fileURLToPath(new URL('pyuvdata-compare.py', import.meta.url));

let peer: ChildProcessByStdio<Writable, Readable, null>;
let answers: AsyncIterator<string>;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what Python printed
async function run(...args: string[]): Promise<any> {
  peer.stdin.write(`${JSON.stringify(args)}\n`);
  const { value, done } = await answers.next();
  if (done) throw new Error(`pyuvdata-compare.py ended at ${args.join(' ')}`);
  return JSON.parse(value);
}

/** What pyuvdata 3.2 and contimg differ in is listed, with reasons, in docs/ms.md. */
describeIf(
  python !== undefined,
  'needs ../shared and pyuvdata from PyPI',
  'next to the MeasurementSet of pyuvdata',
  () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'contimg-pyuvdata-'));
      peer = spawn(python!, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
      answers = createInterface(peer.stdout)[Symbol.asyncIterator]();
    });
    afterAll(() => {
      peer.stdin.end();
      rmSync(folder, { recursive: true });
    });

    const convert = (name: string, paths: readonly string[], options: object) =>
      convertToMs(
        { id: name, files: paths.map((path, subband) => ({ path, subband, fileSizeBytes: 0 })), missingSubbands: [] },
        {
          ...{ path: join(folder, `${name}.ours.ms`), fields: 'single', autocorrelations: true, minSubbands: 1 },
          ...{ yearRange: [2000, 2040], ...options },
        },
      );
    const uvh5 = (name: string) => sharedPath('data', 'uvh5', name);

    it.each([
      ['mwa_integration_time.uvh5', 0],
      ['simulated_bda_file.uvh5', 0],
      ['zen.2458432.34569.uvh5', 24],
      ['zen.2458661.23480.HH.uvh5', 20],
      ['zen.2458661.23480.HH_oldproj_icrs.uvh5', 20],
    ])('%s becomes the same, column by column', async (name, nSwapped) => {
      const theirs = join(folder, `${name}.theirs.ms`);
      const { uvwIsNotOfPositions, ...earthOrientation } = await run('convert', theirs, uvh5(name));
      expect(uvwIsNotOfPositions).toBe(false);
      const phaseCenter = (await describeMs(theirs)).fields[0]!.center;
      const ours = await convert(name, [uvh5(name)], { phaseCenter, earthOrientation });
      const found = await run('compare', ours.path, theirs);
      expect(found.rows).toEqual([found.rows[0], found.rows[0], found.rows[0]]);
      expect(found).toMatchObject({
        ...{
          swapped: nSwapped,
          antennas: 0,
          diameters: 0,
          freq: 0,
          width: 0,
          fields: [1, 1],
          frames: ['ICRS', 'ICRS'],
        },
        ...{ time: 0, interval: 0, exposure: 0, flags: 0 },
      });
      expect(found.pols[0]).toEqual(found.pols[1]);
      expect(found.antennas).toBeLessThan(1e-8);
      expect(found.telescope[0]).toEqual(found.telescope[1]);
      expect(found.field_rad).toBeLessThan(1e-14);
      expect(found.weight).toBeLessThanOrEqual(1e-6 * found.weight_max);
      // A file phased by an older projection keeps its uvw in pyuvdata; polar motion is left out of its sidereal time.
      expect(found.uvw).toBeLessThan((name.includes('oldproj') ? 1e-4 : 1e-5) * found.uvw_max);
      expect(found.data).toBeLessThan(2e-6 * found.data_max);
    });

    it.each(['zen.2456865.60537.xy.uvcRREAA.uvh5', 'zen.2457698.40355.xx.HH.uvcAA.uvh5'])(
      '%s, whose uvw_array contradicts its antenna positions, is refused, not converted with a warning',
      async name => {
        const { uvwIsNotOfPositions } = await run('convert', join(folder, `${name}.theirs.ms`), uvh5(name));
        expect(uvwIsNotOfPositions).toBe(true);
        const refused = convert(name, [uvh5(name)], {});
        await expect(refused).rejects.toMatchObject({ code: 'UVH5_FORMAT', path: uvh5(name) });
        await expect(refused).rejects.toThrow(/uvw_array of row 1 to be near .* antenna 2 minus antenna 1/);
      },
    );

    it('1061316296_nearfield.uvh5 is refused by both: its phase center is near', async () => {
      const name = '1061316296_nearfield.uvh5';
      expect((await run('convert', join(folder, 'near.ms'), uvh5(name))).error).toMatch(/near-field/);
      await expect(convert(name, [uvh5(name)], {})).rejects.toThrow(/cat_type to be sidereal .* but it is near_field/);
    });

    it('a DSA-110 tile becomes the same in all that does not hang on the phase center', async () => {
      const { files } = dsa110Tile();
      const paths = files.map(file => file.path);
      const theirs = join(folder, 'tile.theirs.ms');
      await run('convert', theirs, ...paths);
      const ours = await convert('tile', paths, { fields: 'meridian', spectralWindows: 'one', minSubbands: 16 });
      const found = await run('compare', ours.path, theirs);
      expect(found).toMatchObject({
        ...{ diameters: 0, freq: 0, width: 0, frames: ['ICRS', 'ICRS'] },
        ...{ time: 0, interval: 0, exposure: 0, flags: 0 },
      });
      expect(found.antennas).toBeLessThan(1e-8);
      expect(found.telescope[0]).toEqual(found.telescope[1]);
      expect(found.weight).toBeLessThanOrEqual(1e-6 * found.weight_max);
      // It takes a drift scan to look at the zenith: one field there, uvw and data turned to it.
      expect(found.fields).toEqual([24, 1]);
      expect((await describeMs(theirs)).fields[0]!.center.decDeg).toBeGreaterThan(37);
      expect(ours.fields[0]!.center.decDeg).toBeLessThan(17);
    });
  },
);
