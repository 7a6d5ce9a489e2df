"""What can still be read of a file of captions with damaged pages."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from j2a.errors import StoreError
from j2a.store import schema
from j2a.store.records import DamagedRowError, Key, Status, row_of

CAPTION = "path, start_ms, end_ms, change, status, state"
JOURNAL = "change, at, action, annotator, path, start_ms, end_ms, before, after"
_INDEX = "sqlite_autoindex_caption_1"  # SQLite's own, of the primary key
LOG = "-wal"
_PAGE_COUNT_AT = 28  # in the file
_AGREED = 2  # of rows, index and journal
_NEAR = 1000  # rows that are tried one by one behind damage; further on in larger steps


@dataclass(slots=True)
class Found:
    """What could be read."""

    rows: dict[Key, tuple[int, str, str]] = field(default_factory=dict)  # window -> change, status, state
    journal: list[tuple[Any, ...]] = field(default_factory=list)
    lost: int = 0  # windows of which only the place is known
    older: int = 0  # captions from a journal that has gaps
    whole: bool = True  # whether nothing can be missing


def opened(path: Path) -> sqlite3.Connection:
    """Also a file that is shorter than it says."""
    connection = schema.opened(path)
    connection.execute("PRAGMA writable_schema = ON")
    return connection


def read(path: Path) -> tuple[Found, bytes]:
    """What can be read, and the first page that the file needs for that, if its own is damaged.

    Raises ``StoreError`` where nothing can.
    """
    with tempfile.TemporaryDirectory(prefix="j2a-") as folder:
        copy = Path(folder) / "copy"
        shutil.copyfile(path, copy)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(f"{path}{LOG}", f"{copy}{LOG}")
        front = b""
        if not _is_usable(copy):
            front = _first_page(Path(folder) / "new")
            write_at(copy, 0, front)
        write_at(copy, _PAGE_COUNT_AT, bytes(4))  # as many as the file has, whatever its header says
        with contextlib.closing(opened(copy)) as connection:
            found = _found_in(connection, copy.stat().st_size)
    if not found.rows and not found.journal:
        raise StoreError(f"{path}: nothing in it can be read.",
                         "It is damaged or not a J2A file: move it away to begin a new one.")  # fmt: skip
    return found, front


def has_rows_to_mend(connection: sqlite3.Connection) -> bool:
    """Whether there are rows that cannot be read although the journal holds what they were."""
    for path, start_ms, end_ms, change, state in connection.execute(
        "SELECT path, start_ms, end_ms, change, state FROM caption"
    ):
        key = Key(path, start_ms, end_ms)
        if _is_readable(key, state):
            continue
        for *place, after in connection.execute(
            "SELECT path, start_ms, end_ms, after FROM journal WHERE change = ?", (change,)
        ):
            if Key(*place) == key and _is_readable(key, after):
                return True
    return False


def write_at(path: Path, place: int, data: bytes) -> None:
    """Put other bytes at a place in a file."""
    with path.open("r+b") as file:
        file.seek(place)
        file.write(data)


def _is_usable(path: Path) -> bool:
    """Whether the first page tells of the tables and lets them be written."""
    with contextlib.closing(opened(path)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM caption WHERE FALSE")
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return False
        return True


def _first_page(path: Path) -> bytes:
    """Of a new file: its tables begin on the same pages as those of every other."""
    with contextlib.closing(schema.opened(path)) as connection:
        schema.migrate(connection, path)
    page = bytearray(path.read_bytes()[:4096])
    page[18:20] = b"\x02\x02"  # in WAL mode
    page[_PAGE_COUNT_AT : _PAGE_COUNT_AT + 4] = bytes(4)
    return bytes(page)


def _found_in(connection: sqlite3.Connection, limit: int) -> Found:
    rows, rows_whole = _read_around(connection, "caption", CAPTION, limit)
    journal, journal_whole = _read_around(connection, "journal", JOURNAL, limit)
    found = Found()
    for path, start_ms, end_ms, *about in filter(_is_row, rows):
        key = Key(path, start_ms, end_ms)
        found.rows[key] = about[0], _status_in(key, about[2]) or about[1], about[2]
    found.journal = list(filter(_is_entry, journal))
    journal_whole = journal_whole and len(found.journal) == len(journal)
    rows_whole = rows_whole and len(found.rows) == len(rows)
    found.whole = journal_whole or rows_whole
    last = {Key(*entry[4:7]): entry for entry in found.journal}  # which is in the order of changes
    missing = journal_whole or not rows_whole
    gone = {key for key, entry in last.items() if not _take_in(found, key, entry[0], entry[8], missing=missing)}
    indexed, index_whole = _indexed(connection)
    if rows_whole and journal_whole and index_whole:  # a window that one of them alone knows is a damaged name
        named = [{Key(*row[:3]) for row in rows}, indexed, last.keys()]
        for key in [key for key in found.rows if sum(key in names for names in named) < _AGREED]:
            del found.rows[key]
    unreadable = {key for key, (_, _, state) in found.rows.items() if not _is_readable(key, state)}
    found.whole = found.whole and not gone and not unreadable
    if not found.whole:
        seen = {Key(*row[:3]) for row in rows}
        found.older = sum(key not in seen for key in found.rows)
        gone |= indexed - found.rows.keys()
    found.rows |= dict.fromkeys(gone, (0, Status.DRAFT.value, ""))
    found.lost = len(gone | unreadable)
    return found


def _take_in(found: Found, key: Key, change: int, after: str | None, *, missing: bool) -> bool:
    """The last change of a window in the journal, where its row is older or cannot be read, or is ``missing``.

    False where that change cannot be read either, so that the window has no text at all.
    """
    row = found.rows.get(key)
    if row is None and not missing:
        return True
    if row is None or change > row[0] or (change == row[0] and not _is_readable(key, row[2])):
        if after is None:
            found.rows.pop(key, None)
        elif _is_readable(key, after):
            found.rows[key] = change, json.loads(after)["status"], after
        else:
            return row is not None
    return True


def _read_around(
    connection: sqlite3.Connection, table: str, columns: str, limit: int
) -> tuple[list[tuple[Any, ...]], bool]:
    """The rows of a table, but for those on damaged pages; and whether there was no such page.

    ``limit``: no row has a higher number; every row once took a byte or more of the file.
    """
    rows: list[tuple[Any, ...]] = []
    whole = True
    after = 0
    start = 0  # rows are read from behind this number on
    statement = f"SELECT rowid, {columns} FROM {table} NOT INDEXED WHERE rowid > ? ORDER BY rowid"
    while start <= limit:
        try:
            for number, *row in connection.execute(statement, (start,)):
                if number <= after:
                    raise sqlite3.DatabaseError("rows out of order")
                rows.append(tuple(row))
                after = start = number
        except sqlite3.DatabaseError:
            whole = False
            start += 1 + (start - after) // _NEAR
        else:
            break
    return rows, whole


def _indexed(connection: sqlite3.Connection) -> tuple[set[Key], bool]:
    """The windows that the index names, from both of its ends as far as it can be read; whether that is all of it."""
    keys: set[Key] = set()
    whole = True
    for order in ("ASC", "DESC"):
        names = ", ".join(f"{name} {order}" for name in Key._fields)
        statement = f"SELECT path, start_ms, end_ms FROM caption INDEXED BY {_INDEX} ORDER BY {names}"
        try:
            keys.update(Key(*row) for row in connection.execute(statement) if _is_key(row))
        except sqlite3.DatabaseError:
            whole = False
    return keys, whole


def _is_key(row: tuple[Any, ...]) -> bool:
    path, start_ms, end_ms = row
    return isinstance(path, bytes) and b"\0" not in path and isinstance(start_ms, int) and isinstance(end_ms, int)


def _is_row(row: tuple[Any, ...]) -> bool:
    return _is_key(row[:3]) and isinstance(row[3], int) and all(isinstance(text, str) for text in row[4:])


def _is_entry(row: tuple[Any, ...]) -> bool:
    return (
        all(isinstance(text, str) for text in row[1:4]) and _is_key(row[4:7])
        and isinstance(row[7], str | bytes | None) and isinstance(row[8], str | None)
    )  # fmt: skip


def _is_readable(key: Key, state: str) -> bool:
    return bool(_status_in(key, state))


def _status_in(key: Key, state: str) -> str:
    """The status that a row's state tells, "" for a damaged one."""
    try:
        return row_of(key, state).status.value
    except DamagedRowError:
        return ""
