"""pyuvdata's fastest way to a group: no checks, fast_concat. Used by read_pyuvdata.py and convert_pyuvdata.py.

Its way with checks refuses the float32 uvw_array of DSA-110, so that there is no other to measure.
"""
import warnings

import pyuvdata
from pyuvdata import UVData

version = pyuvdata.__version__
no_checks = dict(run_check=False, check_extra=False, run_check_acceptability=False)


def read_file(path):
    uvdata = UVData()
    uvdata.read(path, file_type='uvh5', strict_uvw_antpos_check=False, **no_checks)
    uvdata.uvw_array = uvdata.uvw_array.astype(float)  # which fast_concat checks after all
    return uvdata


def read_group(paths):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        first, *others = [read_file(path) for path in paths]
        if others:
            first.fast_concat(others, axis='freq', inplace=True, **no_checks)
        return first
