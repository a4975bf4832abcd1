import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { meridianIcrs, dsa110, simulateObservation } from '../../src/index.js';
import type { Simulation } from '../../src/index.js';
import { describeIf, hasPythonModule, hasShared, sharedPath } from '../support/oracles.js';

interface Comparison {
  readonly names_equal: boolean;
  readonly n_files: number;
  readonly layout: string[];
  readonly header: Record<string, number>;
  readonly texts: string[];
  readonly visibilities: number;
  readonly uvw_ulp: number;
}

const python = '/usr/bin/python3';
const compareFiles = fileURLToPath(new URL('compare-files.py', import.meta.url));

const cases = [
  { pointingDecDeg: -30, nAntennas: 8, nChannels: 4, nIntegrations: 3, nTiles: 1, startTime: '2026-01-25T22:00:05' },
  {
    pointingDecDeg: 16.15,
    nAntennas: 16,
    nChannels: 48,
    nIntegrations: 5,
    nTiles: 1,
    startTime: '2026-01-25T22:00:05',
  },
  { pointingDecDeg: 80, nAntennas: 8, nChannels: 2, nIntegrations: 2, nTiles: 2, startTime: '2025-10-03T23:59:45' },
];

/** Sources near the pointing of the first integration, off to all sides, up to the first null of the beam. */
function sourcesNear(pointingDecDeg: number, startTime: string) {
  const timeMjdSec = Date.parse(`${startTime}Z`) / 1000 + 40587 * 86400;
  const center = meridianIcrs(pointingDecDeg, timeMjdSec, dsa110.site);
  const stretch = 1 / Math.cos((center.decDeg * Math.PI) / 180);
  return [
    { raDeg: center.raDeg + 0.3 * stretch, decDeg: center.decDeg + 0.4, fluxJy: 2, spectralIndex: -0.7 },
    { raDeg: center.raDeg - 1.1 * stretch, decDeg: center.decDeg - 0.2, fluxJy: 1, spectralIndex: 0.4 },
    { raDeg: center.raDeg, decDeg: center.decDeg - 3.1, fluxJy: 4 },
  ];
}

const ready = hasShared() && hasPythonModule('h5py') && hasPythonModule('erfa');
describeIf(
  ready,
  '../shared or python3-h5py, python3-erfa missing',
  'files as an independent program writes them',
  () => {
    describe.each(cases)('at declination $pointingDecDeg', options => {
      let folder = '';
      let simulation: Simulation;
      let comparison: Comparison;
      const truth = () => JSON.parse(readFileSync(join(folder, 'oracle', 'truth.json'), 'utf8'));

      beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), 'contimg-'));
        const sources = sourcesNear(options.pointingDecDeg, options.startTime);
        const list = join(folder, 'sources.json');
        const entries = sources.map(({ raDeg, decDeg, fluxJy, spectralIndex = 0 }) => {
          return { ra_deg: raDeg, dec_deg: decDeg, flux_jy: fluxJy, spectral_index: spectralIndex };
        });
        writeFileSync(list, JSON.stringify(entries));
        const flags = {
          tiles: options.nTiles,
          antennas: options.nAntennas,
          channels: options.nChannels,
          integrations: options.nIntegrations,
          dec: options.pointingDecDeg,
          start: options.startTime,
          noise: 0,
          sources: list,
        };
        const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
        execFileSync(python, [sharedPath('tools', 'make_dsa110_uvh5.py'), join(folder, 'oracle'), ...args]);
        simulation = await simulateObservation({ ...options, folder: join(folder, 'ours'), sources, noise: 0 });
        const compared = execFileSync(python, [compareFiles, join(folder, 'ours'), join(folder, 'oracle')]);
        comparison = JSON.parse(compared.toString()) as Comparison;
      });
      afterAll(() => rmSync(folder, { recursive: true, force: true }));

      test('has the same files with the same names, types, shapes, chunks and attributes', () => {
        expect(comparison.names_equal).toBe(true);
        expect(comparison.n_files).toBe(16 * options.nTiles);
        expect(comparison.layout).toEqual([]);
        expect(comparison.texts).toEqual([]);
      });

      test('has the same times, frequencies, antennas and positions', () => {
        const { freq_array, latitude, longitude, antenna_positions, uvw_array, ...exact } = comparison.header;
        expect(freq_array).toBeLessThan(1e-6);
        expect(Math.max(latitude!, longitude!)).toBeLessThan(1e-13);
        expect(antenna_positions).toBeLessThan(1e-8);
        expect(uvw_array).toBeLessThan(1e-3);
        expect(Object.keys(exact)).toContain('time_array');
        expect(Math.max(...Object.values(exact))).toBe(0);
        expect(comparison.uvw_ulp).toBeLessThanOrEqual(1);
      });

      test('has the same visibilities', () => {
        expect(comparison.visibilities).toBeLessThan(1e-5);
      });

      test('has a truth of the same form and content', () => {
        const theirs = truth();
        expect(Object.keys(simulation.truth)).toEqual(expect.arrayContaining(Object.keys(theirs)));
        expect(simulation.truth.antennas).toEqual(theirs.antennas);
        expect(simulation.truth.sources).toEqual(theirs.sources);
        expect(simulation.truth.freq_hz).toEqual(theirs.freq_hz);
        expect(simulation.truth.tiles.length).toBe(options.nTiles);
        simulation.truth.tiles.forEach((tile, index) => {
          const { meridian_icrs_deg: meridian, ...rest } = theirs.tiles[index];
          expect(tile).toMatchObject(rest);
          tile.meridian_icrs_deg.forEach((direction, time) => {
            expect(direction[0]).toBeCloseTo(meridian[time][0], 8);
            expect(direction[1]).toBeCloseTo(meridian[time][1], 8);
          });
        });
        expect(JSON.parse(readFileSync(simulation.truthPath, 'utf8'))).toEqual(simulation.truth);
      });
    });
  },
);
