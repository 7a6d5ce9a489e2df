"""A file of captions with damaged pages: what can be read of it goes into its tables made anew, and is told.

A caption is in the file twice, as a row and as the change in the journal that made it so: damage in one place loses
nothing. Where both are lost, the window is known by the index; it stays, as a damaged row that everybody is told of.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from j2a import paths
from j2a.errors import ExitCode, StoreError
from j2a.store import checksums, doubts, salvage, schema
from j2a.store.readable import Entry
from j2a.store.records import Kept, Key, Status, status_in
from j2a.store.salvage import LOG, Found

_NAMED = 3  # of the windows in doubt
_BOTH_KEPT = (
    "A letter of one of the two was changed on the disk. Both are kept: in the app `d` compares them, 1-9 choose."
)


class MendedError(StoreError):
    """What was damaged and what came of it: the file can be used again."""

    title = "The file of captions was damaged"

    def __init__(self, message: str, hint: str, *, whole: bool) -> None:
        super().__init__(message, hint)
        self.exit_code = ExitCode.OK if whole else ExitCode.SOME_FILES_FAILED


def doubted(path: Path, windows: Sequence[Key]) -> MendedError:
    """What to tell of texts that differ from what the journal has (:mod:`j2a.store.doubts`)."""
    return MendedError(f"{path}: {_differing(windows)}.", _BOTH_KEPT, whole=False)


def _differing(windows: Sequence[Key]) -> str:
    names = [f"{Path(os.fsdecode(key.path)).name} at {key.start_ms / 1000:g} s" for key in windows[:_NAMED]]
    count = "1 caption reads" if len(windows) == 1 else f"{len(windows)} captions read"
    further = ", ..." if len(windows) > _NAMED else ""
    return f"{count} otherwise in its journal: {', '.join(names)}{further}"


Mended = tuple[sqlite3.Connection, MendedError | None]  # the file, and what to tell


def mend(path: Path) -> MendedError | None:
    """Make the tables of the file anew from what can be read; the damaged one is kept beside it.

    Returns what to tell, ``None`` where another process has mended it. Raises ``StoreError`` when nothing can be read,
    and when the file or its folder cannot be written; the file is then as it was.
    """
    with schema.explained(path), contextlib.closing(schema.opened(path)) as damaged:
        if _is_sound(damaged, path):
            return None
        found, front = salvage.read(path)
        kept = _keep(path)
    fresh, doubtful = _made_anew(found, path)
    with schema.explained(path), contextlib.closing(fresh):
        if front:
            salvage.write_at(path, 0, front)
        with contextlib.closing(salvage.opened(path)) as damaged:
            fresh.backup(damaged)  # all or nothing, and a change like others to whoever has the file open
    return _told(path, found, kept, doubtful)


def in_memory(path: Path) -> Mended:
    """What can be read of a file that cannot be written. Raises ``StoreError``."""
    with schema.explained(path):
        found, _ = salvage.read(path)
        fresh, doubtful = _made_anew(found, path)
        return fresh, _told(path, found, None, doubtful)


def _is_sound(connection: sqlite3.Connection, path: Path) -> bool:
    """Begins a transaction, if that is possible. One that cannot be locked for its damage is written by nobody."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        whole = bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
        schema.version(connection, path)
        return whole and not salvage.can_mend(connection)
    except (schema.DamagedError, UnicodeDecodeError):
        return False
    except sqlite3.DatabaseError as error:
        if not schema.is_damage(error, path):
            raise
        return False


def _made_anew(found: Found, path: Path) -> tuple[sqlite3.Connection, list[Key]]:
    """A new file in memory, and the windows whose texts are in doubt (:mod:`j2a.store.doubts`)."""
    connection = schema.opened(Path(":memory:"))
    schema.migrate(connection, path)
    with schema.transaction(connection, path):
        connection.executemany(
            f"INSERT INTO caption ({', '.join(checksums.ROW)}, status, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (_as_row(kept, found.statuses.get(key, Status.DRAFT.value)) for key, kept in found.rows.items()),
        )
        connection.executemany(
            f"INSERT INTO journal ({', '.join(checksums.ENTRY)}, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            map(_as_entry, found.journal),
        )
        last = max([*(kept.change for kept in found.rows.values()), *(entry.change for entry in found.journal)])
        connection.execute("DELETE FROM sqlite_sequence")
        connection.execute("INSERT INTO sqlite_sequence VALUES ('journal', ?)", (last,))  # no number comes again
        doubtful = doubts.settle(connection, _unproven(found))
    return connection, doubtful


def _unproven(found: Found) -> set[Key]:
    """The windows whose row and last change have no checksum: a file of the first format."""
    changes = {entry.change for entry in found.journal if entry.checksum is None}
    return {key for key, kept in found.rows.items() if kept.checksum is None and kept.change in changes}


def _as_row(kept: Kept, status: str) -> tuple[Any, ...]:
    """With the checksum of what was written, also where that is damaged."""
    values = *kept.key, kept.change, kept.state
    return tuple(map(_storable, (*values, status_in(kept) or status, _checksum(values, kept.checksum))))


def _as_entry(entry: Entry) -> tuple[Any, ...]:
    values = entry[:-1]
    return tuple(map(_storable, (*values, _checksum(values, entry.checksum))))


def _checksum(values: tuple[Any, ...], known: int | None) -> int:
    return checksums.of(values) if known is None else known


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
    for end in ("", LOG):
        source = Path(f"{path}{end}")
        if not source.exists() or (end and not source.stat().st_size):
            continue
        with source.open("rb") as old, paths.private_file(Path(f"{kept}{end}")) as new:
            shutil.copyfileobj(old, new)
            new.flush()
            os.fsync(new.fileno())
    return kept


def _told(path: Path, found: Found, kept: Path | None, doubtful: Sequence[Key]) -> MendedError:
    def parts() -> Iterator[str]:
        count = len(found.rows) - found.lost
        yield f"{path} has damaged pages; {'1 window' if count == 1 else f'{count} windows'} could be read"
        if doubtful:
            yield _differing(doubtful)
        if found.whole:
            if not doubtful:
                yield "nothing is lost"
            return
        yield f"{found.lost or 'some'} {'is' if found.lost == 1 else 'are' if found.lost else 'may be'} lost"
        if found.older:
            yield f"{found.older} come from its journal and may be earlier texts"

    hint = f"It was made anew from them, and the damaged file is kept as {kept}." if kept else "It cannot be written."
    if not found.whole:
        hint += " What is lost is named by `j2a export`: bring the file back from a backup, or describe it once more."
    if doubtful:
        hint += f" {_BOTH_KEPT}"
    return MendedError("; ".join(parts()) + ".", f"{hint} Look at the disk: damage comes from there.",
                       whole=found.whole and not doubtful)  # fmt: skip
