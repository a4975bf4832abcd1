"""By how much CORRECTED_DATA over DATA is not what a table of casa-table.py makes of it in CASA's arithmetic, and what it is
on baseline 44, 108 in window 11, both channels, of XX and YY: compare-casa-table.py MS KIND [OPTION...]"""

import importlib
import json
import sys

import numpy as np
from casacore.tables import table

casa = importlib.import_module("casa-table")
_, path, kind, *options = sys.argv
with table(f"{path}/SPECTRAL_WINDOW", ack=False) as windows:
    freqs = [windows.getcell("CHAN_FREQ", w) for w in range(windows.nrows())]
ms = table(path, ack=False)
worst, checked, flagged, example = 0.0, 0, 0, None
for row in range(ms.nrows()):
    first, second, window = (ms.getcell(name, row) for name in ("ANTENNA1", "ANTENNA2", "DATA_DESC_ID"))
    is_example = (first, second, window) == (44, 108, 11)
    if row % 7 and not is_example:
        continue
    flagged += int(ms.getcell("FLAG", row).sum())
    ratio = ms.getcell("CORRECTED_DATA", row) / ms.getcell("DATA", row)
    freq = freqs[window]
    pivot = np.mean(freqs) if "combine" in options else freq[0] if "version=none" in options else np.mean(freq)
    of = casa.gain
    if kind == "K":
        of = lambda antenna, feed: np.exp(2e-9j * np.pi * casa.delay_ns(antenna, feed) * (freq - pivot))
    for feed in (0, 1):
        expected = 1 / (of(first, feed) * np.conj(of(second, feed)))
        worst = max(worst, float(np.max(np.abs(ratio[:, feed] - expected))))
        checked += 1
    if is_example:
        example = [[float(v.real), float(v.imag)] for v in ratio.ravel()]
print(json.dumps(dict(worst=worst, checked=checked, flagged=flagged, example=example)))
