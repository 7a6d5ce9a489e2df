"""Checksums of what is kept: by them a letter that became another one is noticed. Made where something is written."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable
from typing import Any

ROW = ("path", "start_ms", "end_ms", "change", "state")  # its status is in its state
ENTRY = ("change", "at", "action", "annotator", "path", "start_ms", "end_ms", "before", "after")
_FUNCTION = "j2a_checksum"


def of(values: Iterable[Any]) -> int:
    """Of the columns of a row or of an entry of the journal, in the order above: CRC-32 of what SQLite has of them.

    It differs for every flipped bit, and for every run of up to 32 damaged ones.
    """
    return zlib.crc32(b"".join(_framed(value) for value in values))


def holds(values: Iterable[Any], checksum: object) -> bool:
    """Whether the values are what was written. What a J2A wrote that knew of no checksums is believed."""
    return checksum is None or of(values) == checksum


def teach(connection: sqlite3.Connection) -> None:
    """Let statements on this connection use what :func:`as_sql` returns."""
    connection.create_function(_FUNCTION, -1, lambda *values: of(values), deterministic=True)


def as_sql(columns: Iterable[str]) -> str:
    """The checksum of a row that is there, as an expression. The columns come as bytes: they may be no UTF-8."""
    return f"{_FUNCTION}({', '.join(f'CAST({name} AS BLOB)' for name in columns)})"


def _framed(value: Any) -> bytes:
    """A value with its length, so that nothing can pass from one to the next."""
    if value is None:
        return b"-,"
    data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
    return b"%d:%b," % (len(data), data)
