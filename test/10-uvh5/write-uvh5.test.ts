import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import ndarray from 'ndarray';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { peersVenv } from '../../scripts/peers-venv.mjs';
import { InvalidArgumentError, OutputExistsError } from '../../src/core/errors.js';
import { groupSubbands } from '../../src/grouping/index.js';
import type { EarthOrientation } from '../../src/core/sky.js';
import { convertToMs } from '../../src/ms/index.js';
import { simulateObservation } from '../../src/simulation/index.js';
import { describeSource, indexFiles, readSource, readUvh5, readUvh5Header, writeUvh5 } from '../../src/uvh5/index.js';
import type { Uvh5Content } from '../../src/uvh5/index.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';

/** Near the true value of that day. */
const earthOrientation = { ut1MinusUtcSec: 0.07 };

let folder: string;
let subband: string;
let group: readonly string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contimg-write-uvh5-'));
  const observation = { nAntennas: 6, nChannels: 3, nIntegrations: 4, earthOrientation, gainError: 0.1 };
  ({ files: group } = await simulateObservation({ folder: join(folder, 'incoming'), ...observation }));
  subband = group[5]!; // window 10: they ascend in frequency
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => rm(out(), { force: true }));
const out = () => join(folder, 'out.uvh5');

async function contentOf(source: string | readonly string[], orientation = {}): Promise<Uvh5Content> {
  const options = { earthOrientation: { ...earthOrientation, ...orientation } };
  return { ...(await describeSource(source, options)), ...(await readSource(source, options)) };
}

const bits = ({ data }: { data: ArrayBufferView }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

it.each(['none', 'gzip'] as const)('a correlator file written again in its own layout is the same (%s)', async gzip => {
  await writeUvh5(out(), await contentOf(group), { layout: 'dsa110', spw: 10, compression: gzip, earthOrientation });
  const [before, after] = [await readUvh5(subband), await readUvh5(out())];
  for (const name of ['visibilities', 'flags', 'nsamples'] as const) {
    expect(after[name].shape).toEqual(before[name].shape);
    expect(bits(after[name]).equals(bits(before[name])), name).toBe(true);
  }
  const header = await readUvh5Header(out());
  const original = await readUvh5Header(subband);
  for (const key of [
    'nBlts',
    'nTimes',
    'antennaNames',
    'freqHz',
    'channelWidthHz',
    'firstTimeJd',
    'lastTimeJd',
  ] as const)
    expect(header[key], key).toEqual(original[key]);
  expect(header.pointingDecDeg).toBeCloseTo(original.pointingDecDeg!, 9);
  header.antennaPositionsMeters.data.forEach((value, i) =>
    expect(value).toBeCloseTo(original.antennaPositionsMeters.data[i]!, 8),
  );
});

it('flags stay, and weights become nsamples', async () => {
  const content = await contentOf(group);
  content.flags.set(2, 1, 0, 1);
  content.weights.set(3, 0, 1, 0.25);
  await writeUvh5(out(), content);
  const after = await readUvh5(out());
  expect(after.flags.get(2, 1, 0)).toBe(1);
  expect(after.flags.data.reduce((n, flag) => n + flag, 0)).toBe(1);
  expect(after.nsamples.get(3, 0, 1)).toBe(0.25);
});

it('a MeasurementSet and the files it was made of give the same file', async () => {
  const path = join(folder, 'observation.ms');
  const { groups } = groupSubbands(await indexFiles(group));
  await convertToMs(groups[0]!, { path, earthOrientation, autocorrelations: true });
  await writeUvh5(join(folder, 'from-ms.uvh5'), await contentOf(path));
  await writeUvh5(out(), await contentOf(group));
  const [fromMs, fromFiles] = [await readUvh5(join(folder, 'from-ms.uvh5')), await readUvh5(out())];
  const peak = Math.max(...fromFiles.visibilities.data);
  expect(fromMs.visibilities.shape).toEqual(fromFiles.visibilities.shape);
  fromFiles.visibilities.data.forEach((value, i) =>
    expect(Math.abs(fromMs.visibilities.data[i]! - value)).toBeLessThan(1e-6 * peak),
  );
});

it('never overwrites, and leaves nothing behind when it is refused or aborted', async () => {
  const content = await contentOf(group);
  const names = () => readdir(folder);
  await writeFile(out(), 'precious');
  const before = await names();
  await expect(writeUvh5(out(), content)).rejects.toThrow(OutputExistsError);
  expect(await names()).toEqual(before);
  await rm(out());
  const wrong: [Partial<Uvh5Content>, object][] = [
    [{}, { layout: 'casa' }],
    [{}, { spw: 16 }],
    [{}, { spw: -1 }],
    [{}, { compresion: 'gzip' }],
    [{ flags: ndarray(new Uint8Array(3), [3]) }, {}],
    [{ antenna1: content.antenna1.map(() => 500) }, {}],
    [
      { phaseCenters: content.phaseCenters.map(({ raDeg, decDeg }) => ({ raDeg: raDeg + 0.1, decDeg })) },
      { layout: 'dsa110' },
    ],
    [{ channelWidthHz: content.freqHz.map((_, i) => 1 + i) }, { layout: 'dsa110' }],
  ];
  for (const [part, options] of wrong)
    await expect(writeUvh5(out(), { ...content, ...part }, options)).rejects.toThrow(InvalidArgumentError);
  for (const at of [0, 0.3, 0.55, 0.7]) {
    const controller = new AbortController();
    const onProgress = (fraction: number) => void (fraction >= at && controller.abort(new Error('enough')));
    const written = writeUvh5(out(), content, { signal: controller.signal, onProgress }).then(
      () => 'written',
      (error: Error) => error.message,
    );
    if ((await written) === 'written') await rm(out()); // it was done before the progress came through
  }
  expect((await names()).sort()).toEqual(before.filter(name => name !== 'out.uvh5').sort());
});

/** Every dataset of two files: type, shape, and whether values are equal to a millimetre or a millionth. */
const compare = `
import h5py, json, sys, numpy as np
a, b = (h5py.File(path) for path in sys.argv[1:3])
names = lambda f: set(n for n in f['Header'] if n != 'extra_keywords') | set('extra_keywords/' + n for n in f['Header/extra_keywords'])
result = {'only': sorted(names(a) ^ names(b)), 'differ': []}
for path in ['Header/' + n for n in names(a) & names(b)] + ['Data/' + n for n in a['Data']]:
    x, y = a[path], b[path]
    alike = x.dtype == y.dtype and x.shape == y.shape and x.chunks == y.chunks and x.maxshape == y.maxshape
    u, v = x[()], y[()]
    same = np.allclose(u, v, rtol=1e-13, atol=1e-6) if np.asarray(u).dtype.kind == 'f' else np.array_equal(u, v)
    if not (alike and same): result['differ'].append(path)
print(json.dumps(result))
`;

describeIf(hasPythonModule('h5py'), 'needs python3-h5py', 'h5py', () => {
  it('sees the datasets, types, shapes, chunks and values of a correlator file', async () => {
    const options = { layout: 'dsa110', spw: 10, instrument: 'DSA', objectName: 'search', earthOrientation } as const;
    await writeUvh5(out(), await contentOf(group), options);
    const found = JSON.parse(runPython(compare, [subband, out()])) as object;
    expect(found).toEqual({ only: [], differ: ['Header/history'] });
  });
});

/** Reads a file as strictly as pyuvdata can, and tells what it warned of and how far its own computation is off. */
const pyuvdata = `
import json, sys, warnings, numpy as np
import pyuvdata
from astropy.utils import iers
iers.conf.auto_download = False
path = sys.argv[1]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    uv = pyuvdata.UVData.from_file(path, file_type='uvh5', strict_uvw_antpos_check=True)
stored = {name: getattr(uv, name).copy() for name in ('uvw_array', 'lst_array', 'phase_center_app_ra', 'phase_center_app_dec', 'phase_center_frame_pa')}
uv.set_lsts_from_time_array()
uv._set_app_coords_helper()
arcsec = np.degrees(1) * 3600
off = lambda name: float(np.max(np.abs((getattr(uv, name) - stored[name] + np.pi) % (2 * np.pi) - np.pi)) * arcsec)
result = dict(warnings=[str(w.message) for w in caught], shape=uv.data_array.shape, nphase=uv.Nphase,
    spws=np.unique(uv.flex_spw_id_array).size, lst=off('lst_array'), ra=off('phase_center_app_ra'),
    dec=off('phase_center_app_dec'), pa=off('phase_center_frame_pa'), pols=uv.polarization_array.tolist(),
    first=[float(uv.data_array[1, 2, 1].real), float(uv.data_array[1, 2, 1].imag)], n=float(uv.nsample_array[1, 2, 1]))
uv.set_uvws_from_antenna_positions()
result['uvw'] = float(np.max(np.abs(uv.uvw_array - stored['uvw_array'])))
result['selected'] = uv.select(times=np.unique(uv.time_array)[:1], inplace=False).Nblts
print(json.dumps(result))
`;

const python = await peersVenv(['pyuvdata']);

/** The orientation of the Earth as astropy has it. */
const iers = `
import json
from astropy.utils import iers
from astropy.time import Time
iers.conf.auto_download = False
at, table = Time('2026-01-25T22:00:00'), iers.earth_orientation_table.get()
x, y = (p.to_value('arcsec') for p in table.pm_xy(at))
print(json.dumps(dict(ut1MinusUtcSec=table.ut1_utc(at).to_value('s'), xPoleArcsec=x, yPoleArcsec=y)))
`;

describeIf(python !== undefined, 'pyuvdata cannot be installed here', 'pyuvdata 3.2', () => {
  it.each([
    ['none', 'with sidereal times'],
    ['gzip', 'without sidereal times'],
  ] as const)(
    'reads the layout uvh5-1.2 (%s, %s) without a warning, and agrees with it',
    async (compression, times) => {
      const earth = JSON.parse((await execa(python!, ['-c', iers])).stdout) as EarthOrientation;
      const content = await contentOf(group, earth);
      const orientation = times === 'with sidereal times' ? { earthOrientation: earth } : {};
      await writeUvh5(out(), content, { compression, ...orientation });
      const found = JSON.parse((await execa(python!, ['-c', pyuvdata, out()])).stdout) as Record<string, unknown>;
      expect(found).toMatchObject({
        warnings: [],
        shape: [84, 48, 2],
        nphase: 4,
        spws: 16,
        pols: [-5, -6],
        selected: 21,
      });
      const { visibilities, weights } = content; // the conjugate: conventions.md section 2
      expect(found['first']).toEqual([visibilities.get(1, 2, 1, 0), -visibilities.get(1, 2, 1, 1)]);
      expect(found['n']).toBe(weights.get(1, 2, 1));
      const arcsec = times === 'with sidereal times' ? 1e-3 : 0.5; // without polar motion
      for (const angle of ['lst', 'ra', 'dec']) expect(found[angle], angle).toBeLessThan(arcsec);
      // pyuvdata takes the position angle of an arc of 1 degree, at its southern end.
      expect(found['pa']).toBeLessThan(1);
      expect(found['uvw']).toBeLessThan(3e-3);
    },
  );
});
