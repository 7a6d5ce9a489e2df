"""Which rows stand for a window, a file or a folder, by whichever name it is asked for. Reads, and changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from j2a import paths
from j2a.library import linked_folders
from j2a.store.database import Database
from j2a.store.names import Names, folder_of
from j2a.store.records import SEPARATOR, Key, has_text, prefix_range


class Finding:
    """Rows as they are kept: a key, and the state of the row as :func:`j2a.store.records.row_of` takes it."""

    def __init__(self, database: Database) -> None:
        self._lock = database.lock
        self._query = database.query
        self._names = Names()
        self._learned = -1  # the last change whose path is among the names

    def window(self, key: Key) -> tuple[Key, str] | None:
        """The row that stands for a window: under which key it is kept, and its state."""
        kept = [key._replace(path=name) for name in self._known_names().of(key.path)]
        found = [(one, *row) for one in kept for row in self._query(
            "SELECT change, state FROM caption WHERE path = ? AND start_ms = ? AND end_ms = ?", one
        )]
        if not found:
            return None
        best, _, state = max(found, key=lambda row: (has_text(row[2]), row[1]))
        return best, state

    def state(self, key: Key) -> str | None:
        """Of the row that is kept under exactly this key."""
        found = self._query("SELECT state FROM caption WHERE path = ? AND start_ms = ? AND end_ms = ?", key)
        return str(found[0][0]) if found else None

    def of_file(self, path: bytes) -> Iterator[tuple[Key, str]]:
        """Key by this name, and state, of each row of a file."""
        for name in self._known_names().of(path):
            for start_ms, end_ms, state in self._query(
                "SELECT start_ms, end_ms, state FROM caption WHERE path = ?", (name,)
            ):
                yield Key(path, start_ms, end_ms), state

    def latest(self, path: bytes) -> tuple[Key, str] | None:
        """The row of a file that was changed last."""
        found = [
            row for name in self._known_names().of(path) for row in self._query(
                "SELECT change, start_ms, end_ms, state FROM caption WHERE path = ? ORDER BY change DESC LIMIT 1",
                (name,),
            )
        ]
        if not found:
            return None
        _, start_ms, end_ms, state = max(found)
        return Key(path, start_ms, end_ms), state

    def statuses(self, folder: Path) -> Iterator[tuple[bytes, str]]:
        """Each path in the real folder, with each status that its rows have."""
        yield from self._under(folder, "status")

    def inside(self, folder: Path) -> Iterator[tuple[Key, int, str]]:
        """Key, change and state of each row of a file under a folder, and under those that links in it lead to."""
        columns = "start_ms, end_ms, change, state"
        for path, start_ms, end_ms, *about in self._under(folder, columns):
            yield Key(path, start_ms, end_ms), *about
        first, behind = prefix_range(os.fsencode(paths.real_folder(folder)))
        shown: dict[bytes, str] = {}  # which link stands for a file that several lead to
        for link, real in linked_folders(folder):
            for path, start_ms, end_ms, *about in self._under(Path(real), columns):
                if not first <= path < behind and shown.setdefault(path, link) == link:
                    yield Key(os.fsencode(link) + path[len(os.fsencode(real)):], start_ms, end_ms), *about

    def _under(self, folder: Path, columns: str) -> Iterator[tuple[Any, ...]]:
        """Path in the real folder and other columns of each row of a file under it, in no order."""
        root = os.fsencode(paths.real_folder(folder))
        statement = f"SELECT DISTINCT path, {columns} FROM caption WHERE path >= ? AND path < ?"
        yield from self._query(statement, prefix_range(root))
        for name, real in self._known_names().leading_into(root):
            for path, *rest in self._query(statement, prefix_range(name)):
                if folder_of(path) == name:
                    yield real.rstrip(SEPARATOR) + path[len(name.rstrip(SEPARATOR)):], *rest

    def _known_names(self) -> Names:
        """The names of everything that has rows now, those that other programs have just written too."""
        with self._lock:
            if self._learned < 0:
                self._names.learn(path for (path,) in self._query("SELECT DISTINCT path FROM caption"))
            else:
                self._names.learn(path for (path,) in self._query(
                    "SELECT DISTINCT path FROM journal WHERE change > ?", (self._learned,)
                ))
            self._learned = self._query("SELECT ifnull(max(change), 0) FROM journal")[0][0]
            return self._names
