import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Uvh5Selection } from '../../src/uvh5/index.js';
import { readUvh5 } from '../../src/uvh5/index.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';

const [nTimes, nAntennas, nChannels, nPols] = [12, 7, 17, 4];
const nBaselines = (nAntennas * (nAntennas + 1)) / 2;

/** Properties of the file, and h5py's of the three datasets; `each` of one of them alone. */
interface Layout {
  readonly rank?: 3 | 4;
  readonly file?: Record<string, unknown>;
  readonly type?: string;
  readonly all?: Record<string, unknown>;
  readonly each?: Record<string, Record<string, unknown>>;
  /** Python statements after the datasets were made. */
  readonly then?: string;
}

const chunks = (...shape: number[]) => ({ all: { chunks: shape } });
const compressed = { chunks: [100, 1, 5, 2], compression: 'gzip' };

const layouts: Record<string, Layout> = {
  contiguous: {},
  'contiguous without spw axis': { rank: 3 },
  'a user block before the file': { file: { userblock_size: 512 }, ...chunks(100, 1, 5, 2) },
  'one chunk': chunks(336, 1, 17, 4),
  'chunks that do not divide the shape': chunks(7, 1, 5, 3),
  'chunks of one polarization': chunks(64, 1, 17, 1),
  'chunks larger than the shape': { all: { chunks: [400, 1, 20, 5], maxshape: [null, 1, null, null] } },
  'chunks of one element': { rank: 3, ...chunks(1, 1, 1) },
  'chunks with room on the spw axis': { all: { chunks: [50, 2, 17, 4], maxshape: [336, null, 17, 4] } },
  "h5py's own chunks": { all: { chunks: true, maxshape: [null, 1, 17, 4] } },
  'newest format, fixed array': { file: { libver: 'latest' }, ...chunks(50, 1, 17, 4) },
  'newest format, many chunks': { file: { libver: 'latest' }, ...chunks(7, 1, 5, 1) },
  'newest format, growing': { file: { libver: 'latest' }, all: { chunks: [50, 1, 17, 2], maxshape: [null, 1, 17, 4] } },
  'newest format, growing on two axes': {
    file: { libver: 'latest' },
    all: { chunks: [50, 1, 9, 2], maxshape: [null, 1, null, 4] },
  },
  'format of HDF5 1.8': { file: { libver: ['v108', 'v108'] }, ...chunks(7, 1, 5, 1) },
  gzip: { all: compressed },
  LZF: { all: { ...compressed, compression: 'lzf' } },
  'LZF and shuffle': { all: { ...compressed, compression: 'lzf', shuffle: true } },
  'gzip, shuffle and fletcher32': { all: { ...compressed, shuffle: true, fletcher32: true } },
  'fletcher32 alone': { all: { chunks: [33, 1, 5, 1], fletcher32: true } },
  'shuffle alone': { all: { chunks: [33, 1, 17, 4], shuffle: true } },
  'numbers to be converted': { each: { nsamples: { dtype: '>f8', ...compressed }, visdata: { dtype: '>c8' } } },
  complex128: { type: 'c16', all: compressed },
  int32: { type: 'int32', ...chunks(100, 1, 5, 2) },
  int16: { type: 'int16', ...chunks(100, 1, 5, 2) },
  'chunks that were never written': {
    ...chunks(50, 1, 5, 2),
    each: { nsamples: { chunks: [50, 1, 5, 2], fillvalue: 0.25 } },
    then: 'for k in names: blank(k)',
  },
  'chunks that skipped their filters': { all: { ...compressed, shuffle: true }, then: 'for k in names: skip(k)' },
  'a dataset that shrank and grew': {
    all: { chunks: [7, 1, 5, 1], maxshape: [null, 1, null, 4] },
    then: 'for k in names: d[k].resize(13, 2); d[k].resize(17, 2)',
  },
};
const bitshuffled: Record<string, Layout> = {
  'bitshuffle with LZ4': { all: { chunks: [100, 1, 5, 2], compression: 32008, compression_opts: [0, 2] } },
  'bitshuffle with LZ4 of blocks of 64': {
    all: { chunks: [60, 1, 5, 3], compression: 32008, compression_opts: [64, 2] },
  },
  'bitshuffle alone': { all: { chunks: [61, 1, 3, 3], compression: 32008, compression_opts: [0, 0] } },
};

/** argv: folder, JSON {name: layout}. Makes the files, of random numbers that compress a little. */
const make = `
import h5py, json, numpy as np, sys
try: import bitshuffle.h5
except ImportError: pass
out, layouts = sys.argv[1], json.loads(sys.argv[2])
nt, na, nf, npol = ${nTimes}, ${nAntennas}, ${nChannels}, ${nPols}
pairs = [(j, i) for i in range(na) for j in range(i + 1)]
n = nt * len(pairs)
names = ('visdata', 'flags', 'nsamples')
rng = np.random.default_rng(7)
def blank(k):
    a, o = d[k][()], {m: getattr(d[k], m) for m in ('chunks', 'fillvalue')}
    del d[k]
    d.create_dataset(k, a.shape, a.dtype, **o)[50:300, :, 5:12] = a[50:300, :, 5:12]
def skip(k):
    c = d[k].chunks
    for mask, row in ((1, 0), (2, c[0]), (3, 2 * c[0])):
        raw = np.ascontiguousarray(d[k][row:row + c[0], :, :c[2], :c[3]])
        size = raw.dtype.itemsize
        stored = raw.tobytes()
        if not mask & 1: stored = raw.view('u1').reshape(-1, size).T.tobytes()
        if not mask & 2:
            import zlib; stored = zlib.compress(stored)
        d[k].id.write_direct_chunk((row, 0, 0, 0), stored, mask)
for name, layout in layouts.items():
    shape = (n, 1, nf, npol) if layout.get('rank', 4) == 4 else (n, nf, npol)
    kind = layout.get('type', 'c8')
    parts = [np.round(rng.standard_normal(shape) * 64) / 8 for _ in range(2)]
    if kind.startswith('int'):
        vis = np.zeros(shape, [('r', kind), ('i', kind)]); vis['r'], vis['i'] = parts
    else: vis = (parts[0] + 1j * parts[1]).astype(kind)
    data = dict(visdata=vis, flags=rng.random(shape) < 0.2, nsamples=np.round(rng.random(shape) * 99).astype('f4') / 99)
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in layout.get('file', {}).items()}
    with h5py.File(f'{out}/{name}', 'w', **options) as f:
        h, d = f.create_group('Header'), f.create_group('Data')
        h['Nblts'], h['Nfreqs'], h['Npols'] = n, nf, npol
        h['ant_1_array'], h['ant_2_array'] = np.tile(np.array(pairs).T + 10, nt)
        h['time_array'] = np.repeat(2461066.4 + np.arange(nt) * 1e-4, len(pairs))
        for k in names:
            o = {**layout.get('all', {}), **layout.get('each', {}).get(k, {})}
            o = {m: tuple(v) if isinstance(v, list) else v for m, v in o.items()}
            d.create_dataset(k, data=data[k].astype(o.pop('dtype', data[k].dtype)), **o)
        exec(layout.get('then', ''))
`;

/** argv: folder, JSON names, JSON selections; prints per file and selection the digests of what h5py and numpy give. */
const oracle = `
import h5py, hashlib, json, numpy as np, sys
try: import bitshuffle.h5
except ImportError: pass
folder, names, selections = sys.argv[1], *map(json.loads, sys.argv[2:])
sha = lambda a: hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()
result = {}
for name in names:
    with h5py.File(f'{folder}/{name}') as f:
        h, d = f['Header'], f['Data']
        n, nf, npol = (int(h[k][()]) for k in ('Nblts', 'Nfreqs', 'Npols'))
        a1, a2, t = (h[k][()] for k in ('ant_1_array', 'ant_2_array', 'time_array'))
        arrays = {k: d[k][()].reshape(n, nf, npol) for k in d}
    vis = arrays['visdata']
    if vis.dtype.fields and vis.dtype['r'].kind == 'i': vis = np.stack([vis['r'], vis['i']], -1).astype('<i4')
    else: vis = vis.astype('<c16' if vis.dtype.itemsize == 16 else '<c8')
    flags, nsamples = arrays['flags'].astype('u1'), arrays['nsamples'].astype('<f4')
    result[name] = []
    for s in selections:
        row, times = np.arange(n), np.unique(t)
        first, f0 = s.get('firstTime', 0), s.get('firstRow', 0)
        keep = np.isin(t, times[first:first + s.get('nTimes', n)]) & (row >= f0) & (row < f0 + s.get('nRows', n))
        if 'antennas' in s: keep &= np.isin(a1, s['antennas']) & np.isin(a2, s['antennas'])
        if 'baselines' in s: keep &= np.array([[a, b] in s['baselines'] or [b, a] in s['baselines'] for a, b in zip(a1, a2)])
        if not s.get('autocorrelations', True): keep &= a1 != a2
        c = s.get('firstChannel', 0)
        where = (np.where(keep)[0][:, None, None], np.arange(nf)[c:c + s.get('nChannels', nf)][None, :, None],
                 np.array(s.get('polarizations', range(npol)))[None, None, :])
        result[name].append([sha(vis[where]), sha(flags[where]), sha(nsamples[where]), np.where(keep)[0].tolist()])
print(json.dumps(result))
`;

const selections: Uvh5Selection[] = [
  {},
  { firstRow: 60, nRows: 1 },
  { firstRow: 49, nRows: 53, firstChannel: 4, nChannels: 8 },
  { firstChannel: 16 },
  { polarizations: [2] },
  { polarizations: [3, 0], firstChannel: 3, nChannels: 3 },
  { polarizations: [1, 2], firstTime: 3, nTimes: 4 },
  { autocorrelations: false },
  { antennas: [10, 12, 13, 16], firstTime: 11 },
  { baselines: [[12, 10], [14, 14], [11, 16]], firstChannel: 1, nChannels: 9, polarizations: [0, 1, 2, 3] }, // prettier-ignore
  { baselines: [[10, 11]], firstRow: 100, nRows: 150, nTimes: 7, nChannels: 1, polarizations: [3] },
];

const digest = (data: ArrayBufferView) =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

const withBitshuffle = hasPythonModule('bitshuffle.h5');
if (!withBitshuffle) console.warn('SKIPPED: files with bitshuffle: need the Debian package bitshuffle');

describeIf(hasPythonModule('h5py'), 'needs python3-h5py', 'values are those of h5py and numpy, to the bit', () => {
  const all = { ...layouts, ...(withBitshuffle ? bitshuffled : {}) };
  let folder: string;
  let truth: Record<string, [string, string, string, number[]][]>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-layouts-'));
    runPython(make, [folder, JSON.stringify(all)]);
    const asked = [folder, JSON.stringify(Object.keys(all)), JSON.stringify(selections)];
    truth = JSON.parse(runPython(oracle, asked)) as typeof truth;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(Object.keys(all))('%s', async name => {
    for (const [k, selection] of selections.entries()) {
      const [visibilities, flags, nsamples, rows] = truth[name]![k]!;
      const data = await readUvh5(join(folder, name), { ...selection, threads: 1 + (k % 3) });
      const what = `${name} ${JSON.stringify(selection)}`;
      expect([...data.rows], what).toEqual(rows);
      expect(data.flags.shape[0], what).toBe(rows.length);
      expect(digest(data.visibilities.data), what).toBe(visibilities);
      expect(digest(data.flags.data), what).toBe(flags);
      expect(digest(data.nsamples.data), what).toBe(nsamples);
    }
  });

  test('the selections are what they say', () => {
    const rows = (k: number) => truth['contiguous']![k]![3];
    expect(rows(7)).toHaveLength(nTimes * (nBaselines - nAntennas));
    expect(rows(8)).toHaveLength(10);
    expect(rows(9)).toHaveLength(3 * nTimes);
  });

  test.each([
    [{ antennas: [99] }, /no(ne| row)/],
    [{ firstTime: 12 }, /integrations within the 12/],
    [{ nTimes: 13 }, /integrations within the 12/],
    [{ antennas: [1.5] }, /antenna number/],
    [{ baselines: [[1, 2, 3]] }, /pairs/],
    [{ autocorrelations: 1 }, /boolean/],
  ])('a choice of rows that makes no sense is refused: %o', async (selection, message) => {
    const path = join(folder, 'contiguous');
    await expect(readUvh5(path, selection as Uvh5Selection)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });
});
