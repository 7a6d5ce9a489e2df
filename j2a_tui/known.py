"""What is known of each window, as the desk sees it: the store, what is not in it yet, the status of every file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from j2a.clip import Clip
from j2a.errors import J2AError, StoreError
from j2a.features.corrections import NONE, Corrections
from j2a.store import Row, Status, Store
from j2a.store.records import BEST_FIRST
from j2a_tui.catalogue import Catalogue, Entry
from j2a_tui.unsaved import Unsaved

T = TypeVar("T")


class Known:
    """``on_problem`` is told what could not be read.

    ``statuses`` holds one status for each file of the folder that has any, ``unsaved`` what waits to be saved,
    ``catalogue`` what there is to count and to find by.
    """

    def __init__(self, store: Store, folder: Path, on_problem: Callable[[J2AError], None]) -> None:
        self.store = store
        store.changed_elsewhere()  # from here on
        self.statuses: dict[Path, Status] = store.statuses(folder)
        self.catalogue = Catalogue()
        self.folder = folder
        self.unsaved = Unsaved()
        self.on_problem = on_problem
        self._seen: dict[Clip, tuple[str, ...]] = {}  # how the windows stood when they were looked at last

    def get(self, clip: Clip) -> Row | None:
        """What is known about a clip."""
        if clip in self.unsaved.rows:
            return self.unsaved.rows[clip]
        row = self._reading(lambda: self.store.get(clip))
        self._seen[clip] = version(row)
        return row

    def corrections(self, path: Path) -> Corrections:
        """What is said of a file against the measurement."""
        return self._reading(lambda: self.store.corrections(path)) or NONE

    def latest(self, path: Path) -> Row | None:
        """The window of a file that was changed last, also where that is not saved yet. Raises ``StoreError``."""
        waiting = [clip for clip, _ in self.unsaved.changes if clip.path == path]
        return self.unsaved.rows[waiting[-1]] if waiting else self.store.latest(path)

    def rows_of(self, path: Path) -> list[Row]:
        """Every window of a file that has a row, as it will stand once everything is saved."""
        rows = {row.clip: row for row in self._reading(lambda: self.store.of_file(path)) or []}
        return list((rows | {clip: row for clip, row in self.unsaved.rows.items() if clip.path == path}).values())

    def changed_elsewhere(self, clip: Clip) -> bool:
        """Whether another J2A has changed a clip since it was looked at here."""
        if clip in self.unsaved.rows or clip not in self._seen:
            return False
        seen = self._seen[clip]
        self.get(clip)
        return seen != self._seen[clip]

    def others_changes(self) -> list[Clip]:
        """The windows that another J2A has changed since this was asked last, read anew; to be called often."""
        try:
            clips = self.store.changed_elsewhere()
            rows = [row for path in {clip.path for clip in clips} for row in self.store.of_file(path)]
        except StoreError:  # whoever saves or opens something is told
            return []
        for clip in clips:
            self.catalogue.forget(clip)
        for row in rows:
            self.catalogue.put(Entry.of(row))
        for path in {clip.path for clip in clips}:
            self._reread_status(path)
        return clips

    def _version_of(self, clip: Clip) -> tuple[str, ...]:
        """How a window stands on the disk; as it was seen last where that cannot be told."""
        try:
            return version(self.store.get(clip))
        except StoreError:
            return self._seen[clip]

    def _reread_file(self, path: Path) -> None:
        """What is counted of its windows, which corrections of the file change."""
        for row in self.rows_of(path):
            self.catalogue.put(Entry.of(row))

    def _note(self, row: Row) -> None:
        """Only a step down needs a look at the other windows of the file."""
        self.catalogue.put(Entry.of(row))
        path, status = row.clip.path, row.status
        before = self.statuses.get(path)
        if self.unsaved.changes:  # the disk does not know it yet
            known = [entry.status for entry in self.catalogue.of(path) if entry.status is not None]
            self.statuses[path] = min(known, key=BEST_FIRST.index, default=status)
        elif before is None or BEST_FIRST.index(status) <= BEST_FIRST.index(before):
            self.statuses[path] = status
        else:
            self._reread_status(path)

    def _reread_status(self, path: Path) -> None:
        fresh = self._reading(lambda: self.store.statuses(path.parent))
        if fresh is None:
            return
        if path in fresh:
            self.statuses[path] = fresh[path]
        else:
            self.statuses.pop(path, None)

    def _quietly(self, clip: Clip) -> Row | None:
        try:
            return self.unsaved.rows.get(clip) or self.store.get(clip)
        except StoreError:
            return None

    def _reading(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except StoreError as error:
            self.on_problem(error)
            return None


def version(row: Row | None) -> tuple[str, ...]:
    """What tells whether a window stands as it did."""
    return (row.text, row.status.value, row.updated_at) if row else ()
