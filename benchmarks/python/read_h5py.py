"""h5py: what a script without a radio-astronomy library does. `what` is file, group, headers or folder."""
import os

import h5py
import numpy as np

ARRAYS = ('visdata', 'flags', 'nsamples')
KEYS = ('Nblts', 'Nfreqs', 'Npols', 'Ntimes', 'Nants_data', 'Nants_telescope', 'freq_array', 'channel_width',
        'polarization_array', 'integration_time', 'latitude', 'longitude', 'altitude', 'telescope_name',
        'antenna_numbers', 'antenna_names', 'antenna_positions', 'time_array')


def read_file(path):
    with h5py.File(path, 'r') as file:
        return [file['Data'][name][()] for name in ARRAYS]


def read_group(paths):
    return [read_file(path) for path in paths]


def read_header(path):
    with h5py.File(path, 'r') as file:
        return {key: file['Header'][key][()] for key in KEYS}


class Reader:
    version = f'{h5py.__version__} (HDF5 {h5py.version.hdf5_version})'

    def __init__(self, input):
        self.input = input
        if input.get('plugin'):
            import hdf5plugin  # noqa: F401: registers its filters

    def run(self):
        what = self.input['what']
        if what == 'file':
            return read_file(self.input['path'])
        if what == 'group':
            return read_group(self.input['paths'])
        if what == 'headers':
            return [read_header(path) for path in self.input['paths']]
        folder = self.input['folder']
        return [read_header(os.path.join(folder, name)) for name in os.listdir(folder) if name.endswith('.hdf5')]

    def save(self, result, folder):
        what = self.input['what']
        if what in ('headers', 'folder'):
            np.sort([header['time_array'][0] for header in result]).tofile(f'{folder}/times.f64')
            return
        if what == 'group':  # ascending channels, one row in so many
            every = self.input['savedEvery']
            thinned = [[array[::every].reshape(-1, *array.shape[-2:])[:, ::-1] for array in file] for file in result]
            result = [np.concatenate(arrays, axis=1) for arrays in zip(*reversed(thinned))]
        for array, name in zip(result, ('visibilities.f32', 'flags.u8', 'nsamples.f32')):
            array.tofile(f'{folder}/{name}')


prepare = Reader
