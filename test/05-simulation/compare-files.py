"""Compares two folders of UVH5 files with h5py; prints one JSON object.

layout          lines where names, types, shapes, chunks, growth, attributes or storage differ
header          greatest difference of each header dataset of numbers; names of header texts that differ
visibilities    greatest difference of a visibility
uvw_ulp         greatest difference of a uvw coordinate, in units of its last place
"""
import glob
import json
import os
import sys

import h5py
import numpy as np

ours, oracles = sys.argv[1:3]


def describe(node):
    attributes = {key: str(value) for key, value in node.attrs.items()}
    if not isinstance(node, h5py.Dataset):
        return ["group", attributes]
    kind, plan = node.id.get_type(), node.id.get_create_plist()
    text = [kind.get_cset(), kind.get_strpad(), kind.is_variable_str()] if kind.get_class() == h5py.h5t.STRING else []
    return [str(node.dtype), kind.get_class(), kind.get_size(), text, str(h5py.check_dtype(enum=node.dtype)), node.shape,
            node.maxshape, node.chunks, node.compression, plan.get_layout(), plan.get_fill_time(), plan.get_alloc_time(), attributes]


def tree(file):
    nodes = {"/": describe(file)}
    file.visititems(lambda name, node: nodes.__setitem__(name, describe(node)))
    return nodes


names = [sorted(map(os.path.basename, glob.glob(folder + "/*.hdf5"))) for folder in (ours, oracles)]
result = dict(names_equal=names[0] == names[1], n_files=len(names[0]), layout=[], header={}, texts=[], visibilities=0.0, uvw_ulp=0.0)
for name in names[1]:
    a, b = h5py.File(os.path.join(ours, name)), h5py.File(os.path.join(oracles, name))
    mine, theirs = tree(a), tree(b)
    for path in sorted(set(mine) | set(theirs)):
        if mine.get(path) != theirs.get(path):
            result["layout"].append(f"{name}: {path}: {mine.get(path)} instead of {theirs.get(path)}")

    def compare(path, node):
        if not isinstance(node, h5py.Dataset):
            return
        x, y = a["Header"][path][()], node[()]
        if node.dtype.kind in "SO":
            if not np.array_equal(x, y):
                result["texts"].append(path)
        else:
            difference = float(np.max(np.abs(np.asarray(x, float) - np.asarray(y, float))))
            result["header"][path] = max(result["header"].get(path, 0.0), difference)

    b["Header"].visititems(compare)
    x, y = a["Header/uvw_array"][()], b["Header/uvw_array"][()]
    result["uvw_ulp"] = max(result["uvw_ulp"], float(np.max(np.abs(x - y) / np.spacing(np.maximum(np.abs(y), np.float32(1e-6))))))
    result["visibilities"] = max(result["visibilities"], float(np.max(np.abs(a["Data/visdata"][()] - b["Data/visdata"][()]))))
    assert not a["Data/flags"][()].any()
print(json.dumps(result))
