"""What the session can be asked, and what can be done to it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from j2a import paths
from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.printable import one_paragraph, several_lines
from j2a.store.changes import Changes
from j2a.store.database import Database, Told
from j2a.store.finding import Finding
from j2a.store.records import (
    BEST_FIRST,
    DamagedRowError,
    Key,
    Row,
    Status,
    clip_of,
    default_annotator,
    kept_error,
    key_of,
    path_bytes,
    read,
)

T = TypeVar("T")
_STATUSES = {status.value: status for status in Status}


class Store:
    """Captions in one SQLite file, ``paths.store_path()`` unless told otherwise; made on first use.

    A call returns when its change is on the disk. Several processes may use the same file. Every method
    raises ``StoreError`` when the file cannot be read or written; nothing is half written then.

    A file is the same by whichever name it is given (:mod:`j2a.store.names`). Rows of a folder have the paths of files
    in the real folder, those of one file the path that was asked for.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        annotator: str | None = None,
        to_read: bool = False,
        on_mended: Told | None = None,
    ) -> None:
        """``to_read``: a file that cannot be written will do. ``on_mended``: told when a damaged one was mended."""
        self.path = path or paths.store_path()
        self.annotator = default_annotator() if annotator is None else annotator
        self.database = Database(self.path, to_read=to_read, on_mended=on_mended)
        self._finding = Finding(self.database)
        self._changes = Changes(self.database, self._finding, self.annotator)

    def get(self, clip: Clip) -> Row | None:
        """The row of exactly this window."""
        key = key_of(clip)

        def look() -> Row | None:
            found = self._finding.window(key)
            return read(key, found) if found else None

        return self._mending(look)

    def latest(self, path: Path) -> Row | None:
        """The most recently changed row of a file, whatever its window."""
        asked = path_bytes(path)

        def look() -> Row | None:
            found = self._finding.latest(asked)
            return read(found.key._replace(path=asked), found) if found else None

        return self._mending(look)

    def of_file(self, path: Path) -> list[Row]:
        """Every row of a file; those that are damaged are left out."""
        asked = path_bytes(path)
        rows = []
        for kept in self._finding.of_file(asked):
            with contextlib.suppress(StoreError):
                rows.append(read(kept.key._replace(path=asked), kept))
        return rows

    def changed_elsewhere(self) -> list[Clip]:
        """The windows that others have changed since this was asked last; none the first time."""
        return [clip_of(key) for key in self._changes.elsewhere()]

    def check(self) -> None:
        """Look at every row and index, and mend what reading might not notice to be damaged."""
        self.database.check()

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
        for key, kept in self._finding.inside(folder):
            try:
                row = read(key, kept)
            except DamagedRowError as error:
                damaged.append(error)
                continue
            rank = bool(row.text.strip()), kept.change
            if key not in best or rank > best[key][:2]:
                best[key] = (*rank, row)
        return [best[key][2] for key in sorted(best)], damaged

    def statuses(self, folder: Path) -> dict[Path, Status]:
        """The best status of each file under ``folder``: accepted, flagged, draft, rejected, skipped."""
        best: dict[bytes, Status] = {}
        for path, value in self._finding.statuses(folder):
            status = _STATUSES.get(value)
            if status is None:  # damaged: whoever opens the file is told
                continue
            if path not in best or BEST_FIRST.index(status) < BEST_FIRST.index(best[path]):
                best[path] = status
        return {Path(os.fsdecode(path)): status for path, status in best.items()}

    def save_generated(self, clip: Clip, caption: Caption, *, over_kept: bool = False) -> Row:
        """Keep a generated caption: it replaces the window's text, and the window is a draft (again).

        Raises ``StoreError`` where the text was accepted or has words of a person, unless ``over_kept``.
        """
        text = one_paragraph(caption.text)
        written = one_paragraph(caption.written) or text

        def change(row: Row) -> Row:
            if row.kept and not over_kept:
                raise kept_error()
            return replace(row, text=text, generated_text=written, status=Status.DRAFT, caption=caption)

        return self._changes.make("generate", key_of(clip), change, anew=True)

    def edit(self, clip: Clip, text: str) -> Row:
        """Replace the text by hand. Provenance and status stay; a window without a row gets a draft."""
        wanted = several_lines(text)
        return self._changes.make("edit", key_of(clip), lambda row: replace(row, text=wanted), anew=True)

    def set_status(self, clip: Clip, status: Status) -> Row:
        """Decide about a window; one without a row gets one without text.

        Raises ``StoreError`` when a window without text is to be accepted.
        """

        def change(row: Row) -> Row:
            if status is Status.ACCEPTED and not row.text.strip():
                raise StoreError("This window has no caption yet.", "Generate or write one.", title="Nothing to accept")
            return replace(row, status=status)

        return self._changes.make(str(status), key_of(clip), change)

    def undo(self) -> Row | None:
        """Take back the last change made through this instance; ``None`` when there is nothing to take back.

        Returns the row as it stands then. Where the change had made the row, the row is gone from the store
        and what is returned is an empty draft for its clip. Raises ``StoreError`` when another program
        has changed the row since; that change stays.
        """
        return self._changes.undo()

    def redo(self) -> Row | None:
        """Make the change again that ``undo`` took back last; forgotten with the next new change."""
        return self._changes.redo()

    def recall(self, folder: Path) -> tuple[list[int], list[int]]:
        """Take up what can be taken back and made again, also of earlier runs: this annotator's changes in a folder.

        Returns how many changes each action has, oldest first, of both kinds.
        """
        return self._changes.recall(folder)

    def close(self) -> None:
        """Let go of the file. Nothing waits to be written."""
        self.database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _mending(self, work: Callable[[], T]) -> T:
        """What ``work`` gives; where a row is damaged that the journal holds, it is done again from that."""
        try:
            return work()
        except DamagedRowError:
            if not self.database.mend_rows():
                raise
            return work()
