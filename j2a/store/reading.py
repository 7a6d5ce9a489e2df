"""What the session can be asked."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from j2a import paths
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.features.corrections import NONE, Corrections
from j2a.store.database import Database, Told
from j2a.store.finding import Finding
from j2a.store.opinions import Opinion, opinion_of
from j2a.store.records import (
    BEST_FIRST,
    DamagedRowError,
    Key,
    Row,
    Status,
    about_file,
    key_of,
    path_bytes,
    prefix_range,
    read,
)
from j2a.store.variants import Pick

T = TypeVar("T")
_STATUSES = {status.value: status for status in Status}


class Reading:
    """The rows of one SQLite file. Every method raises ``StoreError`` when it cannot be read."""

    def __init__(self, path: Path, *, to_read: bool, on_mended: Told | None) -> None:
        """``to_read``: a file that cannot be written will do. ``on_mended``: told when a damaged one was mended."""
        self.path = path
        self.database = Database(path, to_read=to_read, on_mended=on_mended)
        self._finding = Finding(self.database)

    def get(self, clip: Clip) -> Row | None:
        """The row of exactly this window."""
        key = key_of(clip)

        return self._look(key)

    def latest(self, path: Path) -> Row | None:
        """The most recently changed row of a file, whatever its window."""
        asked = path_bytes(path)

        def look() -> Row | None:
            found = self._finding.latest(asked)
            return self._corrected(read(found.key._replace(path=asked), found)) if found else None

        return self._mending(look)

    def of_file(self, path: Path) -> list[Row]:
        """Every row of a file; those that are damaged are left out."""
        asked = path_bytes(path)
        rows = []
        for kept in self._finding.of_file(asked):
            with contextlib.suppress(StoreError):
                rows.append(read(kept.key._replace(path=asked), kept))
        yours = self.corrections(path) if rows else NONE
        return [replace(row, corrections=yours) for row in rows]

    def corrections(self, path: Path) -> Corrections:
        """What somebody says of a file against the measurement."""
        row = self._look(about_file(path))
        return row.corrections if row else NONE

    def rows(self, folder: Path, on_damage: Callable[[StoreError], None] | None = None) -> list[Row]:
        """Every row of a file somewhere under ``folder``, sorted by path, start and end.

        Files that the folder holds through a link to another one are among them, by their name in this one. Of two
        rows of one window the one with a text counts, then the later one. ``on_damage`` is told of rows that cannot
        be read, which are left out; without it ``StoreError`` is raised.
        """
        rows, damaged = self._readable(folder)
        if damaged and self.database.mend_rows():
            rows, damaged = self._readable(folder)
        for error in damaged:
            if on_damage is None:
                raise error
            on_damage(error)
        return rows

    def _readable(self, folder: Path) -> tuple[list[Row], list[DamagedRowError]]:
        """The rows of files under a folder, and what is wrong with those that cannot be read."""
        best: dict[Key, tuple[bool, int, Row]] = {}
        damaged = []
        yours: dict[bytes, tuple[int, Corrections]] = {}
        for key, kept in self._finding.inside(folder):
            try:
                row = read(key, kept)
            except DamagedRowError as error:
                damaged.append(error)
                continue
            if row.about_file:
                if kept.change >= yours.get(key.path, (0, NONE))[0]:
                    yours[key.path] = kept.change, row.corrections
                continue
            rank = bool(row.text.strip()), kept.change
            if key not in best or rank > best[key][:2]:
                best[key] = (*rank, row)
        rows = [replace(best[key][2], corrections=yours.get(key.path, (0, NONE))[1]) for key in sorted(best)]
        return rows, damaged

    def picks(self, folder: Path) -> list[Pick]:
        """Which of two captions was liked better, of all windows under a folder; what is damaged is left out."""
        found: dict[Key, tuple[Pick, ...]] = {}
        for key, kept in self._finding.inside(folder, """instr(state, '"picks"')"""):
            with contextlib.suppress(DamagedRowError):
                found[key] = read(key, kept).picks
        return [pick for picks in found.values() for pick in picks]

    def statuses(self, folder: Path) -> dict[Path, Status]:
        """The best status of each file under ``folder``: accepted, flagged, draft, failed, rejected, skipped."""
        best: dict[bytes, Status] = {}
        for path, value in self._finding.statuses(folder):
            status = _STATUSES.get(value)
            if status is None:  # damaged: whoever opens the file is told
                continue
            if path not in best or BEST_FIRST.index(status) < BEST_FIRST.index(best[path]):
                best[path] = status
        return {Path(os.fsdecode(path)): status for path, status in best.items()}

    def opinions(self, folder: Path) -> list[Opinion]:
        """What each annotator has made of each window under a folder, by the journal; damaged ones are left out.

        Windows are as they were saved: under another name of the folder they are not found.
        """
        found = self.database.query(
            "SELECT path, start_ms, end_ms, annotator, max(change), after FROM journal"
            " WHERE path >= ? AND path < ? AND start_ms >= 0 GROUP BY path, start_ms, end_ms, annotator",
            prefix_range(os.fsencode(paths.real_folder(folder))),
        )
        opinions = []
        for path, start_ms, end_ms, annotator, _, after in found:
            with contextlib.suppress(DamagedRowError):
                opinion = opinion_of(Key(path, start_ms, end_ms), annotator, after)
                opinions += [opinion] if opinion else []
        return opinions

    def _look(self, key: Key) -> Row | None:
        def look() -> Row | None:
            found = self._finding.window(key)
            return self._corrected(read(key, found)) if found else None

        return self._mending(look)

    def _corrected(self, row: Row | None) -> Row | None:
        """With what is said of its file."""
        if row is None or row.about_file:
            return row
        return replace(row, corrections=self.corrections(row.clip.path))

    def _mending(self, work: Callable[[], T]) -> T:
        """What ``work`` gives; where a row is damaged that the journal holds, it is done again from that."""
        try:
            return work()
        except DamagedRowError:
            if not self.database.mend_rows():
                raise
            return work()
