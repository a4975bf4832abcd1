import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { convertToMs } from '../../src/index.js';
import { dsa110Tile, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';

const available = hasDsa110Tile && hasPythonModule('casacore.tables') && hasPythonModule('h5py');

/**
 * Compares an MS, as casacore reads it, with the UVH5 files, as h5py reads them; prints JSON. Rows of the MS are those of
 * the files, in each window; channels are found by their frequency.
 */
const compare = `
import sys, json, glob, h5py, numpy as np
from casacore.tables import table, taql
path, autos, files = sys.argv[1], sys.argv[2] == 'true', sys.argv[3:]
ms = table(path, ack=False)
sub = lambda name: table(path + '::' + name, ack=False)
out = {'columns': sorted(set(ms.colnames()) & {'WEIGHT_SPECTRUM', 'MODEL_DATA', 'CORRECTED_DATA'})}
ddid, freq = ms.getcol('DATA_DESC_ID'), sub('SPECTRAL_WINDOW').getcol('CHAN_FREQ')
same = {key: True for key in ('data', 'weight', 'flag', 'freq', 'time', 'antennas', 'mean_weight', 'flag_row')}
for file in files:
    with h5py.File(file, 'r') as f:
        h, d = f['Header'], f['Data']
        kept = (h['ant_1_array'][:] != h['ant_2_array'][:]) | autos
        hz = h['freq_array'][:][0, ::-1]
        spw, first = np.unravel_index(np.argmin(np.abs(freq - hz[0])), freq.shape)
        rows, channels = ddid == spw, slice(first, first + len(hz))
        take = lambda a: np.asarray(a)[kept][:, 0, ::-1]
        column = lambda name: ms.getcol(name)[rows][:, channels]
        weight, visibilities = take(d['nsamples']), take(d['visdata'])
        same['data'] &= bool((column('DATA') == visibilities).all())
        has_spectrum = 'WEIGHT_SPECTRUM' in out['columns']
        found = column('WEIGHT_SPECTRUM') if has_spectrum else ms.getcol('WEIGHT')[rows][:, None]
        same['weight'] &= bool((found == weight).all())
        good = np.where(take(d['flags']) | (weight <= 0), 0, 1)
        mean = np.where(good.any(1), (weight * good).sum(1) / np.maximum(good.sum(1), 1), weight[:, 0])
        one_window = len(freq) == 1  # its mean is over all files
        same['mean_weight'] &= one_window or bool(np.allclose(ms.getcol('WEIGHT')[rows], mean, rtol=1e-6))
        same['flag'] &= bool((column('FLAG') == (good == 0)).all())
        same['flag_row'] &= one_window or bool((ms.getcol('FLAG_ROW')[rows] == (good == 0).all((1, 2))).all())
        same['freq'] &= bool((freq[spw, channels] == hz).all())
        mjd = (h['time_array'][:][kept] - 2400000.5) * 86400
        same['time'] &= bool((ms.getcol('TIME')[rows] == mjd).all() and (ms.getcol('TIME_CENTROID')[rows] == mjd).all())
        same['antennas'] &= bool((ms.getcol('ANTENNA1')[rows] == h['ant_1_array'][:][kept]).all()
                                 and (ms.getcol('ANTENNA2')[rows] == h['ant_2_array'][:][kept]).all())
        if 'MODEL_DATA' in out['columns']: same['data'] &= bool((column('MODEL_DATA') == 1).all())
        if 'CORRECTED_DATA' in out['columns']: same['data'] &= bool((column('CORRECTED_DATA') == visibilities).all())
        interval = float(h['integration_time'][0])
out['same'] = same
out['sigma'] = float(np.abs(ms.getcol('SIGMA') * np.sqrt(ms.getcol('WEIGHT')) - 1).max())
out['interval'] = bool((ms.getcol('INTERVAL') == interval).all() and (ms.getcol('EXPOSURE') == interval).all())
out['ascending'] = bool((np.diff(freq.ravel()) > 0).all())
u = taql('select UVW, mscal.uvwj2000() as EXPECTED from $path')
out['uvw_off'] = float(np.abs(u.getcol('UVW') - u.getcol('EXPECTED')).max())
out['uvw_max'] = float(np.abs(u.getcol('UVW')).max())
field, obs, ant, pol, spws = sub('FIELD'), sub('OBSERVATION'), sub('ANTENNA'), sub('POLARIZATION'), sub('SPECTRAL_WINDOW')
out['directions'] = bool((field.getcol('PHASE_DIR') == field.getcol('REFERENCE_DIR')).all()
                         and (field.getcol('PHASE_DIR') == field.getcol('DELAY_DIR')).all())
out['frame'] = [field.getcolkeyword(c, 'MEASINFO')['Ref'] for c in ('PHASE_DIR', 'REFERENCE_DIR', 'DELAY_DIR')]
out['fields'] = field.nrows()
out['field_ids'] = sorted(set(ms.getcol('FIELD_ID').tolist()))
out['telescope'], out['time_range'] = obs.getcol('TELESCOPE_NAME'), obs.getcol('TIME_RANGE').tolist()
out['times'] = [float(ms.getcol('TIME').min()), float(ms.getcol('TIME').max())]
out['antennas'], out['mount'] = ant.nrows(), sorted(set(ant.getcol('MOUNT')))
out['diameter'], out['names'] = sorted(set(ant.getcol('DISH_DIAMETER').tolist())), ant.getcol('NAME')[:2]
with h5py.File(files[0], 'r') as f:
    import erfa
    h = f['Header']
    origin = erfa.gd2gc(1, np.radians(h['longitude'][()]), np.radians(h['latitude'][()]), h['altitude'][()])
    out['positions_off'] = float(np.abs(ant.getcol('POSITION') - h['antenna_positions'][:] - origin).max())
out['corr_type'], out['corr_product'] = pol.getcol('CORR_TYPE').tolist(), pol.getcol('CORR_PRODUCT').tolist()
out['topo'] = sorted(set(spws.getcol('MEAS_FREQ_REF').tolist()))
out['width'] = float(spws.getcol('CHAN_WIDTH').min())
out['rows'] = {name: sub(name).nrows() for name in
               ('DATA_DESCRIPTION', 'FEED', 'HISTORY', 'POINTING', 'PROCESSOR', 'STATE', 'FLAG_CMD')}
ids = ('OBSERVATION_ID', 'STATE_ID', 'PROCESSOR_ID', 'ARRAY_ID', 'FEED1', 'FEED2')
out['ids'] = bool(all((ms.getcol(c) == 0).all() for c in ids))
out['version'] = float(ms.getkeyword('MS_VERSION'))
print(json.dumps(out))
`;

describeIf(available, 'needs ../shared, python3-casacore, python3-h5py', 'the columns of a MeasurementSet', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-columns-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const compared = (path: string, paths: readonly string[], autocorrelations = false) =>
    JSON.parse(runPython(compare, [path, String(autocorrelations), ...paths]));
  const tilePaths = () => dsa110Tile().files.map(file => file.path);

  it.each([
    [{}, []],
    [{ spectralWindows: 'one' }, []],
    [{ weightSpectrum: 'always' }, ['WEIGHT_SPECTRUM']],
    [{ columns: ['MODEL_DATA', 'CORRECTED_DATA'] }, ['CORRECTED_DATA', 'MODEL_DATA']],
    [{ autocorrelations: true, spectralWindows: 'one', weightSpectrum: 'always' }, ['WEIGHT_SPECTRUM']],
  ] as const)('are the values of the files, with meridian fields, to the bit: %j', async (options, columns) => {
    const path = join(folder, 'meridian.ms');
    rmSync(path, { recursive: true, force: true });
    await convertToMs(dsa110Tile(), { path, ...options });
    const autocorrelations = 'autocorrelations' in options;
    const found = compared(path, tilePaths(), autocorrelations);
    expect(found.same).toEqual({ ...allSame, data: true });
    expect(found).toMatchObject({ fields: 24, field_ids: Array.from({ length: 24 }, (_, t) => t), columns });
    expectSound(found, 'spectralWindows' in options ? 1 : 16);
  });

  it('have one field and moved visibilities when asked', async () => {
    const path = join(folder, 'single.ms');
    await convertToMs(dsa110Tile(), { path, fields: 'single', telescopeName: 'NOWHERE' });
    const found = compared(path, tilePaths());
    expect(found.same).toEqual({ ...allSame, data: false });
    expect(found).toMatchObject({ fields: 1, field_ids: [0], telescope: ['NOWHERE'], columns: [] });
    expectSound(found, 16);
  });

  it.each(['subbands', 'one'] as const)('keep flags and weights that differ between channels: %s', async layout => {
    const paths = changedFiles(join(folder, layout));
    const files = paths.map((path, k) => ({ path, subband: k, fileSizeBytes: 0 }));
    const path = join(folder, `${layout}.ms`);
    const group = { id: 'changed', files, missingSubbands: [] };
    await convertToMs(group, { path, minSubbands: 3, spectralWindows: layout });
    const found = compared(path, paths);
    expect(found.same).toEqual({ ...allSame, data: true });
    expect(found.columns).toEqual(['WEIGHT_SPECTRUM']);
  });
});

const allSame = {
  ...{ weight: true, flag: true, freq: true, time: true, antennas: true, mean_weight: true, flag_row: true },
};

/**
 * Three subbands of the tile with flags in all of them; in the one that is highest in frequency, and read last, weights
 * start to differ in the last integrations.
 */
function changedFiles(to: string): string[] {
  mkdirSync(to);
  const paths = dsa110Tile()
    .files.slice(0, 3)
    .map(file => file.path);
  const change = `
import sys, os, shutil, h5py, numpy as np
rng = np.random.default_rng(3)
for k, path in enumerate(sys.argv[2:]):
    copy = os.path.join(sys.argv[1], os.path.basename(path))
    shutil.copy(path, copy)
    with h5py.File(copy, 'r+') as f:
        flags, nsamples = f['Data/flags'][:], f['Data/nsamples'][:]
        flags[rng.random(flags.shape) < 0.01] = True
        flags[100:140] = True
        if k == 0: nsamples[-500:] *= rng.integers(0, 3, nsamples[-500:].shape) / 2
        f['Data/flags'][...], f['Data/nsamples'][...] = flags, nsamples
    print(copy)
`;
  return runPython(change, [to, ...paths])
    .trim()
    .split('\n');
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what Python printed
function expectSound(found: any, nWindows: number) {
  // casacore's uvw, with another precession model (0.3") and without polar motion, for ANTENNA2 - ANTENNA1.
  expect(found.uvw_max).toBeGreaterThan(2000);
  expect(found.uvw_off).toBeLessThan(2e-6 * found.uvw_max);
  expect(found.sigma).toBeLessThan(1e-6);
  expect(found).toMatchObject({
    ...{ interval: true, ascending: true, directions: true, ids: true, version: 2 },
    frame: ['ICRS', 'ICRS', 'ICRS'],
    ...{ antennas: 117, mount: ['ALT-AZ'], diameter: [4.65], names: ['1', '2'] },
    corr_type: [[9, 12]],
    corr_product: [
      [
        [0, 0],
        [1, 1],
      ],
    ],
    topo: [5],
    rows: { DATA_DESCRIPTION: nWindows, FEED: 117, HISTORY: 2, POINTING: 480, PROCESSOR: 1, STATE: 1, FLAG_CMD: 0 },
  });
  expect(found.positions_off).toBeLessThan(1e-8);
  expect(found.width).toBeGreaterThan(0);
  expect(found.time_range).toHaveLength(1);
  expect(found.time_range[0][0]).toBeCloseTo(found.times[0] - 12.884902 / 2, 4);
  expect(found.time_range[0][1]).toBeCloseTo(found.times[1] + 12.884902 / 2, 4);
}
