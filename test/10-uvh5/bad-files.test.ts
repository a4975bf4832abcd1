import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { readHeaderWithWasm } from '../../src/uvh5/read-header-with-wasm.js';
import { describeSource, readSource, readUvh5, readUvh5Header } from '../../src/uvh5/index.js';
import { describeIf, hasPythonModule, hasShared, runPython, sharedPath } from '../support/oracles.js';

/** argv: file, JSON {copy: Python statements that change the open file `f`}. */
const change = `
import h5py, json, numpy as np, shutil, sys
def replace(name, value):
    del f[name]
    f.create_dataset(name, data=value)
for path, statements in json.loads(sys.argv[2]).items():
    shutil.copy(sys.argv[1], path)
    with h5py.File(path, 'a') as f:
        h, d = f['Header'], f['Data']
        exec(statements)
`;

/** A filter that nobody has. */
const unknownFilter = `
data = d['flags'][()].astype('i1'); del d['flags']
plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
plist.set_chunk(data.shape)
plist.set_filter(32099, h5py.h5z.FLAG_OPTIONAL, ())
space = h5py.h5s.create_simple(data.shape)
made = h5py.h5d.create(d.id, b'flags', h5py.h5t.NATIVE_INT8, space, plist)
made.write_direct_chunk((0, 0, 0, 0), data.tobytes(), 0)`;

const damagedLzf = `
shape = d['nsamples'].shape; del d['nsamples']
made = d.create_dataset('nsamples', shape, 'f4', chunks=shape, compression='lzf')
made.id.write_direct_chunk((0, 0, 0, 0), bytes(range(256)) * 8, 0)`;

/** Two chunks, of which the second one's checksum is wrong. */
const damagedChecksum = `
data = d['flags'][()]; del d['flags']
made = d.create_dataset('flags', data=data, chunks=(2520, 1, 2, 2), fletcher32=True)
mask, raw = made.id.read_direct_chunk((2520, 0, 0, 0))
made.id.write_direct_chunk((2520, 0, 0, 0), bytes([raw[0] ^ 1]) + raw[1:], mask)`;

const shortChunk = `
data = d['nsamples'][()]; del d['nsamples']
made = d.create_dataset('nsamples', data=data, chunks=(2520, 1, 2, 2), compression='gzip')
made.id.write_direct_chunk((0, 0, 0, 0), b'x' * 30, 0)`;

const notFinite = `
d['visdata'][3, 0, 1, 0] = complex('nan')
d['nsamples'][4, 0, 0, 1] = np.inf
d['nsamples'][5] = -1`;

const readers = {
  header: readUvh5Header,
  wasm: readHeaderWithWasm,
  data: (path: string) => readUvh5(path),
  source: (path: string) => describeSource([path], { minSubbands: 1 }),
};
type Reader = keyof typeof readers;
const all: Reader[] = ['header', 'wasm', 'data', 'source'];
const headers: Reader[] = ['header', 'wasm', 'source'];

/** What is done to the file, by whom it must be refused, and what the message says. */
const cases: [what: string, statements: string, by: Reader[], message: RegExp][] = [
  ['visdata of too few rows', "replace('Data/visdata', d['visdata'][:-1])", all, /visdata.*shape.*5040.*5039/],
  ['flags of another shape', "replace('Data/flags', d['flags'][..., :1])", all, /flags.*shape/],
  ['nsamples without spw axis', "replace('Data/nsamples', d['nsamples'][:, 0])", all, /nsamples.*shape/],
  ['visdata of real numbers', "replace('Data/visdata', d['nsamples'][()])", all, /visdata.*compounds/],
  [
    'visdata of {x, y}',
    "replace('Data/visdata', d['visdata'][()].view([('x', '<f4'), ('y', '<f4')]))",
    all,
    /visdata.*compounds/,
  ],
  ['flags of floats', "replace('Data/flags', d['nsamples'][()])", all, /flags.*booleans/],
  ['nsamples of strings', "replace('Data/nsamples', d['flags'][()].astype('S1'))", all, /nsamples.*floating/],
  [
    'scale-offset',
    "data = d['flags'][()].astype('i1'); del d['flags']; d.create_dataset('flags', data=data, scaleoffset=1)",
    ['header', 'data', 'source'],
    /flags.*filter 6/,
  ],
  [
    'a soft link',
    "del h['latitude']; h['latitude'] = h5py.SoftLink('/Header/extra_keywords/phase_center_dec')",
    ['header', 'source'],
    /latitude/,
  ],
  ['Nblts of another value', "h['Nblts'][()] = 5039", all, /5039/],
  ['Nblts negative', "h['Nblts'][()] = -1", all, /Nblts/],
  ['Nblts absurd', "h['Nblts'][()] = 2**60", all, /Nblts|shape/],
  [
    'visdata that was never written',
    "h['Nblts'][()] = 2**28; [d.__delitem__(k) for k in ('visdata', 'flags', 'nsamples')]; " +
      "[d.create_dataset(k, (2**28, 1, 2, 2), t, chunks=(5040, 1, 2, 2)) for k, t in (('visdata', 'c8'), ('flags', '?'), ('nsamples', 'f4'))]",
    all,
    /visdata.*never written|ant_1_array.*shape/,
  ],
  [
    'chunks of 3 GB',
    "a = d['flags'][()]; del d['flags']; d.create_dataset('flags', a.shape, '?', chunks=(800000000, 1, 2, 2), maxshape=(None, 1, 2, 2))",
    ['header', 'data', 'source'],
    /flags.*chunks of up to 1 GB/,
  ],
  ['Npols of 5', "h['Npols'][()] = 5", all, /Npols|shape/],
  ['Nfreqs a string', "replace('Header/Nfreqs', np.bytes_('2'))", all, /Nfreqs.*integer.*strings/],
  ['Nfreqs an array', "replace('Header/Nfreqs', np.array([2, 2]))", all, /Nfreqs.*shape/],
  ['NaN in time_array', "h['time_array'][77] = np.nan", headers, /time_array.*finite.*77/],
  ['infinity in time_array', "h['time_array'][0] = np.inf", headers, /time_array.*finite/],
  ['NaN in freq_array', "h['freq_array'][0, 1] = np.nan", headers, /freq_array.*finite/],
  ['a negative frequency', "h['freq_array'][0, 1] = -1", headers, /freq_array.*positive/],
  ['NaN in antenna_positions', "h['antenna_positions'][3, 1] = np.nan", headers, /antenna_positions.*finite/],
  ['NaN as channel_width', "h['channel_width'][()] = np.nan", headers, /channel_width.*finite/],
  ['channel_width of 0', "h['channel_width'][()] = 0", headers, /channel_width.*0/],
  ['integration_time of 0', "h['integration_time'][:] = 0", headers, /integration_time.*positive/],
  ['NaN as latitude', "h['latitude'][()] = np.nan", headers, /latitude.*finite/],
  ['latitude of 91', "h['latitude'][()] = 91", headers, /latitude.*90/],
  [
    'time_array of strings',
    "replace('Header/time_array', np.full(5040, b'now'))",
    headers,
    /time_array.*numbers.*strings/,
  ],
  ['time_array too short', "replace('Header/time_array', h['time_array'][:9])", headers, /time_array.*shape/],
  ['uvw_array of two columns', "replace('Header/uvw_array', h['uvw_array'][:, :2])", headers, /uvw_array.*shape/],
  [
    'antenna_names of numbers',
    "replace('Header/antenna_names', np.arange(117))",
    headers,
    /antenna_names.*strings.*integers/,
  ],
  [
    'polarization_array of floats',
    "replace('Header/polarization_array', np.array([-5., -6.]))",
    headers,
    /polarization_array.*integers/,
  ],
  ['a group in place of a dataset', "del h['time_array']; h.create_group('time_array')", headers, /time_array/],
  ['an empty dataset', "del h['latitude']; h['latitude'] = h5py.Empty('f8')", headers, /latitude/],
  [
    'a link to another file',
    "del h['latitude']; h['latitude'] = h5py.ExternalLink('other.hdf5', '/x')",
    headers,
    /latitude/,
  ],
  ['phase_type phased', "replace('Header/phase_type', np.bytes_('phased'))", ['source'], /drift.*phased/],
  [
    'no pointing declination',
    "del h['extra_keywords/phase_center_dec']",
    ['source'],
    /phase_center_dec.*radians.*missing/,
  ],
  [
    'a declination in degrees',
    "h['extra_keywords/phase_center_dec'][()] = 16.15",
    ['source'],
    /phase_center_dec.*16.15/,
  ],
  ['not on the meridian', "h['extra_keywords/ha_phase_center'][()] = 0.1", ['source'], /ha_phase_center/],
  ['uvw of the opposite sign', "h['uvw_array'][...] = -h['uvw_array'][...]", ['source'], /uvw_array.*opposite sign/],
  ['uvw of another declination', "h['extra_keywords/phase_center_dec'][()] = 0.3", ['source'], /uvw_array/],
  ['an unknown antenna', "h['ant_1_array'][5] = 117", ['source'], /ant_1_array.*117/],
  ['an antenna number twice', "h['antenna_numbers'][5] = 4", ['source'], /antenna_numbers.*twice/],
  ['times that do not ascend', "h['time_array'][...] = h['time_array'][()][::-1]", ['source'], /ascending time/],
  [
    'baselines that change',
    "h['ant_2_array'][300:302] = h['ant_2_array'][301], h['ant_2_array'][300]",
    ['source'],
    /same 210 baselines/,
  ],
  ['unordered channels', "replace('Header/freq_array', np.array([[1.4e9, 1.4e9]]))", ['source'], /ascend|descend/],
];

const canRun = hasShared() && hasPythonModule('h5py');

describeIf(canRun, 'needs ../shared and python3-h5py', 'a file that is not what it should be', () => {
  const tile = sharedPath('data', 'dsa110-tile');
  let folder: string;

  const pathOf = (what: string) => join(folder, `${what.replaceAll(/\W+/g, '-')}.hdf5`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contimg-bad-'));
    const good = join(
      tile,
      (await readdir(tile)).find(name => name.endsWith('_sb00.hdf5'))!,
    );
    const changes = Object.fromEntries(cases.map(([what, statements]) => [pathOf(what), statements]));
    changes[pathOf('unknown filter')] = unknownFilter;
    changes[pathOf('damaged LZF')] = damagedLzf;
    changes[pathOf('damaged checksum')] = damagedChecksum;
    changes[pathOf('short chunk')] = shortChunk;
    changes[pathOf('not finite')] = notFinite;
    runPython(change, [good, JSON.stringify(changes)]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(cases)('%s', async (what, _, by, message) => {
    const path = pathOf(what);
    for (const reader of all) {
      if (by.includes(reader))
        await expect(readers[reader](path), reader).rejects.toMatchObject({
          code: 'UVH5_FORMAT',
          path,
          message: expect.stringMatching(message),
        });
      else await readers[reader](path);
    }
  });

  test('a filter other than those for UVH5 is named', async () => {
    await expect(readUvh5(pathOf('unknown filter'))).rejects.toMatchObject({
      code: 'UVH5_FORMAT',
      message: expect.stringMatching(/Data\/flags.*filter 32099/),
    });
  });

  test('LZF that is damaged is refused', async () => {
    await expect(readUvh5(pathOf('damaged LZF'))).rejects.toMatchObject({
      code: 'UVH5_FORMAT',
      message: expect.stringMatching(/Data\/nsamples/),
    });
  });

  test.each([
    ['damaged checksum', /Data\/flags.*row 2520.*checksum/],
    ['short chunk', /Data\/nsamples.*row 0.*too short/],
  ])('%s: the chunk is named', async (what, message) => {
    await expect(readUvh5(pathOf(what))).rejects.toMatchObject({
      code: 'UVH5_FORMAT',
      message: expect.stringMatching(message),
    });
  });

  test('data that are not finite are flagged, not refused', async () => {
    const { visibilities, flags, weights } = await readSource([pathOf('not finite')], { minSubbands: 1 });
    // The highest of 16 subbands; channels descend in the file: its channel 1 is channel 30 here.
    expect([visibilities.get(3, 30, 0, 0), flags.get(3, 30, 0)]).toEqual([0, 1]);
    expect([flags.get(3, 31, 0), flags.get(3, 30, 1)]).toEqual([0, 0]);
    expect([weights.get(4, 31, 1), weights.get(5, 30, 0)]).toEqual([0, 0]);
    expect(weights.get(4, 30, 0)).toBeGreaterThan(0.9);
    expect(visibilities.data.every(Number.isFinite)).toBe(true);
  });

  test.each([
    ['text', Buffer.from('SIMPLE  =                    T'), 'UVH5_FORMAT'],
    ['empty', Buffer.alloc(0), 'UVH5_FORMAT'],
    ['only the signature of HDF5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), 'UVH5_FORMAT'],
  ])('%s', async (name, bytes, code) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    for (const read of Object.values(readers)) await expect(read(path)).rejects.toMatchObject({ code, path });
  });

  test('no file, or a folder', async () => {
    for (const read of Object.values(readers)) {
      await expect(read(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'FILE_ACCESS' });
      await expect(read(folder)).rejects.toMatchObject({ code: 'FILE_ACCESS', path: folder });
    }
  });
});
