import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { convertToMs } from '../../src/index.js';
import { dsa110Tile, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';

const available = hasDsa110Tile && hasPythonModule('casacore.tables') && hasPythonModule('h5py');

/** Compares an MS, as casacore reads it, with the UVH5 files, as h5py reads them; prints JSON. */
const compare = `
import sys, json, glob, h5py, numpy as np
from casacore.tables import table, taql
path, files = sys.argv[1], sys.argv[2:]
ms = table(path, ack=False)
sub = lambda name: table(path + '::' + name, ack=False)
out = {}
ddid, freq = ms.getcol('DATA_DESC_ID'), sub('SPECTRAL_WINDOW').getcol('CHAN_FREQ')
same = {key: True for key in ('data', 'weight', 'flag', 'freq', 'time', 'antennas', 'mean_weight')}
for file in files:
    with h5py.File(file, 'r') as f:
        h, d = f['Header'], f['Data']
        cross = h['ant_1_array'][:] != h['ant_2_array'][:]
        spw = int(np.argmin(np.abs(freq[:, 0] - h['freq_array'][:][0, -1])))
        rows = ddid == spw
        take = lambda a: np.asarray(a)[cross][:, 0, ::-1]
        weight = take(d['nsamples'])
        same['data'] &= bool((ms.getcol('DATA')[rows] == take(d['visdata'])).all())
        same['weight'] &= bool((ms.getcol('WEIGHT_SPECTRUM')[rows] == weight).all())
        same['mean_weight'] &= bool(np.allclose(ms.getcol('WEIGHT')[rows], weight.mean(axis=1), rtol=1e-6))
        same['flag'] &= bool((ms.getcol('FLAG')[rows] == take(d['flags'])).all())
        same['freq'] &= bool((freq[spw] == h['freq_array'][:][0, ::-1]).all())
        mjd = (h['time_array'][:][cross] - 2400000.5) * 86400
        same['time'] &= bool((ms.getcol('TIME')[rows] == mjd).all() and (ms.getcol('TIME_CENTROID')[rows] == mjd).all())
        same['antennas'] &= bool((ms.getcol('ANTENNA1')[rows] == h['ant_1_array'][:][cross]).all()
                                 and (ms.getcol('ANTENNA2')[rows] == h['ant_2_array'][:][cross]).all())
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

  it('are the values of the files, with meridian fields, to the bit', async () => {
    const path = join(folder, 'meridian.ms');
    await convertToMs(dsa110Tile(), { path });
    const found = JSON.parse(runPython(compare, [path, ...dsa110Tile().files.map(file => file.path)]));
    expect(found.same).toEqual({
      ...{ data: true, weight: true, flag: true, freq: true, time: true, antennas: true, mean_weight: true },
    });
    expect(found).toMatchObject({ fields: 24, field_ids: Array.from({ length: 24 }, (_, t) => t) });
    expectSound(found);
  });

  it('have one field and moved visibilities when asked', async () => {
    const path = join(folder, 'single.ms');
    await convertToMs(dsa110Tile(), { path, fields: 'single', telescopeName: 'NOWHERE' });
    const found = JSON.parse(runPython(compare, [path, ...dsa110Tile().files.map(file => file.path)]));
    expect(found.same).toMatchObject({ data: false, weight: true, flag: true, freq: true, time: true, antennas: true });
    expect(found).toMatchObject({ fields: 1, field_ids: [0], telescope: ['NOWHERE'] });
    expectSound(found);
  });
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what Python printed
function expectSound(found: any) {
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
    rows: { DATA_DESCRIPTION: 16, FEED: 117, HISTORY: 2, POINTING: 480, PROCESSOR: 1, STATE: 1, FLAG_CMD: 0 },
  });
  expect(found.positions_off).toBeLessThan(1e-8);
  expect(found.width).toBeGreaterThan(0);
  expect(found.time_range).toHaveLength(1);
  expect(found.time_range[0][0]).toBeCloseTo(found.times[0] - 12.884902 / 2, 4);
  expect(found.time_range[0][1]).toBeCloseTo(found.times[1] + 12.884902 / 2, 4);
}
