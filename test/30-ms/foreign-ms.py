"""Makes a MeasurementSet as another telescope's software might write it, and prints what python-casacore reads in it.

    foreign-ms.py make PATH WEIGHTS SEED     WEIGHTS: spectrum, row, none or mixed
    foreign-ms.py read PATH COLUMN FIELD DATA_DESCRIPTION...

Six antennas, circular feeds. Data descriptions: 0 and 1 are two spectral windows (the second descends in frequency) with
RR RL LR LL, 2 is the first window with RR LL only. Fields 0 and 1, both called TARGET, are one direction in J2000; 2 is a
calibrator, 3 moves (a polynomial in time). Rows are shuffled, some are missing in one window only, some baselines have
the later antenna first.
"""
import json
import sys

import numpy as np
from casacore.tables import default_ms, makearrcoldesc, maketabdesc, table, taql

FREQ = [1.40e9 + 2e6 * np.arange(5), 1.50e9 - 1e6 * np.arange(3)]
POLS = [[5, 6, 7, 8], [5, 8]]
DESCRIPTIONS = [(0, 0), (1, 0), (0, 1)]  # spectral window, polarization
CENTERS = [(1.2, 0.4), (1.2, 0.4), (1.3, 0.5), (0.7, -0.2)]
NAMES = ['TARGET', 'TARGET', 'CALIBRATOR', 'MOVING']
T0 = 5.1e9


def column(name, kind, comment, **kw):
    return makearrcoldesc(name, 0 if kind == 'float' else 0j, valuetype=kind, ndim=2, comment=comment, **kw)


def antennas(path):
    t = table(path + '::ANTENNA', readonly=False, ack=False)
    t.addrows(6)
    rng = np.random.default_rng(3)
    t.putcol('POSITION', np.array([-1601185.0, -5041977.0, 3554875.0]) + rng.normal(0, 300, (6, 3)))
    t.putcol('NAME', ['ea%02d' % k for k in range(6)])
    t.putcol('DISH_DIAMETER', np.full(6, 25.0))
    t.close()


def set_up(path):
    antennas(path)
    t = table(path + '::SPECTRAL_WINDOW', readonly=False, ack=False)
    t.addrows(2)
    for row, freq in enumerate(FREQ):
        t.putcell('CHAN_FREQ', row, freq)
        for name in ('CHAN_WIDTH', 'EFFECTIVE_BW', 'RESOLUTION'):
            t.putcell(name, row, np.full(len(freq), freq[1] - freq[0]))
        t.putcell('NUM_CHAN', row, len(freq))
    t.close()
    t = table(path + '::POLARIZATION', readonly=False, ack=False)
    t.addrows(2)
    for row, types in enumerate(POLS):
        t.putcell('NUM_CORR', row, len(types))
        t.putcell('CORR_TYPE', row, np.array(types))
        t.putcell('CORR_PRODUCT', row, np.array([[(k - 5) // 2, (k - 5) % 2] for k in types]))
    t.close()
    t = table(path + '::DATA_DESCRIPTION', readonly=False, ack=False)
    t.addrows(3)
    t.putcol('SPECTRAL_WINDOW_ID', [d[0] for d in DESCRIPTIONS])
    t.putcol('POLARIZATION_ID', [d[1] for d in DESCRIPTIONS])
    t.close()
    t = table(path + '::FIELD', readonly=False, ack=False)
    t.addrows(4)
    t.putcol('NAME', NAMES)
    t.putcol('TIME', np.full(4, T0))
    t.putcol('NUM_POLY', [0, 0, 0, 1])
    for row, center in enumerate(CENTERS):
        cell = [list(center)] + ([[1e-6, -2e-6]] if row == 3 else [])
        for name in ('PHASE_DIR', 'DELAY_DIR', 'REFERENCE_DIR'):
            t.putcell(name, row, np.array(cell))
    t.close()
    t = table(path + '::OBSERVATION', readonly=False, ack=False)
    t.addrows(1)
    t.putcell('TELESCOPE_NAME', 0, 'EVLA')
    t.close()


def make(path, weights, seed):
    rng = np.random.default_rng(seed)
    desc = maketabdesc([column(n, 'complex', 'visibilities') for n in ('DATA', 'CORRECTED_DATA')]
                       + ([column('WEIGHT_SPECTRUM', 'float', 'weights')] if weights in ('spectrum', 'mixed') else []))
    ms = default_ms(path, desc)
    set_up(path)
    rows = []
    for scan, field in enumerate([2, 0, 1, 3, 0]):
        for dump in range(3):
            for a in range(6):
                for b in range(a + 1, 6):
                    first, second = (b, a) if (a, b) in ((1, 4), (2, 3)) else (a, b)
                    for description in range(3):
                        if description == 1 and rng.random() < 0.1 or description == 2 and field != 0:
                            continue
                        rows.append((T0 + 100 * scan + 10 * dump, field, first, second, description))
    rng.shuffle(rows)
    ms.addrows(len(rows))
    uvw = {}  # the same in every window
    time, field, a, b, description = (np.array(c) for c in zip(*rows))
    columns = {'TIME': time, 'TIME_CENTROID': time, 'FIELD_ID': field.astype(int), 'ANTENNA1': a.astype(int),
               'ANTENNA2': b.astype(int), 'DATA_DESC_ID': description.astype(int),
               'INTERVAL': np.full(len(rows), 10.0), 'EXPOSURE': np.full(len(rows), 10.0),
               'UVW': np.array([uvw.setdefault(row[:4], rng.normal(0, 300, 3)) for row in rows]), 'FLAG_ROW': rng.random(len(rows)) < 0.05}
    for name, values in columns.items():
        ms.putcol(name, values)
    for row in range(len(rows)):
        window, pol = DESCRIPTIONS[int(description[row])]
        shape = (len(FREQ[window]), len(POLS[pol]))
        for name in ('DATA', 'CORRECTED_DATA'):
            ms.putcell(name, row, (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(np.complex64))
        ms.putcell('FLAG', row, rng.random(shape) < 0.1)
        if weights != 'none':
            ms.putcell('WEIGHT', row, rng.random(shape[1]).astype(np.float32))
            ms.putcell('SIGMA', row, np.ones(shape[1], np.float32))
        if weights == 'spectrum' or weights == 'mixed' and rng.random() < 0.5:
            ms.putcell('WEIGHT_SPECTRUM', row, rng.random(shape).astype(np.float32))
    ms.close()


def read(path, name, fields, descriptions):
    """Rows of the union of the windows, in the order of time and baseline; null where a window lacks one."""
    t = taql('select from $path where FIELD_ID in [%s] and DATA_DESC_ID in [%s] orderby TIME, FIELD_ID, ANTENNA1, '
             'ANTENNA2' % (fields, ','.join(descriptions)))
    keys = list(zip(t.getcol('TIME'), t.getcol('FIELD_ID'), t.getcol('ANTENNA1'), t.getcol('ANTENNA2')))
    out = {}
    for row, key in enumerate(keys):
        key = tuple(float(k) for k in key)
        vis = t.getcell(name, row)
        flag = t.getcell('FLAG', row) | t.getcell('FLAG_ROW', row)
        if 'WEIGHT_SPECTRUM' in t.colnames() and t.iscelldefined('WEIGHT_SPECTRUM', row):
            weight = t.getcell('WEIGHT_SPECTRUM', row)
        elif t.iscelldefined('WEIGHT', row):
            weight = np.broadcast_to(t.getcell('WEIGHT', row), vis.shape)
        else:
            weight = np.ones(vis.shape)
        if t.getcell('DATA_DESC_ID', row) == 1:
            vis, flag, weight = vis[::-1], flag[::-1], weight[::-1]
        entry = out.setdefault(key, {'uvw': t.getcell('UVW', row).tolist(), 'windows': {}})
        description = int(t.getcell('DATA_DESC_ID', row))
        entry['windows'][description] = {'re': vis.real.ravel().tolist(), 'im': vis.imag.ravel().tolist(),
                                         'flag': flag.astype(int).ravel().tolist(), 'weight': weight.ravel().tolist()}
    print(json.dumps([{'key': key, **entry} for key, entry in sorted(out.items())]))


if sys.argv[1] == 'make':
    make(sys.argv[2], sys.argv[3], int(sys.argv[4]))
else:
    read(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
