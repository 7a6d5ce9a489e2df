"""What was decided and saved, as the desk sees it: the store, the status of every file, one undo for each action."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from j2a.clip import Clip
from j2a.errors import J2AError, StoreError
from j2a.store import Row, Status, Store
from j2a.store.records import BEST_FIRST

T = TypeVar("T")


class Ledger:
    """Saves changes and groups them into actions. ``on_problem`` is told what could not be saved or read.

    ``statuses`` holds one status for each file of the folder that has any.
    """

    def __init__(self, store: Store, folder: Path, on_problem: Callable[[J2AError], None]) -> None:
        self.store = store
        self.statuses: dict[Path, Status] = store.statuses(folder)
        self._on_problem = on_problem
        self._saves = 0  # changes of the action that goes on
        self._undoable: list[int] = []  # changes of each action, oldest first
        self._redoable: list[int] = []

    def get(self, clip: Clip) -> Row | None:
        """What is saved about a clip."""
        return self._reading(lambda: self.store.get(clip))

    def save(self, clip: Clip, change: Callable[[Store], Row]) -> Row | None:
        """Make a change to a clip; ``None`` when it could not be saved."""
        try:
            before = self.store.get(clip)
            row = change(self.store)
        except StoreError as error:
            self._on_problem(error)
            return None
        if row != before:
            self._saves += 1
            self._redoable.clear()
        self._note_status(clip.path, row.status)
        return row

    def end_action(self) -> None:
        """What was saved since the last action is taken back by one undo."""
        if self._saves:
            self._undoable.append(self._saves)
            self._saves = 0

    def undo(self) -> Row | None:
        """Take back the last action; the row as it is then, ``None`` when there is none."""
        return self._step(self._undoable, self._redoable, self.store.undo)

    def redo(self) -> Row | None:
        """Make it again."""
        return self._step(self._redoable, self._undoable, self.store.redo)

    def _step(self, source: list[int], target: list[int], step: Callable[[], Row | None]) -> Row | None:
        self.end_action()
        if not source:
            return None
        count = source.pop()
        done, row = 0, None
        try:
            for _ in range(count):
                row = step() or row
                done += 1
        except StoreError as error:
            self._on_problem(error)
        if done:
            target.append(done)
        if row is not None:
            self._reread_status(row.clip.path)
        return row

    def _note_status(self, path: Path, status: Status) -> None:
        """Only a step down needs a look at the other windows of the file."""
        before = self.statuses.get(path)
        if before is None or BEST_FIRST.index(status) <= BEST_FIRST.index(before):
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

    def _reading(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except StoreError as error:
            self._on_problem(error)
            return None
