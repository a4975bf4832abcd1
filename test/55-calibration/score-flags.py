"""Rates of true and false positives of FLAG against known interference: score-flags.py MASKS MS... prints JSON."""
import json
import sys

import numpy as np
from casacore.tables import table

masks = np.load(sys.argv[1])
kinds = [kind for kind in masks.files if kind != "cross"]
anything = np.any([masks[kind] for kind in kinds], axis=0) if kinds else np.zeros((len(masks["cross"]), 1), bool)
scores = []
for path in sys.argv[2:]:
    with table(path, ack=False) as ms:
        flags = ms.getcol("FLAG").any(axis=2)
    clean = np.broadcast_to(~anything & masks["cross"][:, None], flags.shape)
    scores.append({**{kind: float(flags[masks[kind]].mean()) for kind in kinds}, "false": float(flags[clean].mean())})
print(json.dumps(scores))
