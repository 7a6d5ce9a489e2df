"""A file of captions with damaged pages: what can be read of it goes into its tables made anew, and is told.

A caption is in the file twice, as a row and as the change in the journal that made it so: damage in one place loses
nothing. Where both are lost, the window is known by the index; it stays, as a damaged row that everybody is told of.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from j2a import paths
from j2a.errors import ExitCode, StoreError
from j2a.store import schema
from j2a.store.records import Key, Status, row_of

_CAPTION = "path, start_ms, end_ms, change, status, state"
_JOURNAL = "change, at, action, annotator, path, start_ms, end_ms, before, after"
_INDEX = "sqlite_autoindex_caption_1"  # SQLite's own, of the primary key
_LOG = "-wal"
_NEAR = 1000  # rows that are tried one by one behind damage; further on in larger steps


class MendedError(StoreError):
    """What was damaged and what came of it: the file can be used again."""

    title = "The file of captions was damaged"

    def __init__(self, message: str, hint: str, *, whole: bool) -> None:
        super().__init__(message, hint)
        self.exit_code = ExitCode.OK if whole else ExitCode.SOME_FILES_FAILED


Mended = tuple[sqlite3.Connection, MendedError | None]  # the file, and what to tell


@dataclass(slots=True)
class _Found:
    """What could be read."""

    rows: dict[Key, tuple[int, str, str]] = field(default_factory=dict)  # window -> change, status, state
    journal: list[tuple[Any, ...]] = field(default_factory=list)
    lost: int = 0  # windows of which only the place is known
    older: int = 0  # captions from a journal that has gaps
    whole: bool = True  # whether nothing can be missing


def mend(path: Path) -> MendedError | None:
    """Make the tables of the file anew from what can be read; the damaged one is kept beside it.

    Returns what to tell, ``None`` where another process has mended it. Raises ``StoreError`` when nothing can be read,
    and when the file or its folder cannot be written; the file is then as it was.
    """
    with schema.explained(path), contextlib.closing(_opened(path)) as damaged:
        if _is_sound(damaged):
            return None
        found, front = _read(path)
        kept = _keep(path)
    with schema.explained(path), contextlib.closing(_made_anew(found, path)) as fresh:
        if front:
            with path.open("r+b") as file:
                file.write(front)
        with contextlib.closing(_opened(path)) as damaged:
            fresh.backup(damaged)  # all or nothing, and a change like others to whoever has the file open
    return _told(path, found, kept)


def in_memory(path: Path) -> Mended:
    """What can be read of a file that cannot be written. Raises ``StoreError``."""
    with schema.explained(path):
        found, _ = _read(path)
        return _made_anew(found, path), _told(path, found, None)


def _is_sound(connection: sqlite3.Connection) -> bool:
    """Begins a transaction, if that is possible. One that cannot be locked for its damage is written by nobody."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError as error:
        if not schema.is_damage(error):
            raise
        return False


def _opened(path: Path) -> sqlite3.Connection:
    """Also a file that is shorter than it says."""
    connection = schema.opened(path)
    connection.execute("PRAGMA writable_schema = ON")
    return connection


def _read(path: Path) -> tuple[_Found, bytes]:
    """What can be read, and the first page that the file needs for that, if its own is damaged."""
    with tempfile.TemporaryDirectory(prefix="j2a-") as folder:
        copy = Path(folder) / "copy"
        shutil.copyfile(path, copy)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(f"{path}{_LOG}", f"{copy}{_LOG}")
        front = b""
        if not _has_tables(copy):
            front = _first_page(Path(folder) / "new")
            with copy.open("r+b") as file:
                file.write(front)
        with contextlib.closing(_opened(copy)) as connection:
            found = _found_in(connection, copy.stat().st_size)
    if not found.rows and not found.journal:
        raise StoreError(f"{path}: nothing in it can be read.",
                         "It is damaged or not a J2A file: move it away to begin a new one.")  # fmt: skip
    return found, front


def _has_tables(path: Path) -> bool:
    with contextlib.closing(_opened(path)) as connection:
        try:
            connection.execute("SELECT 1 FROM caption LIMIT 0")
        except sqlite3.DatabaseError:
            return False
        return True


def _first_page(path: Path) -> bytes:
    """Of a new file: its tables begin on the same pages as those of every other."""
    with contextlib.closing(schema.opened(path)) as connection:
        schema.migrate(connection, path)
    page = bytearray(path.read_bytes()[:4096])
    page[18:20] = b"\x02\x02"  # in WAL mode
    page[28:32] = bytes(4)  # the number of pages: as many as the file has
    return bytes(page)


def _found_in(connection: sqlite3.Connection, limit: int) -> _Found:
    rows, rows_whole = _read_around(connection, "caption", _CAPTION, limit)
    journal, journal_whole = _read_around(connection, "journal", _JOURNAL, limit)
    found = _Found()
    for path, start_ms, end_ms, *about in filter(_is_row, rows):
        found.rows[Key(path, start_ms, end_ms)] = about[0], about[1], about[2]
    found.journal = list(filter(_is_entry, journal))
    journal_whole = journal_whole and len(found.journal) == len(journal)
    rows_whole = rows_whole and len(found.rows) == len(rows)
    found.whole = journal_whole or rows_whole
    last = {Key(*entry[4:7]): entry for entry in found.journal}  # which is in the order of changes
    for key, entry in last.items():
        _take_in(found, key, entry[0], entry[8], missing=journal_whole or not rows_whole)
    if not found.whole:
        found.older = sum(key not in {Key(*row[:3]) for row in rows} for key in found.rows)
        for key in _indexed(connection) - found.rows.keys():
            found.rows[key] = 0, Status.DRAFT.value, ""
            found.lost += 1
    return found


def _take_in(found: _Found, key: Key, change: int, after: str | None, *, missing: bool) -> None:
    """The last change of a window in the journal, where its row is older or cannot be read, or is ``missing``."""
    row = found.rows.get(key)
    if row is None and not missing:
        return
    if row is None or change > row[0] or (change == row[0] and not _is_readable(key, row[2])):
        if after is None:
            found.rows.pop(key, None)
        elif _is_readable(key, after):
            found.rows[key] = change, json.loads(after)["status"], after


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


def _indexed(connection: sqlite3.Connection) -> set[Key]:
    """The windows that the index names, from both of its ends as far as it can be read."""
    keys: set[Key] = set()
    for order in ("ASC", "DESC"):
        names = ", ".join(f"{name} {order}" for name in Key._fields)
        statement = f"SELECT path, start_ms, end_ms FROM caption INDEXED BY {_INDEX} ORDER BY {names}"
        with contextlib.suppress(sqlite3.DatabaseError):
            keys.update(Key(*row) for row in connection.execute(statement) if _is_key(row))
    return keys


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
    try:
        row_of(key, state)
    except StoreError:
        return False
    return True


def _made_anew(found: _Found, path: Path) -> sqlite3.Connection:
    """A new file in memory."""
    connection = schema.opened(Path(":memory:"))
    schema.migrate(connection, path)
    with schema.transaction(connection, path):
        connection.executemany(
            f"INSERT INTO caption ({_CAPTION}) VALUES (?, ?, ?, ?, ?, ?)",
            ((*key, change, *map(_storable, about)) for key, (change, *about) in found.rows.items()),
        )
        connection.executemany(
            f"INSERT INTO journal ({_JOURNAL}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (tuple(map(_storable, entry)) for entry in found.journal),
        )
        last = max(itertools.chain((change for change, *_ in found.rows.values()), (one[0] for one in found.journal)))
        connection.execute("DELETE FROM sqlite_sequence")
        connection.execute("INSERT INTO sqlite_sequence VALUES ('journal', ?)", (last,))  # no number comes again
    return connection


def _storable(value: Any) -> Any:
    """What is no UTF-8 as the bytes that it was."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogateescape")
    return value


def _keep(path: Path) -> Path:
    """A copy of the file, and of the log beside it, under a name that is free."""
    names = (path.with_name(f"{path.name}.damaged{number}") for number in itertools.chain([""], itertools.count(2)))
    kept = next(name for name in names if not name.exists())
    for end in ("", _LOG):
        source = Path(f"{path}{end}")
        if not source.exists() or (end and not source.stat().st_size):
            continue
        with source.open("rb") as old, paths.private_file(Path(f"{kept}{end}")) as new:
            shutil.copyfileobj(old, new)
            new.flush()
            os.fsync(new.fileno())
    return kept


def _told(path: Path, found: _Found, kept: Path | None) -> MendedError:
    def parts() -> Iterator[str]:
        count = len(found.rows) - found.lost
        yield f"{path} has damaged pages; {'1 window' if count == 1 else f'{count} windows'} could be read"
        if found.whole:
            yield "nothing is lost"
            return
        yield f"{found.lost or 'some'} {'is' if found.lost == 1 else 'are' if found.lost else 'may be'} lost"
        if found.older:
            yield f"{found.older} come from its journal and may be earlier texts"

    hint = f"It was made anew from them, and the damaged file is kept as {kept}." if kept else "It cannot be written."
    if not found.whole:
        hint += " What is lost is named by `j2a export`: bring the file back from a backup, or describe it once more."
    return MendedError("; ".join(parts()) + ".", f"{hint} Look at the disk: damage comes from there.",
                       whole=found.whole)  # fmt: skip
