"""CORRECTED_DATA by the arithmetic of python-casacore: DATA divided by g1 conj(g2) of a bandpass (CHANNEL by CHANNEL) and
of gains of several times, interpolated in amplitude and phase along the shorter arc. Prints by how much a MeasurementSet
differs from that: apply-tables.py MS BANDPASS GAIN"""

import json
import sys

import numpy as np
from casacore.tables import table


def rows_of(path):
    """Solutions of a table by (window, antenna): times, values and flags (times, channels, feeds)."""
    found = {}
    with table(path, ack=False) as t:
        values, flags = t.getcol("CPARAM"), t.getcol("FLAG")
        keys = zip(t.getcol("SPECTRAL_WINDOW_ID"), t.getcol("ANTENNA1"), t.getcol("TIME"))
        for row, (window, antenna, time) in enumerate(keys):
            found.setdefault((int(window), int(antenna)), []).append((time, values[row], flags[row]))
    return {key: sorted(rows, key=lambda row: row[0]) for key, rows in found.items()}


def frequencies(path):
    with table(path + "::SPECTRAL_WINDOW", ack=False) as t:
        return [t.getcell("CHAN_FREQ", w) for w in range(t.nrows())], [t.getcell("CHAN_WIDTH", w) for w in range(t.nrows())]


def gain_at(rows, channel, time):
    """Values of two feeds, and whether they are flagged, linear between the unflagged times about `time`."""
    gains, flagged = np.zeros(2, complex), np.ones(2, bool)
    for feed in range(2):
        good = [(t, v[channel, feed]) for t, v, f in rows if not f[channel, feed]]
        if not good:
            continue
        flagged[feed] = False
        before, after = [g for g in good if g[0] < time], [g for g in good if g[0] >= time]
        if not before or not after:
            gains[feed] = (after or before[-1:])[0][1]
            continue
        (t0, g0), (t1, g1) = before[-1], after[0]
        x = (time - t0) / (t1 - t0)
        phase = np.angle(g0) + x * np.angle(g1 / g0)
        gains[feed] = (abs(g0) + x * (abs(g1) - abs(g0))) * np.exp(1j * phase)
    return gains, flagged


ms_path, *tables = sys.argv[1:]
solutions = [(rows_of(path), *frequencies(path)) for path in tables]
ms = table(ms_path, ack=False)
ms_freqs, _ = frequencies(ms_path)
off = dict(data=0.0, weight=0.0, flags=0, checked=0, unsolved=0)
for row in range(0, ms.nrows(), 23):
    window, a1, a2, time = (ms.getcell(c, row) for c in ("DATA_DESC_ID", "ANTENNA1", "ANTENNA2", "TIME"))
    data, corrected = ms.getcell("DATA", row), ms.getcell("CORRECTED_DATA", row)
    flags, weights = ms.getcell("FLAG", row), ms.getcell("WEIGHT_SPECTRUM", row)
    before, weight = ms.getcell("UNCALIBRATED_FLAG", row), ms.getcell("UNCALIBRATED_WEIGHT", row)
    for k, hz in enumerate(ms_freqs[window]):
        product, unsolved = np.ones(2, complex), np.zeros(2, bool)
        for rows, freqs, widths in solutions:
            w, channel = next((w, c) for w in range(len(freqs)) for c in range(len(freqs[w]))
                              if abs(freqs[w][c] - hz) <= abs(widths[w][c]) / 2 + 1)
            (g1, f1), (g2, f2) = gain_at(rows[w, a1], channel, time), gain_at(rows[w, a2], channel, time)
            product, unsolved = product * g1 * np.conj(g2), unsolved | f1 | f2
        off["flags"] += int(np.sum((before[k] | unsolved) != flags[k]))
        off["unsolved"] += int(np.sum(unsolved & ~before[k]))
        for p in np.nonzero(~unsolved)[0]:
            expected, scale = data[k, p] / product[p], abs(product[p]) ** 2
            if data[k, p] != 0:
                off["data"] = max(off["data"], float(abs(corrected[k, p] - expected) / abs(expected)))
            if weight[p] > 0:
                off["weight"] = max(off["weight"], float(abs(weights[k, p] / (weight[p] * scale) - 1)))
            off["checked"] += 1
print(json.dumps(off))
