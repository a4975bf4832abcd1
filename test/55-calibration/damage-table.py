"""Damages a calibration table in one way: damage-table.py TABLE HOW."""
import os
import shutil
import sys

import numpy as np
from casacore.tables import table

path, how = sys.argv[1], sys.argv[2]


def edit(name="", **columns):
    with table(os.path.join(path, name) if name else path, readonly=False, ack=False) as t:
        for column, change in columns.items():
            t.putcol(column, change(t.getcol(column)))


def at_first(value):
    def change(cells):
        cells = np.array(cells)
        cells[0] = value
        return cells

    return change


def remove_column(name):
    with table(path, readonly=False, ack=False) as t:
        t.removecols(name)


def without_keyword(name):
    with table(path, readonly=False, ack=False) as t:
        t.removekeyword(name)


def keyword(name, value):
    with table(path, readonly=False, ack=False) as t:
        t.putkeyword(name, value)


def remove_rows(name=""):
    """casacore does not write that all rows were removed: a copy without rows takes the place."""
    folder = os.path.join(path, name) if name else path
    with table(folder, ack=False) as t:
        t.copy(folder + "-empty", deep=True, copynorows=True).close()
    with table(folder + "-empty", ack=False) as empty:
        assert empty.nrows() == 0
    shutil.rmtree(folder)
    os.rename(folder + "-empty", folder)


def other_shape(column):
    with table(path, readonly=False, ack=False) as t:
        t.putcell(column, 0, t.getcell(column, 0)[:-1])


def truncate(name):
    file = os.path.join(path, name)
    os.truncate(file, os.path.getsize(file) // 3)


damages = {
    "no VisCal": lambda: without_keyword("VisCal"),
    "another VisCal": lambda: keyword("VisCal", "D Jones"),
    "no CPARAM": lambda: remove_column("CPARAM"),
    "no FLAG": lambda: remove_column("FLAG"),
    "no TIME": lambda: remove_column("TIME"),
    "no rows": lambda: remove_rows(),
    "no antennas": lambda: remove_rows("ANTENNA"),
    "no windows": lambda: remove_rows("SPECTRAL_WINDOW"),
    "no ANTENNA": lambda: without_keyword("ANTENNA"),
    "no SPECTRAL_WINDOW": lambda: without_keyword("SPECTRAL_WINDOW"),
    "antenna beyond": lambda: edit(ANTENNA1=at_first(4000)),
    "negative antenna": lambda: edit(ANTENNA1=at_first(-1)),
    "no such reference": lambda: edit(ANTENNA2=at_first(-2)),
    "window beyond": lambda: edit(SPECTRAL_WINDOW_ID=at_first(99)),
    "time not finite": lambda: edit(TIME=at_first(np.nan)),
    "time 0": lambda: edit(TIME=at_first(0)),
    "not finite": lambda: edit(CPARAM=lambda c: c * np.nan),
    "zero": lambda: edit(CPARAM=lambda c: c * 0),
    "all flagged": lambda: edit(FLAG=lambda f: f | True),
    "one row twice": lambda: edit(ANTENNA1=lambda a: a * 0 + 101),
    "other shape": lambda: other_shape("CPARAM"),
    "other flags": lambda: other_shape("FLAG"),
    "frequency 0": lambda: edit("SPECTRAL_WINDOW", CHAN_FREQ=lambda f: f * 0),
    "width 0": lambda: edit("SPECTRAL_WINDOW", CHAN_WIDTH=lambda w: w * 0),
    "windows overlap": lambda: edit("SPECTRAL_WINDOW", CHAN_FREQ=lambda f: f * 0 + f[0]),
    "names alike": lambda: edit("ANTENNA", NAME=lambda n: ["1"] * len(n)),
    "truncated table.dat": lambda: truncate("table.dat"),
    "truncated data": lambda: truncate("table.f0"),
    "no table.dat": lambda: os.remove(os.path.join(path, "table.dat")),
}
damages[how]()
