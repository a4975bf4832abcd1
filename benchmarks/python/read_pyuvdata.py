"""pyuvdata to arrays. `what` is file, group or headers."""
import warnings

import numpy as np
from pyuvdata.uvdata.uvh5 import FastUVH5Meta

import pyuvdata_objects


class Reader:
    version = pyuvdata_objects.version

    def __init__(self, input):
        self.input = input
        warnings.simplefilter('ignore')

    def run(self):
        what = self.input['what']
        if what == 'group':
            return pyuvdata_objects.read_group(self.input['paths'])
        if what == 'headers':
            return [self.times(path) for path in self.input['paths']]
        return pyuvdata_objects.read_file(self.input['path'])

    @staticmethod
    def times(path):
        meta = FastUVH5Meta(path)
        try:
            return meta.time_array[0], meta.freq_array, meta.antenna_positions
        finally:
            meta.close()

    def save(self, result, folder):
        if self.input['what'] == 'headers':
            np.sort([times[0] for times in result]).tofile(f'{folder}/times.f64')
            return
        arrays = (result.data_array, result.flag_array, result.nsample_array)
        if self.input['what'] == 'group':  # ascending channels, one row in so many
            arrays = [array[:: self.input['savedEvery'], ::-1] for array in arrays]
        for array, name in zip(arrays, ('visibilities.f32', 'flags.u8', 'nsamples.f32')):
            array.tofile(f'{folder}/{name}')


prepare = Reader
