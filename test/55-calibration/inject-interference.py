"""Adds known interference to the DATA of a MeasurementSet, in place, and keeps where.

inject-interference.py MS MASKS SIGMA [SEED [NARROW BROAD SPORADIC PARTIAL]]: SIGMA is the noise of a real part, in the units
of DATA; the last four are amplitudes in sigma, 0 for none. MASKS becomes an .npz with an array (rows of the main table, channels) for
each kind:
  narrow    channels that carry interference all the time, 2 sigma, on every baseline
  broad     integrations during which half of the band does, 2 sigma, on every baseline
  sporadic  a few integrations and channels at a time, 10 sigma, each on a third of the baselines
  partial   channels that carry interference all the time, 3 sigma, on a third of the baselines
Phases are random from visibility to visibility, both polarizations have it.
"""
import sys

import numpy as np
from casacore.tables import table

path, masks_path, sigma = sys.argv[1], sys.argv[2], float(sys.argv[3])
rng = np.random.default_rng(int(sys.argv[4]) if len(sys.argv) > 4 else 5)
AMPLITUDES = dict(zip(("narrow", "broad", "sporadic", "partial"), map(float, sys.argv[5:] or (2, 2, 10, 3))))
AMPLITUDES = {kind: amplitude for kind, amplitude in AMPLITUDES.items() if amplitude > 0}
with table(path, readonly=False, ack=False) as ms:
    window = ms.getcol("DATA_DESC_ID")
    times, time = np.unique(ms.getcol("TIME"), return_inverse=True)
    antenna1, antenna2 = ms.getcol("ANTENNA1"), ms.getcol("ANTENNA2")
    cross, baseline = antenna1 != antenna2, antenna1 * 1000 + antenna2
    shape = (ms.nrows(), *ms.getcell("DATA", 0).shape)
    n_channels, n_windows = shape[1], window.max() + 1
    masks = {kind: np.zeros(shape[:2], bool) for kind in AMPLITUDES}

    for k in rng.choice(n_channels * n_windows, 8, replace=False) if "narrow" in masks else ():
        masks["narrow"][cross & (window == k // n_channels), k % n_channels] = True
    for t in rng.choice(len(times), 2, replace=False) if "broad" in masks else ():
        half = window < n_windows // 2 if rng.random() < 0.5 else window >= n_windows // 2
        masks["broad"][cross & half & (time == t)] = True
    names = np.unique(baseline[cross])
    for _ in range(60 if "sporadic" in masks else 0):
        t, k, w = rng.integers(len(times)), rng.integers(n_channels), rng.integers(n_windows)
        hit = np.isin(baseline, rng.choice(names, len(names) // 3, replace=False)) & (window == w)
        hit &= (time >= t) & (time < t + rng.integers(1, 4))
        masks["sporadic"][hit, k : k + rng.integers(1, 4)] = True
    for k in rng.choice(n_channels * n_windows, 8, replace=False) if "partial" in masks else ():
        hit = np.isin(baseline, rng.choice(names, len(names) // 3, replace=False)) & (window == k // n_channels)
        masks["partial"][hit, k % n_channels] = True

    at_once = max(1, (1 << 24) // (shape[1] * shape[2]))
    for first in range(0, shape[0], at_once):
        data = ms.getcol("DATA", first, at_once)
        rows = slice(first, first + len(data))
        for kind, amplitude in AMPLITUDES.items():
            phase = np.exp(2j * np.pi * rng.random(data.shape))
            data += np.where(masks[kind][rows, :, None], amplitude * sigma * phase, 0).astype(np.complex64)
        ms.putcol("DATA", data, first, len(data))
np.savez(masks_path, cross=cross, **masks)
