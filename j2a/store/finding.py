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
from j2a.store.records import ABOUT_FILE_MS, SEPARATOR, Kept, Key, has_text, prefix_range


class Finding:
    """Rows as they are in the file; :func:`j2a.store.records.read` makes of them what is handed out."""

    def __init__(self, database: Database) -> None:
        self._lock = database.lock
        self._query = database.query
        self._names = Names()
        self._learned = -1  # the last change whose path is among the names

    def window(self, key: Key) -> Kept | None:
        """The row that stands for a window."""
        names = self._known_names().of(key.path)
        found = [row for name in names if (row := self.exactly(key._replace(path=name)))]
        return max(found, key=lambda row: (has_text(row.state), row.change), default=None)

    def exactly(self, key: Key) -> Kept | None:
        """The row that is kept under this key."""
        found = self._query(
            "SELECT change, state, checksum FROM caption WHERE path = ? AND start_ms = ? AND end_ms = ?", key
        )
        return Kept(key, *found[0]) if found else None

    def of_file(self, path: bytes) -> list[Kept]:
        """The row of every window of a file."""
        return [
            Kept(Key(name, start_ms, end_ms), *about) for name in self._known_names().of(path)
            for start_ms, end_ms, *about in self._query(
                "SELECT start_ms, end_ms, change, state, checksum FROM caption WHERE path = ? AND start_ms >= 0",
                (name,),
            )
        ]

    def latest(self, path: bytes) -> Kept | None:
        """The row of a file that was changed last."""
        return max(self.of_file(path), key=lambda kept: kept.change, default=None)

    def statuses(self, folder: Path) -> Iterator[tuple[bytes, str]]:
        """Each path in the real folder, with each status that its rows have."""
        # The index holds path and status: what else is asked for must not make it of no use.
        about = {name: real for real, name in self._under(folder, where=f"start_ms = {ABOUT_FILE_MS}")}
        for real, name, status in self._under(folder, "status"):
            if name not in about:
                yield real, status
        of_windows = "SELECT DISTINCT status FROM caption WHERE path = ? AND start_ms >= 0"
        for name, real in about.items():
            yield from ((real, status) for (status,) in self._query(of_windows, (name,)))

    def inside(self, folder: Path, where: str = "") -> Iterator[tuple[Key, Kept]]:
        """Each row of a file under a folder, and under those that links in it lead to, with its key in this folder.

        Rows about whole files are among them. ``where``: a condition in SQL.
        """
        columns = "start_ms, end_ms, change, state, checksum"
        for path, name, start_ms, end_ms, *about in self._under(folder, columns, where):
            yield Key(path, start_ms, end_ms), Kept(Key(name, start_ms, end_ms), *about)
        first, behind = prefix_range(os.fsencode(paths.real_folder(folder)))
        shown: dict[bytes, str] = {}  # which link stands for a file that several lead to
        for link, real in linked_folders(folder):
            for path, name, start_ms, end_ms, *about in self._under(Path(real), columns, where):
                if not first <= path < behind and shown.setdefault(path, link) == link:
                    asked = Key(os.fsencode(link) + path[len(os.fsencode(real)):], start_ms, end_ms)
                    yield asked, Kept(Key(name, start_ms, end_ms), *about)

    def _under(self, folder: Path, columns: str = "", where: str = "") -> Iterator[tuple[Any, ...]]:
        """Path in the real folder, the one it is kept by, and other columns of each row of a file under it."""
        root = os.fsencode(paths.real_folder(folder))
        statement = f"SELECT DISTINCT {', '.join(filter(None, ('path', columns)))} FROM caption"
        statement += " WHERE " + " AND ".join(filter(None, ("path >= ? AND path < ?", where)))
        for path, *rest in self._query(statement, prefix_range(root)):
            yield path, path, *rest
        for name, real in self._known_names().leading_into(root):
            for path, *rest in self._query(statement, prefix_range(name)):
                if folder_of(path) == name:
                    yield real.rstrip(SEPARATOR) + path[len(name.rstrip(SEPARATOR)):], path, *rest

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
