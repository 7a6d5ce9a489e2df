"""Under which names the rows of a file are kept.

A row is kept by the path under which it was saved. That path may lead through a symbolic link, or the folder was moved
since and a link left in its place: rows belong to the file that their path leads to now, whichever name is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from j2a.paths import real_file, real_folder
from j2a.store.records import SEPARATOR, prefix_range


class Names:
    """The folders that have rows, and where each of them really is. Knows those that it was told of."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._others: dict[bytes, set[bytes]] = {}  # a real folder -> the other names of it that have rows

    def learn(self, paths: Iterable[bytes]) -> None:
        """Take in the paths of rows."""
        for folder in {folder_of(path) for path in paths} - self._known:
            self._known.add(folder)
            real = os.fsencode(real_folder(Path(os.fsdecode(folder))))
            if real != folder:
                self._others.setdefault(real, set()).add(folder)

    def of(self, path: bytes) -> list[bytes]:
        """Every name that rows of one file may be kept under, the given one first."""
        real = os.fsencode(real_file(Path(os.fsdecode(path))))
        own = path[path.rfind(SEPARATOR):]
        others = (folder + own for folder in sorted(self._others.get(folder_of(real), ())))
        return list(dict.fromkeys((path, real, *others)))

    def leading_into(self, folder: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The folders whose rows belong under a real one though their name is elsewhere, each with its real path."""
        start, end = prefix_range(folder)
        for real, others in sorted(self._others.items()):
            if real == folder or start <= real < end:
                yield from ((other, real) for other in sorted(others) if other != folder and not start <= other < end)


def folder_of(path: bytes) -> bytes:
    """The folder that a path names, without a separator at its end."""
    return path[: path.rfind(SEPARATOR)] or SEPARATOR
