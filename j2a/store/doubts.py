"""Captions of the first format, which had no checksums, that read otherwise in the journal than in their row.

One of the two was changed on the disk, and nothing tells which: both are kept, as variants of the window.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import replace

from j2a.store import checksums
from j2a.store.records import DamagedRowError, Key, now, row_of, state_of
from j2a.store.variants import Variant

_DISAGREEING = """SELECT caption.path, caption.start_ms, caption.end_ms, caption.state, journal.after
    FROM caption JOIN journal ON journal.change = caption.change AND journal.path = caption.path
    AND journal.start_ms = caption.start_ms AND journal.end_ms = caption.end_ms
    WHERE journal.after <> caption.state ORDER BY 1, 2, 3"""


def settle(connection: sqlite3.Connection, among: Collection[Key] | None = None) -> list[Key]:
    """Put the journal's text beside the row's where they differ; the windows. Call inside a transaction.

    ``among``: the windows of which nothing tells what was written; ``None`` for all. A text that cannot be read is left
    to who mends damaged rows: there the other one is right.
    """
    found = []
    for *name, state, after in connection.execute(_DISAGREEING).fetchall():
        key = Key(*name)
        if among is not None and key not in among:
            continue
        try:
            here, there = row_of(key, state), row_of(key, after)
        except DamagedRowError:
            continue
        if here.text == there.text:
            continue
        both = replace(here, variants=(*here.every_variant, Variant.of(there.text, there.caption)))
        _write(connection, key, here.annotator, state, state_of(both))
        found.append(key)
    return found


def _write(connection: sqlite3.Connection, key: Key, annotator: str, before: str, after: str) -> None:
    columns = ", ".join(checksums.ENTRY[1:])
    written = connection.execute(f"INSERT INTO journal ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                                 (now(), "doubt", annotator, *key, before, after))  # fmt: skip
    where = "WHERE path = ? AND start_ms = ? AND end_ms = ?"
    connection.execute(f"UPDATE caption SET state = ?, change = ? {where}", (after, written.lastrowid, *key))
    for table, names in (("journal", checksums.ENTRY), ("caption", checksums.ROW)):
        connection.execute(f"UPDATE {table} SET checksum = {checksums.as_sql(names)} WHERE change = ?",
                           (written.lastrowid,))  # fmt: skip
