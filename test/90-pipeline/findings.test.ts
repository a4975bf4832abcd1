import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { measureSources } from '../../src/imaging/index.js';
import { readFits } from '../../src/fits/index.js';
import { createPipeline } from '../../src/pipeline/index.js';
import type { PipelineConfig, RunReport } from '../../src/pipeline/index.js';
import { canCorrupt } from '../55-calibration/corrupted-tile.js';
import type { CorruptionTruth } from '../55-calibration/corrupted-tile.js';
import { describeIf, sharedPath } from '../support/oracles.js';
import { robustRms } from '../support/robust-rms.js';

const sky = [
  { raDeg: 337.0, decDeg: 16.02, fluxJy: 4 },
  { raDeg: 337.1, decDeg: 16.08, fluxJy: 2 },
  { raDeg: 336.93, decDeg: 16.07, fluxJy: 1.5 },
];

describeIf(canCorrupt, 'needs ../shared and python3 with h5py and erfa', 'an observation with many faults', () => {
  let folder: string;
  let truth: CorruptionTruth;
  let report: RunReport;
  let cleanReport: RunReport;
  const at = (...parts: string[]) => join(folder, ...parts);

  const simulate = (name: string, args: readonly string[]) =>
    execFileSync('/usr/bin/python3', [
      ...[sharedPath('tools', 'make_dsa110_uvh5.py'), at(name), '--antennas', '24', '--channels', '8'],
      ...['--integrations', '4', '--noise', '2', '--sources', at('sky.json'), '--seed', '5', ...args],
    ]);
  const run = (name: string, incoming: string, config: Partial<PipelineConfig>) =>
    createPipeline({
      ...{ work: at(name), products: at(`${name}-products`), grouping: { groupSize: 9 } },
      imaging: { npix: 400, cellArcsec: 6, niter: 5000, outerSources: false, weighting: { scheme: 'natural' } },
      ...config,
    }).run(at(incoming));
  const tileOf = ({ products }: RunReport) => products.find(({ kind, made }) => kind === 'tile' && made)!.path;
  const fluxesOf = async (made: RunReport) => {
    const path = tileOf(made);
    return measureSources(await readFits(join(path, `${path.split('/').at(-1)}-image.fits`)), sky);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-findings-'));
    const rows = sky.map(({ raDeg, decDeg, fluxJy }) => ({ ra_deg: raDeg, dec_deg: decDeg, flux_jy: fluxJy }));
    writeFileSync(at('sky.json'), JSON.stringify(rows));
    // The same seed gives the same gains, but for what is dead and swapped.
    const gains = ['--gain-error', '0.2', '--raw-scale', '40'];
    const faults = ['--dead', '3', '--swapped', '1', '--missing', '0.2', '--rfi', '0.05', '--rfi-sigma', '100'];
    const later = ['--start', '2026-01-25T22:01:00'];
    simulate('before', gains);
    simulate('faulty', [...gains, ...faults, '--missing-subbands', '1', ...later]);
    simulate('clean', later);
    truth = JSON.parse(readFileSync(at('faulty', 'truth.json'), 'utf8'));
    const solving = { calibration: { model: sky }, flagging: true };
    expect((await run('work', 'before', solving)).findings).toEqual([]);
    report = await run('work', 'faulty', solving);
    cleanReport = await run('other', 'clean', {});
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has each of them named in the report', () => {
    expect(report.failed).toEqual([]);
    const subject = '2026-01-25T22:01:00';
    const found = Object.fromEntries(
      report.findings.filter(one => one.subject === subject).map(one => [one.code, one]),
    );
    const [dead, swapped] = [truth.dead_pads, truth.swapped_pads].map(pads => pads.map(String)) as [string[], string[]];
    const lost = `sb${String(truth.tiles[0]!.missing_subbands[0]).padStart(2, '0')}`;
    expect(Object.keys(found).sort()).toEqual(
      ['DEAD_ANTENNAS', 'INTERFERENCE', 'LOST_SUBBANDS', 'MISSING_DATA', 'SWAPPED_POLARIZATIONS'].sort(),
    );
    expect(found['DEAD_ANTENNAS']).toMatchObject({ antennas: dead });
    expect(found['DEAD_ANTENNAS']!.message).toContain(dead.join(', '));
    expect(found['SWAPPED_POLARIZATIONS']).toMatchObject({ antennas: swapped });
    expect(found['SWAPPED_POLARIZATIONS']!.message).toMatch(
      new RegExp(`^swapped polarizations on antenna ${swapped[0]}, against 2026-01-25T22:00:05_`),
    );
    expect(found['LOST_SUBBANDS']).toMatchObject({ subbands: [lost], message: `no data of subband ${lost}` });
    expect(found['MISSING_DATA']!.fraction).toBeCloseTo(0.2, 1.5);
    expect(found['INTERFERENCE']!.fraction).toBeGreaterThan(0.045);
    expect(found['INTERFERENCE']!.fraction).toBeLessThan(0.1);
  });

  it('has them named too where it is imaged with a set from before', async () => {
    await run('borrowing', 'before', { calibration: { model: sky } });
    const { calibration, failed, findings } = await run('borrowing', 'faulty', { calibration: {}, flagging: true });
    expect(failed).toEqual([]);
    expect(calibration).toMatchObject([{ rule: 'after' }]);
    const [set] = calibration[0]!.sets;
    const own = report.findings.map(one =>
      one.code === 'SWAPPED_POLARIZATIONS'
        ? { ...one, message: `${one.message.split(',')[0]}, against ${set}, which is applied` }
        : one,
    );
    expect(findings).toEqual(own);
  });

  it('has pictures of its set and flags beside the tables', () => {
    const set = report.calibration[0]!.sets[0]!;
    const pictures = readdirSync(at('work', 'calibration', set)).filter(name => name.endsWith('.png'));
    const ends = ['bandpass-amplitude', 'bandpass-phase', 'flags'];
    expect(pictures.sort()).toEqual(ends.map(end => `2026-01-25T22:01:00-${end}.png`));
    for (const name of pictures)
      expect(PNG.sync.read(readFileSync(at('work', 'calibration', set, name))).width).toBeGreaterThan(1000);
  });

  it('is imaged with its own solutions within 5 % of clean data', async () => {
    expect(report.calibration).toMatchObject([{ rule: 'own' }]);
    const [faulty, clean] = [await fluxesOf(report), await fluxesOf(cleanReport)];
    for (const [i, source] of faulty.entries())
      expect(Math.abs(source!.fluxJy / clean[i]!.fluxJy - 1)).toBeLessThan(0.03);
  });

  it('has the noise that what is left of its data predicts, within 5 %', async () => {
    const residualOf = (made: RunReport) => {
      const path = tileOf(made);
      return readFits(join(path, `${path.split('/').at(-1)}-residual.fits`));
    };
    const [faulty, clean] = [robustRms(await residualOf(report)), robustRms(await residualOf(cleanReport))];
    const nVisibilities = ((24 * 23) / 2) * 4 * truth.freq_hz.length * 2;
    const thermal = truth.noise_sigma_jy / Math.sqrt(nVisibilities);
    expect(Math.abs(clean / thermal - 1)).toBeLessThan(0.05); // nothing but noise is left of the whole observation
    const rise = faulty / clean;
    const predicted = 1 / Math.sqrt(weightLeft(truth, 0.2));
    expect(predicted).toBeGreaterThan(1.3);
    expect(rise / predicted).toBeGreaterThan(0.95);
    expect(rise / predicted).toBeLessThan(1.05);
  });

  it('is not spoken of again as something new when nothing is made', async () => {
    const again = await run('work', 'faulty', { calibration: { model: sky }, flagging: true });
    expect(again.products.filter(({ made }) => made)).toEqual([]);
    expect(again.findings).toEqual(report.findings);
  });
});

/**
 * Weight of what is left of an observation, of what it would have whole and with gains of 1: a visibility that is divided by
 * its gains has their power for its weight.
 */
function weightLeft({ antennas, gains, dead_pads, swapped_pads, tiles, freq_hz }: CorruptionTruth, missing: number) {
  const [tile] = tiles;
  const [nIntegrations, nSubbands] = [tile!.meridian_icrs_deg.length, 16];
  const [, nChannels, nFeeds] = gains.shape;
  const isLost = (channel: number) =>
    tile!.missing_subbands.includes(Math.floor(channel / (freq_hz.length / nSubbands)));
  const timesOf = freq_hz.map((_, channel) =>
    isLost(channel) ? 0 : nIntegrations - tile!.rfi_cells.filter(([, k]) => k === channel).length,
  );
  const powerOf = (pad: number, channel: number, feed: number) => {
    const antenna = gains.antenna_pads.indexOf(pad);
    const i = (antenna * nChannels + channel) * nFeeds + (swapped_pads.includes(pad) ? 1 - feed : feed);
    return gains.real[i]! ** 2 + gains.imag[i]! ** 2;
  };
  let [left, whole] = [0, 0];
  for (const [i, first] of antennas.entries())
    for (const second of antennas.slice(i + 1))
      for (const [channel, times] of timesOf.entries())
        for (let feed = 0; feed < nFeeds; feed++) {
          whole += nIntegrations;
          if (dead_pads.includes(first) || dead_pads.includes(second)) continue;
          left += (1 - missing) * times * powerOf(first, channel, feed) * powerOf(second, channel, feed);
        }
  return left / whole;
}
