import { createHash } from 'node:crypto';

import { expect, test } from 'vitest';

import { InvalidArgumentError } from '../../src/core/errors.js';
import { readUvh5, readUvh5Header } from '../../src/uvh5/index.js';
import { readHeaderWithWasm } from '../../src/uvh5/read-header-with-wasm.js';
import { describeIf, hasPythonModule, hasShared, runPython, sharedPath } from '../support/oracles.js';

const names = [
  '1061316296_nearfield.uvh5',
  'mwa_integration_time.uvh5',
  'simulated_bda_file.uvh5',
  'zen.2456865.60537.xy.uvcRREAA.uvh5',
  'zen.2457698.40355.xx.HH.uvcAA.uvh5',
  'zen.2458432.34569.uvh5',
  'zen.2458661.23480.HH.uvh5',
  'zen.2458661.23480.HH_oldproj_icrs.uvh5',
];

/** Digests of the data arrays without their spw axis, and header values, as h5py reads them. */
const oracle = `
import h5py, hashlib, json, sys, numpy as np
def plain(v):
    if isinstance(v, bytes): return v.decode()
    if isinstance(v, np.bool_): return bool(v)
    return v.item() if isinstance(v, np.generic) else v
with h5py.File(sys.argv[1]) as f:
    h, d = f['Header'], f['Data']
    n = [int(h[k][()]) for k in ('Nblts', 'Nfreqs', 'Npols')]
    rows, chans, pols = (slice(int(a), int(b)) for a, b in zip(sys.argv[2::2], sys.argv[3::2]))
    def digest(name, dtype=None):
        a = d[name][()]
        if a.dtype.fields and a.dtype['r'].kind == 'i': a = np.stack([a['r'], a['i']], -1).astype('<i4')
        a = a.reshape(n + ([2] if a.dtype == np.dtype('<i4') else []))[rows, chans, pols]
        return hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()
    width = np.abs(np.broadcast_to(h['channel_width'][()], n[1]))
    extra = h['extra_keywords'] if 'extra_keywords' in h else {}
    text = lambda k: plain(h[k][()]) if k in h else None
    print(json.dumps(dict(visibilities=digest('visdata'), flags=digest('flags'), nsamples=digest('nsamples'),
        nBlts=n[0], nFreqs=n[1], nPols=n[2], nSpws=plain(h['Nspws'][()]), nTimes=plain(h['Ntimes'][()]),
        nAntsData=plain(h['Nants_data'][()]), nAntsTelescope=plain(h['Nants_telescope'][()]),
        hasSpwAxis=d['visdata'].ndim == 4, telescopeName=text('telescope_name'), instrument=text('instrument') or '',
        objectName=text('object_name') or '', phaseType=text('phase_type'),
        site=dict(longitudeDeg=h['longitude'][()], latitudeDeg=h['latitude'][()], heightMeters=h['altitude'][()]),
        antennaNumbers=h['antenna_numbers'][()].tolist(), antennaNames=[plain(x) for x in h['antenna_names'][()]],
        antennaPositionsMeters=h['antenna_positions'][()].ravel().tolist(),
        antennaDiametersMeters=h['antenna_diameters'][()].tolist() if 'antenna_diameters' in h else None,
        freqHz=h['freq_array'][()].ravel().tolist(), channelWidthHz=width.tolist(),
        polarizations=h['polarization_array'][()].tolist(), firstTimeJd=h['time_array'][0], lastTimeJd=h['time_array'][-1],
        integrationSec=float(h['integration_time'][0]), hasPhaseCenterCatalog='phase_center_catalog' in h,
        extraKeywords={k: plain(extra[k][()]) for k in extra})))
`;

const digest = ({ data }: { data: ArrayBufferView }) =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

const canRun = hasShared() && hasPythonModule('h5py');

describeIf(canRun, 'needs ../shared and python3-h5py', 'real UVH5 files of four telescopes', () => {
  test.each(names)('%s: every header value is what h5py reads', async name => {
    const path = sharedPath('data', 'uvh5', name);
    const truth = JSON.parse(runPython(oracle, [path, '0', '1', '0', '1', '0', '1'])) as Record<string, unknown>;
    const native = await readUvh5Header(path);
    expect(await readHeaderWithWasm(path)).toEqual(native);
    const { antennaPositionsMeters, antennaDiametersMeters, ...header } = native;
    expect([...antennaPositionsMeters.data]).toEqual(truth['antennaPositionsMeters']);
    expect(antennaDiametersMeters ? [...antennaDiametersMeters] : null).toEqual(truth['antennaDiametersMeters']);
    const plain = { ...header, freqHz: [...header.freqHz], channelWidthHz: [...header.channelWidthHz] };
    for (const [key, value] of Object.entries(plain)) {
      if (key in truth) expect(value ?? null, key).toEqual(truth[key]);
    }
  });

  test.each(names)('%s: every visibility, flag and nsample is what h5py reads, to the bit', async name => {
    const path = sharedPath('data', 'uvh5', name);
    const { nBlts, nFreqs, nPols, visibilityType } = await readUvh5Header(path);
    const truth = JSON.parse(runPython(oracle, [path, 0, nBlts, 0, nFreqs, 0, nPols].map(String)));
    const data = await readUvh5(path);
    expect(data.visibilities.shape).toEqual([nBlts, nFreqs, nPols, 2]);
    const arrays = { complex64: Float32Array, complex128: Float64Array, int32: Int32Array };
    expect(data.visibilities.data).toBeInstanceOf(arrays[visibilityType]);
    expect(digest(data.visibilities)).toBe(truth.visibilities);
    expect(digest(data.flags)).toBe(truth.flags);
    expect(digest(data.nsamples)).toBe(truth.nsamples);
  });

  test.each(['zen.2458432.34569.uvh5', 'mwa_integration_time.uvh5', '1061316296_nearfield.uvh5'])(
    '%s: a part is the part that h5py reads',
    async name => {
      const path = sharedPath('data', 'uvh5', name);
      const { nBlts, nFreqs, nPols } = await readUvh5Header(path);
      const firstChannel = nFreqs > 2 ? 2 : 0;
      const bounds = [17, nBlts - 3, firstChannel, nFreqs, 1, nPols];
      const truth = JSON.parse(runPython(oracle, [path, ...bounds.map(String)]));
      const polarizations = [...Array(nPols).keys()].slice(1);
      const data = await readUvh5(path, { firstRow: 17, nRows: nBlts - 20, firstChannel, polarizations });
      expect(digest(data.visibilities)).toBe(truth.visibilities);
      expect(digest(data.flags)).toBe(truth.flags);
      expect(digest(data.nsamples)).toBe(truth.nsamples);
    },
  );

  test('polarizations come in the order wanted', async () => {
    const path = sharedPath('data', 'uvh5', 'zen.2458432.34569.uvh5');
    const whole = await readUvh5(path);
    const part = await readUvh5(path, { polarizations: [3, 0] });
    expect(part.visibilities.shape).toEqual([80, 64, 2, 2]);
    for (const [row, channel] of [
      [0, 0],
      [41, 7],
      [79, 63],
    ] as const) {
      for (const part2 of [0, 1]) {
        expect(part.visibilities.get(row, channel, 0, part2)).toBe(whole.visibilities.get(row, channel, 3, part2));
        expect(part.visibilities.get(row, channel, 1, part2)).toBe(whole.visibilities.get(row, channel, 0, part2));
      }
    }
  });

  test.each([
    { firstRow: 80 },
    { nRows: 81 },
    { firstRow: 40, nRows: 41 },
    { nRows: 0 },
    { firstChannel: 64 },
    { polarizations: [] },
    { polarizations: [4] },
    { firstRow: -1 },
    { rows: 3 } as object,
  ])('a part outside of the file is refused: %o', async selection => {
    const path = sharedPath('data', 'uvh5', 'zen.2458432.34569.uvh5');
    await expect(readUvh5(path, selection)).rejects.toThrow(InvalidArgumentError);
  });

  test('reads at the same time do not disturb one another, nor do failing ones among them', async () => {
    const paths = names.map(name => sharedPath('data', 'uvh5', name));
    const alone: string[] = [];
    for (const path of paths) alone.push(digest((await readUvh5(path)).visibilities));
    const notUvh5 = sharedPath('data', 'README.md');
    const together = await Promise.allSettled(
      [...paths, notUvh5, ...paths, notUvh5].map(async path => digest((await readUvh5(path)).visibilities)),
    );
    const values = together.map(result => (result.status === 'fulfilled' ? result.value : result.reason.code));
    expect(values).toEqual([...alone, 'UVH5_FORMAT', ...alone, 'UVH5_FORMAT']);
  });

  test('an aborted read rejects with the reason', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(readUvh5(sharedPath('data', 'uvh5', names[0]!), { signal })).rejects.toBe(reason);
  });
});
