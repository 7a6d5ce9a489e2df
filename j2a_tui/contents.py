"""What captioned files hold, so that one that was renamed or moved is known again by its content.

Kept in a small database beside the captions, and worth less than they are: without it nothing but that is missing. A
file is known by its size and by a hash of all of it, so that nothing else is taken for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from j2a import paths
from j2a.library import Track

MOST_HASHED = 2_000  # new files of a size that is missed, that are looked into
_BLOCK = 1 << 20
_TABLE = """CREATE TABLE IF NOT EXISTS content (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime REAL NOT NULL, digest BLOB NOT NULL)"""
Move = tuple[Path, Path]  # as it was called, as it is called now


def kept_in() -> Path:
    """The file."""
    return paths.data_dir() / "contents.sqlite"


def learn(files: Iterable[Path]) -> Iterator[None]:
    """Keep what captioned files hold; a step a file. Those that are known and have not changed cost a look each."""
    with _opened() as database:
        if database is None:
            return
        for file in files:
            with contextlib.suppress(OSError, sqlite3.Error):
                about, name = file.stat(), os.fsencode(paths.real_file(file))
                known = database.execute("SELECT size, mtime FROM content WHERE path = ?", (name,)).fetchone()
                if known != (about.st_size, about.st_mtime):
                    row = (name, about.st_size, about.st_mtime, digest(file))
                    database.execute("INSERT OR REPLACE INTO content VALUES (?, ?, ?, ?)", row)
            yield


def moved(new: Sequence[Track], found: list[Move]) -> Iterator[None]:
    """Put into ``found`` which of the files without captions are captioned ones that are gone from where they were.

    Two of the same content, on either side, are nobody's: it cannot be told which is which. A step a file.
    """
    with _opened() as database:
        if database is None or not new:
            return
        by_size: dict[int, list[Path]] = defaultdict(list)
        for track in new:
            by_size[track.size].append(track.path)
        missed: dict[tuple[int, bytes], list[Path]] = defaultdict(list)
        with contextlib.suppress(sqlite3.Error):
            for name, size, known in database.execute("SELECT path, size, digest FROM content").fetchall():
                if size in by_size and not os.path.lexists(name):
                    missed[size, known].append(Path(os.fsdecode(name)))
        yield
        here: dict[tuple[int, bytes], list[Path]] = defaultdict(list)
        looked_into = [path for size in {size for size, _ in missed} for path in by_size[size]]
        for path in looked_into[:MOST_HASHED]:
            with contextlib.suppress(OSError):
                here[path.stat().st_size, digest(path)].append(path)
            yield
        for content, before in missed.items():
            if len(before) == len(here[content]) == 1:
                found.append((before[0], here[content][0]))


def forget(moves: Iterable[Move]) -> None:
    """These are not asked about again."""
    with _opened() as database, contextlib.suppress(sqlite3.Error):
        if database is not None:
            database.executemany("DELETE FROM content WHERE path = ?", [(os.fsencode(old),) for old, _ in moves])


def digest(file: Path) -> bytes:
    """A hash of the whole file. Raises ``OSError``."""
    hashed = hashlib.blake2b(digest_size=20)
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            hashed.update(block)
    return hashed.digest()


@contextlib.contextmanager
def _opened() -> Iterator[sqlite3.Connection | None]:
    """``None`` where it cannot be used; a damaged one is begun anew at the next start."""
    place, database = kept_in(), None
    if not place.parent.is_dir():  # the captions' own folder is gone: making it would hide that from who saves
        yield None
        return
    try:
        paths.private_database(place)
        database = sqlite3.connect(place, timeout=2.0, isolation_level=None)
        database.execute(_TABLE)
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            with contextlib.suppress(OSError):
                place.unlink()
        if database is not None:
            database.close()
        database = None
    try:
        yield database
    finally:
        if database is not None:
            database.close()
