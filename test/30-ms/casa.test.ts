import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { peersVenv } from '../../scripts/peers-venv.mjs';
import { convertToMs, readMs } from '../../src/index.js';
import { dsa110Tile, hasDsa110Tile } from '../support/dsa110-tile.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';

/** Debian's casacore-data: observatories, leap seconds. */
const casacoreData = '/var/lib/casacore/data/geodetic';
const casa = hasDsa110Tile && existsSync(casacoreData) ? await peersVenv(['casatools']) : undefined;

const inCasa = `
import json, sys
import casatools
path = sys.argv[1]
md, ms = casatools.msmetadata(), casatools.ms()
md.open(path)
out = {'telescope': md.observatorynames(), 'fields': md.nfields(), 'windows': md.nspw(), 'antennas': md.nantennas(),
       'rows': int(md.nrows()), 'baselines': int(md.nbaselines()), 'frequencies': md.chanfreqs(3).tolist(),
       'center': [md.phasecenter(0)[m]['value'] for m in ('m0', 'm1')], 'frame': md.phasecenter(0)['refer']}
md.done()
ms.open(path)
ms.selectinit(datadescid=3)
data = ms.getdata(['data', 'uvw', 'antenna1', 'antenna2'])
row = 777
out['baseline'] = [int(data['antenna1'][row]), int(data['antenna2'][row])]
out['shape'] = list(data['data'].shape)
out['visibility'] = [[float(v.real), float(v.imag)] for v in data['data'][:, 0, row]]
out['uvw'] = data['uvw'][:, row].tolist()
ms.close()
print(json.dumps(out))
`;

const inTaql = `
import json, sys
from casacore.tables import taql
path = sys.argv[1]
rows = taql('select ANTENNA1, ANTENNA2, mean(abs(DATA)) as A from $path where DATA_DESC_ID == 3 and not FLAG_ROW '
            'and sumsqr(UVW) > 1e4 orderby TIME limit 5')
print(json.dumps({'rows': rows.nrows(),
                  'hour_angle': float(abs(taql('calc max(abs([select mscal.ha1() from $path limit 100]))')[0])),
                  'fields': int(taql('select from $path::FIELD').nrows())}))
`;

describeIf(hasDsa110Tile, 'no ../shared', 'other programs open the MeasurementSet', () => {
  let folder: string;
  let path: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'contimg-casa-'));
    path = join(folder, 'tile.ms');
    await convertToMs(dsa110Tile(), { path });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.skipIf(casa === undefined)('CASA: its metadata, and its visibilities', async () => {
    // CASA does not start without Earth orientation tables, of 800 MB with what comes along. Opening an MS reads none.
    const home = join(folder, 'home');
    mkdirSync(join(home, '.casa', 'data', 'geodetic', 'IERSeop2000'), { recursive: true });
    for (const name of readdirSync(casacoreData))
      symlinkSync(join(casacoreData, name), join(home, '.casa', 'data', 'geodetic', name));
    const config = ['measures_auto_update = False', 'data_auto_update = False', 'nologfile = True', 'log2term = False'];
    writeFileSync(
      join(home, '.casa', 'config.py'),
      [`measurespath = '${home}/.casa/data'`, `datapath = ['${home}/.casa/data']`, ...config, ''].join('\n'),
    );
    const env = { ...process.env, HOME: home };
    const printed = execFileSync(casa!, ['-c', inCasa, path], { encoding: 'utf8', env, cwd: folder });
    const found = JSON.parse(printed.trim().split('\n').at(-1)!);
    const ours = await readMs(path, { firstSpw: 3, nSpws: 1 });
    expect(found).toMatchObject({
      ...{ telescope: ['OVRO_MMA'], fields: 24, windows: 16, antennas: 117, rows: ours.nRows, frame: 'ICRS' },
      ...{ frequencies: [...ours.freqHz], shape: [2, 2, 190 * 24] },
    });
    const row = 777;
    expect(found.baseline).toEqual([ours.antenna1[row], ours.antenna2[row]]);
    for (const pol of [0, 1])
      expect(found.visibility[pol]).toEqual([
        ours.visibilities.get(row, 0, pol, 0),
        -ours.visibilities.get(row, 0, pol, 1),
      ]);
    for (const axis of [0, 1, 2]) expect(found.uvw[axis]).toBe(ours.uvwMeters.get(row, axis));
  });

  it.skipIf(!hasPythonModule('casacore.tables'))('taql of casacore', () => {
    const found = JSON.parse(runPython(inTaql, [path]));
    expect(found).toMatchObject({ rows: 5, fields: 24 });
    expect(found.hour_angle).toBeLessThan(0.01); // meridian fields
  });
});
