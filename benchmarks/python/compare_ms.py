"""Largest difference of |DATA| of a MeasurementSet from its UVH5 files, in Jy: python compare_ms.py MS FILE...

At 500 rows from a seed, in the first, middle and last channel of each row's window. Amplitudes, because pyuvdata moves
the phase center.
"""
import sys

import h5py
import numpy as np
from casacore.tables import table


class Files:
    def __init__(self, paths):
        self.files = [h5py.File(path, 'r') for path in paths]
        header = self.files[0]['Header']
        times = (header['time_array'][()] - 2400000.5) * 86400
        pairs = zip(times, header['ant_1_array'][()], header['ant_2_array'][()])
        self.rows = {key(*entry): row for row, entry in enumerate(pairs)}
        frequencies = [file['Header']['freq_array'][()].ravel() for file in self.files]
        self.places = {round(f / 1e3): (i, j) for i, array in enumerate(frequencies) for j, f in enumerate(array)}

    def visibility(self, time, antenna1, antenna2, frequency):
        file, channel = self.places[round(frequency / 1e3)]
        data = self.files[file]['Data/visdata']
        row = data[self.rows[key(time, antenna1, antenna2)]]
        return row.reshape(-1, row.shape[-1])[channel]


def key(time, antenna1, antenna2):
    return round(time), min(antenna1, antenna2), max(antenna1, antenna2)


def main(path, paths):
    files = Files(paths)
    silent = dict(ack=False)
    windows = table(f'{path}/DATA_DESCRIPTION', **silent).getcol('SPECTRAL_WINDOW_ID')
    spectral = table(f'{path}/SPECTRAL_WINDOW', **silent)
    ms = table(path, **silent)
    worst = 0.0
    for row in np.random.default_rng(1).integers(0, ms.nrows(), 500):
        row = int(row)
        frequencies = spectral.getcell('CHAN_FREQ', int(windows[ms.getcell('DATA_DESC_ID', row)]))
        data = ms.getcell('DATA', row)
        place = [ms.getcell(name, row) for name in ('TIME', 'ANTENNA1', 'ANTENNA2')]
        for channel in {0, len(frequencies) // 2, len(frequencies) - 1}:
            truth = files.visibility(*place, frequencies[channel])
            worst = max(worst, np.abs(np.abs(data[channel]) - np.abs(truth)).max())
    print(worst)


main(sys.argv[1], sys.argv[2:])
