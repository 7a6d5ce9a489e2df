"""Sessions out of J2A: one module a format, pure functions from rows to bytes, and one way to put bytes on the disk."""

from __future__ import annotations

from j2a.exporting.choosing import ONLY, Only, chosen
from j2a.exporting.csv import COLUMNS, Dialect, to_csv
from j2a.exporting.formats import FORMATS
from j2a.exporting.replacing import WouldLoseError, save_csv
from j2a.exporting.write import write_atomically

__all__ = [
    "COLUMNS", "FORMATS", "ONLY", "Dialect", "Only", "WouldLoseError", "chosen", "save_csv", "to_csv",
    "write_atomically",
]
