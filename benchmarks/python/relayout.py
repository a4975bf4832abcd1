"""Copies a UVH5 file with its data arrays in another layout: python relayout.py FROM TO OPTIONS.

OPTIONS is JSON: `chunks`, a shape, true for what h5py chooses, or left out for none; `compression`, lzf, gzip or bitshuffle.
"""
import json
import sys

import h5py


def main(source_path, path, options):
    compression = options.get('compression')
    keywords = dict(compression=compression) if compression else {}
    if compression == 'bitshuffle':
        import hdf5plugin

        keywords = dict(hdf5plugin.Bitshuffle(cname='lz4'))
    with h5py.File(source_path, 'r') as source, h5py.File(path, 'w') as file:
        source.copy('Header', file)
        data = file.create_group('Data')
        for name, dataset in source['Data'].items():
            chunks = options.get('chunks')
            if isinstance(chunks, list):
                chunks = tuple(min(extent, chunk) for extent, chunk in zip(dataset.shape, chunks))
            # As the correlator's writer does: rows are appended.
            maxshape = (None, *dataset.shape[1:]) if chunks else None
            data.create_dataset(name, data=dataset[()], chunks=chunks, maxshape=maxshape, **keywords)


main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
