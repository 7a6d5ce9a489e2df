"""What can still be read of a file of captions with damaged pages."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from dataclasses import field
from pathlib import Path
from typing import Any

from j2a.errors import StoreError
from j2a.records import dataclass
from j2a.store import checksums, schema
from j2a.store.readable import Entry, as_kept, is_entry, is_good, is_key, is_row, is_whole
from j2a.store.records import Kept, Key

_INDEX = "sqlite_autoindex_caption_1"  # SQLite's own, of the primary key
LOG = "-wal"
_PAGE_COUNT_AT = 28  # in the file
_AGREED = 2  # of rows, index and journal
_NEAR = 1000  # rows that are tried one by one behind damage; further on in larger steps


@dataclass(slots=True)
class Found:
    """What could be read."""

    rows: dict[Key, Kept] = field(default_factory=dict)
    statuses: dict[Key, str] = field(default_factory=dict)  # of those that cannot tell theirs
    journal: list[Entry] = field(default_factory=list)
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


def can_mend(connection: sqlite3.Connection, *, quick: bool = False) -> bool:
    """Whether rows or changes are not what was written last, although that is known.

    A row may be an earlier one where the disk has lost a page that it said to have written. ``quick``: for who reads
    the rows anyway, and learns then which of them make no sense although their checksum holds.
    """
    pages = connection.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    limit = int(pages.fetchone()[0])
    rows, _ = _read_around(connection, "caption", (*checksums.ROW, "checksum"), limit)
    entries, _ = _read_around(connection, "journal", (*checksums.ENTRY, "checksum"), limit)
    kept = {one.key: one for one in map(as_kept, rows) if is_key(one.key)}
    last = {Key(*entry[4:7]): entry[0] for entry in entries}
    whole = sum(checksums.holds(values, checksum) for *values, checksum in entries)
    holds = is_whole if quick else is_good
    if whole == len(entries) and all(holds(one) and last.get(key) == one.change for key, one in kept.items()):
        return False
    found = _found_in(connection, limit)
    better = any(_is_better(found.rows.get(key), one) for key, one in kept.items())
    return better or sum(entry.whole for entry in found.journal) > whole


def _is_better(found: Kept | None, kept: Kept) -> bool:
    """Whether what was found is not what is kept, or is the same with a checksum that holds."""
    if found is None or (found.change, found.state) != (kept.change, kept.state):
        return True
    return is_good(found) and not is_good(kept)


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
    found = Found()
    rows, rows_whole = _read_around(connection, "caption", (*checksums.ROW, "checksum", "status"), limit)
    for *about, status in filter(is_row, rows):
        kept = as_kept(about)
        found.rows[kept.key] = kept
        found.statuses[kept.key] = status
    rows_whole = rows_whole and len(found.rows) == len(rows)
    entries, journal_whole = _read_around(connection, "journal", (*checksums.ENTRY, "checksum"), limit)
    journal = [Entry(*entry) for entry in entries if is_entry(entry)]
    journal_whole = journal_whole and len(journal) == len(entries)
    indexed, index_whole = _indexed(connection)
    last = _proven(journal, found, indexed)
    written = set(found.rows)  # the windows that the rows themselves name
    gapless = journal_whole and _is_gapless(found.journal)
    complete = rows_whole and indexed <= written  # a page in the place of another takes rows away without a sign
    found.whole = gapless or complete
    missing = gapless or not complete
    doubtful = {key for key, entry in last.items() if _is_doubtful(found.rows.get(key), entry, gapless=gapless)}
    gone = {key for key, entry in last.items() if not _take_in(found, key, entry, missing=missing)}
    if rows_whole and journal_whole and index_whole:  # a window that one of them alone knows is a damaged name
        named = [written, indexed, last.keys()]
        for key in [key for key in found.rows if sum(key in names for names in named) < _AGREED]:
            del found.rows[key]
    unreadable = {key for key, kept in found.rows.items() if not is_good(kept)}
    doubtful &= found.rows.keys() - unreadable
    found.whole = found.whole and not gone and not unreadable and not doubtful
    if not found.whole:
        found.older = len(doubtful | (found.rows.keys() - written))
        gone |= indexed - found.rows.keys()
    found.rows |= {key: Kept(key, 0, "") for key in gone}
    found.lost = len(gone | unreadable)
    return found


def _proven(journal: list[Entry], found: Found, indexed: set[Key]) -> dict[Key, Entry]:
    """The last change of each window; ``found.journal`` gets all, those that can be proven as they were written.

    A text is in the journal twice, after one change and before the next, and the last one is in its row: with what
    stands there a damaged entry is right again when its checksum holds.
    """
    last: dict[Key, Entry] = {}
    for entry in journal:
        earlier, row = last.get(entry.key), found.rows.get(entry.key)
        befores = [entry.before, earlier.after if earlier else None]
        afters = [entry.after, row.state if row else None]
        ways = (entry._replace(before=before, after=after) for before in befores for after in afters)
        best = next((way for way in ways if way.whole), entry)
        found.journal.append(best)
        if best.whole or entry.key in indexed or entry.key in found.rows:  # else its name may be the damage
            last[entry.key] = best
    return last


def _is_gapless(journal: list[Entry]) -> bool:
    """Whether every change is there and as it was written; their numbers follow each other."""
    return all(entry.whole and entry.change == number for number, entry in enumerate(journal, 1))


def _is_doubtful(row: Kept | None, entry: Entry, *, gapless: bool) -> bool:
    """Whether a change that takes a damaged row's place may be an earlier one."""
    return row is not None and not is_good(row) and not gapless and entry.change != row.change


def _take_in(found: Found, key: Key, entry: Entry, *, missing: bool) -> bool:
    """The last change of a window in the journal, where its row is older or damaged, or is ``missing``.

    False where that change is damaged, too, so that the window has no text at all.
    """
    row = found.rows.get(key)
    if row is None and not missing:
        return True
    if row is None or entry.change > row.change or not is_good(row):
        if entry.whole and entry.after is None:
            found.rows.pop(key, None)
        elif entry.whole and is_good(made := Kept(key, entry.change, entry.after or "")):
            found.rows[key] = made
        else:
            return row is not None
    return True


def _read_around(
    connection: sqlite3.Connection, table: str, columns: tuple[str, ...], limit: int
) -> tuple[list[tuple[Any, ...]], bool]:
    """The rows of a table, but for those on damaged pages; and whether there was no such page.

    ``limit``: no row has a higher number. A column that an older J2A did not have is ``None``.
    """
    rows: list[tuple[Any, ...]] = []
    whole = True
    after = 0
    start = 0  # rows are read from behind this number on
    there = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
    asked = ", ".join(name if name in there else "NULL" for name in columns)
    statement = f"SELECT rowid, {asked} FROM {table} NOT INDEXED WHERE rowid > ? ORDER BY rowid"
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
            keys.update(Key(*row) for row in connection.execute(statement) if is_key(row))
        except sqlite3.DatabaseError:
            whole = False
    return keys, whole
