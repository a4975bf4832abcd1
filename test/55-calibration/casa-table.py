"""Writes a calibration table in the layout of CASA 6.7's solver: casa-table.py MS TABLE KIND [OPTION...]

KIND is K or G. As CASA does: ANTENNA2 is -1 where no reference antenna is recorded, as in all K tables; INTERVAL is 0; each
spectral window has a TIME of its own; CHAN_FREQ of a window is its center, REF_FREQUENCY stays that of its first channel in
the MeasurementSet; HISTORY is empty. Options: combine, rows of window 0 alone, whose CHAN_FREQ is the center of the whole
band; reference=N, ANTENNA2; version=V, the keyword CASA_Version, none for none; times=N, solution intervals of 30 s; step=S, seconds
from the TIME of a window to that of the next.

`delay_ns` and `gain` are what is written, for others to compute with.
"""

import shutil
import sys

import numpy as np
from casacore.tables import makearrcoldesc, makescacoldesc, maketabdesc, table


def delay_ns(antenna, feed):
    return 0.75 * ((7 * antenna + 3 * feed) % 11 - 5)


def gain(antenna, feed):
    return (1 + 0.02 * (antenna % 9)) * np.exp(1j * (0.3 * antenna + feed))


def write(ms, path, kind, combine=False, reference=-1, version="6.7.0-31", times=1, step=0.0018):
    parameter = "FPARAM" if kind == "K" else "CPARAM"
    columns = [makescacoldesc(name, 0.0) for name in ("TIME", "INTERVAL")]
    indices = "FIELD_ID", "SPECTRAL_WINDOW_ID", "ANTENNA1", "ANTENNA2", "SCAN_NUMBER", "OBSERVATION_ID"
    columns += [makescacoldesc(name, 0) for name in indices]
    columns += [makearrcoldesc(parameter, 0.0 if kind == "K" else 0j, valuetype="float" if kind == "K" else "complex")]
    columns += [makearrcoldesc(name, 0.0, valuetype="float") for name in ("PARAMERR", "SNR", "WEIGHT")]
    columns += [makearrcoldesc("FLAG", False)]
    shutil.rmtree(path, ignore_errors=True)
    out = table(path, maketabdesc(columns), ack=False)
    out.putinfo({"type": "Calibration", "subType": f"{kind} Jones", "readme": ""})
    keywords = {"ParType": "Float" if kind == "K" else "Complex", "MSName": "obs.ms", "VisCal": f"{kind} Jones"}
    for name, value in {**keywords, "PolBasis": "unknown", **({"CASA_Version": version} if version else {})}.items():
        out.putkeyword(name, value)
    for name in ("TIME", "INTERVAL"):
        out.putcolkeyword(name, "QuantumUnits", ["s"])
    out.putcolkeyword("TIME", "MEASINFO", {"type": "epoch", "Ref": "UTC"})
    for name in ("OBSERVATION", "ANTENNA", "FIELD", "SPECTRAL_WINDOW", "HISTORY"):
        with table(f"{ms}/{name}", ack=False) as subtable:
            subtable.copy(f"{path}/{name}", deep=True, copynorows=name == "HISTORY").close()
        out.putkeyword(name, f"Table: {path}/{name}")
    with table(f"{path}/SPECTRAL_WINDOW", readonly=False, ack=False) as windows:
        freqs = [windows.getcell("CHAN_FREQ", w) for w in range(windows.nrows())]
        for w, freq in enumerate(freqs):
            center = np.mean(freqs) if combine and w == 0 else np.mean(freq)
            width = np.sum(windows.getcell("CHAN_WIDTH", w))
            windows.putcell("NUM_CHAN", w, 1)
            windows.putcell("REF_FREQUENCY", w, freq[0])
            for name in ("CHAN_WIDTH", "EFFECTIVE_BW", "RESOLUTION"):
                windows.putcell(name, w, np.array([width]))
            windows.putcell("CHAN_FREQ", w, np.array([center]))
    with table(ms, ack=False) as data, table(f"{ms}/ANTENNA", ack=False) as antennas:
        time, n_antennas = np.mean(data.getcol("TIME")), antennas.nrows()
    windows = range(1 if combine else len(freqs))
    solutions = [(t, w, a) for t in range(times) for w in windows for a in range(n_antennas)]
    out.addrows(len(solutions))
    for row, (interval, window, antenna) in enumerate(solutions):
        cells = dict(TIME=time + 30 * interval + step * window, SPECTRAL_WINDOW_ID=window, ANTENNA1=antenna, ANTENNA2=reference)
        for name, value in {**cells, "SCAN_NUMBER": 1}.items():
            out.putcell(name, row, value)
        of = delay_ns if kind == "K" else gain
        out.putcell(parameter, row, np.array([[of(antenna, 0), of(antenna, 1)]]))
        for name, value in dict(PARAMERR=0.1, SNR=0.0 if kind == "K" else 50.0, WEIGHT=1.0).items():
            out.putcell(name, row, np.full((1, 2), value))
        out.putcell("FLAG", row, np.zeros((1, 2), bool))
    out.close()


if __name__ == "__main__":
    _, ms_path, table_path, jones, *options = sys.argv
    named = dict(option.split("=") if "=" in option else (option, "yes") for option in options)
    values = dict(reference=int, version=lambda v: None if v == "none" else v, times=int, step=float)
    rest = {name: of(named[name]) for name, of in values.items() if name in named}
    write(ms_path, table_path, jones, "combine" in named, **rest)
