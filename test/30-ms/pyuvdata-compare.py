"""pyuvdata's own conversion of UVH5 files to a MeasurementSet, and how another MeasurementSet differs from it.

Reads commands from standard input, JSON, one a line, and prints an answer to each:

    ["convert", OUT, FILE...]    converts, and tells what the other conversion has to know
    ["compare", OURS, THEIRS]    tells the differences, largest of each kind
"""
import json
import os
import sys
import warnings

import numpy as np

warnings.simplefilter('ignore')


def convert(out, files):
    from astropy.time import Time
    from astropy.utils import iers
    from pyuvdata import UVData

    iers.conf.auto_download = False
    iers.conf.iers_degraded_accuracy = 'warn'
    parts = []
    for file in files:
        parts.append(UVData())
        parts[-1].read(file, file_type='uvh5', run_check=False, check_extra=False, fix_autos=True)
        parts[-1].uvw_array = parts[-1].uvw_array.astype(np.float64)
        parts[-1].integration_time = parts[-1].integration_time.astype(np.float64)
    uv = parts[0]
    if parts[1:]:
        uv.fast_concat(parts[1:], axis='freq', inplace=True, run_check=False, ignore_name=True)
    time = Time(uv.time_array.min(), format='jd', scale='utc')
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter('always')
        uv.check(check_extra=False, run_check_acceptability=True, check_autos=False)
    off = any('uvw_array does not match' in str(one.message) for one in complaints)
    try:
        # flip_conj would negate UVW and conjugate DATA: the same sky, from antenna 1 minus antenna 2.
        uv.write_ms(out, force_phase=True, run_check=False, flip_conj=False)
    except NotImplementedError as error:
        return {'error': str(error)}
    table = iers.earth_orientation_table.get()
    x, y = (p.to_value('arcsec') for p in table.pm_xy(time))
    return {'uvwIsNotOfPositions': off, 'ut1MinusUtcSec': float(time.delta_ut1_utc), 'xPoleArcsec': float(x), 'yPoleArcsec': float(y)}


def columns(path):
    """The main table by (time to 1 ms, antenna names, lowest channel), and the subtables."""
    from casacore.tables import table

    ms = table(path, ack=False)
    sub = lambda name: table(path + '::' + name, ack=False)
    ant, field, spw = sub('ANTENNA'), sub('FIELD'), sub('SPECTRAL_WINDOW')
    names = ant.getcol('NAME')
    used = sorted({names[k] for k in np.concatenate([ms.getcol('ANTENNA1'), ms.getcol('ANTENNA2')])})
    index = {name: k for k, name in enumerate(names)}
    pols = sub('POLARIZATION').getcol('CORR_TYPE')[0].tolist()
    order = np.argsort(pols)
    rows = {}
    for row, key in enumerate(zip(np.round(ms.getcol('TIME') * 1e3).astype(np.int64), ms.getcol('ANTENNA1'),
                                  ms.getcol('ANTENNA2'), ms.getcol('DATA_DESC_ID'))):
        freq = spw.getcell('CHAN_FREQ', int(key[3]))
        rows[int(key[0]), names[key[1]], names[key[2]], int(round(freq.min()))] = row
    return {'ms': ms, 'rows': rows, 'order': order, 'pols': sorted(pols), 'used': used,
            'position': {n: ant.getcol('POSITION')[index[n]] for n in used},
            'diameter': {n: float(ant.getcol('DISH_DIAMETER')[index[n]]) for n in used},
            'freq': np.sort(np.concatenate([spw.getcell('CHAN_FREQ', r) for r in range(spw.nrows())])),
            'width': np.unique(np.abs(np.concatenate([spw.getcell('CHAN_WIDTH', r) for r in range(spw.nrows())]))),
            'fields': field.getcol('PHASE_DIR')[:, 0, :], 'frame': field.getcolkeyword('PHASE_DIR', 'MEASINFO').get('Ref'),
            'telescope': sub('OBSERVATION').getcol('TELESCOPE_NAME'), 'spws': spw}


def cells(side, name, rows):
    """(rows, channels, pols), channels ascending, polarizations in CASA's order."""
    ms, out = side['ms'], []
    for row in rows:
        value = ms.getcell(name, row)[:, side['order']]
        freq = side['spws'].getcell('CHAN_FREQ', int(ms.getcell('DATA_DESC_ID', row)))
        out.append(value if freq[0] <= freq[-1] else value[::-1])
    return np.array(out)


def compare(ours_path, theirs_path):
    a, b = columns(ours_path), columns(theirs_path)
    # Of a file with baselines of both orders pyuvdata swaps those with the larger number first.
    swapped = {(t, q, p, f): row for (t, p, q, f), row in a['rows'].items() if (t, p, q, f) not in b['rows']}
    sign = {**{k: 1 for k in a['rows']}, **{k: -1 for k in swapped}}
    a['rows'].update(swapped)
    keys = sorted(set(a['rows']) & set(b['rows']))
    flip = np.array([sign[k] for k in keys])
    ours, theirs = [a['rows'][k] for k in keys], [b['rows'][k] for k in keys]
    same_antennas = a['used'] == b['used']
    col = lambda side, name, rows: side['ms'].getcol(name)[rows]
    off = lambda name: float(np.abs(col(a, name, ours) - col(b, name, theirs)).max())
    data = cells(a, 'DATA', ours), cells(b, 'DATA', theirs)
    other_way = [0, 2, 1, 3] if len(a['pols']) == 4 else slice(None)  # XY of one order is YX of the other
    data[0][flip < 0] = data[0][flip < 0][:, :, other_way].conj()
    uvw = col(a, 'UVW', ours) * flip[:, None], col(b, 'UVW', theirs)
    wide = np.array([k[1] != k[2] for k in keys])
    unlike = cells(a, 'FLAG', ours) != cells(b, 'FLAG', theirs)
    spectrum = cells(b, 'WEIGHT_SPECTRUM', theirs)
    weight = col(a, 'WEIGHT', ours)[:, a['order']], col(b, 'WEIGHT', theirs)[:, b['order']]
    return {
        'rows': [a['ms'].nrows(), b['ms'].nrows(), len(keys)], 'swapped': len(swapped), 'pols': [a['pols'], b['pols']],
        'antennas': same_antennas and float(max(np.abs(a['position'][n] - b['position'][n]).max() for n in a['used'])),
        'diameters': same_antennas and max(abs(a['diameter'][n] - b['diameter'][n]) for n in a['used']),
        'freq': float(np.abs(a['freq'] - b['freq']).max()), 'width': float(np.abs(a['width'] - b['width']).max()),
        'fields': [len(a['fields']), len(b['fields'])],
        'field_rad': float(np.abs(np.exp(1j * a['fields'][0]) - np.exp(1j * b['fields'][0])).max()),
        'frames': [a['frame'], b['frame']], 'telescope': [a['telescope'], b['telescope']],
        'time': off('TIME'), 'interval': off('INTERVAL'), 'exposure': off('EXPOSURE'),
        'uvw': float(np.abs(uvw[0] - uvw[1]).max()), 'uvw_max': float(np.abs(uvw[1]).max()),
        'flags': int((unlike & (spectrum > 0)).sum()), 'flags_of_weight_0': int((unlike & (spectrum == 0)).sum()),
        'data': float(np.abs(data[0] - data[1]).max()), 'data_max': float(np.abs(data[1][wide]).max()),
        'weight': float(np.abs(weight[0] - weight[1]).max()), 'weight_max': float(weight[1].max()),
    }


# What libraries print goes to standard error.
answers = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)
for line in sys.stdin:
    command, path, *others = json.loads(line)
    print(json.dumps(convert(path, others) if command == 'convert' else compare(path, *others)), file=answers, flush=True)
