"""What was decided, as actions: one undo each, also of what changes many windows at once, and across restarts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.store import Row
from j2a.store.history import LOOKED_AT
from j2a_tui.catalogue import Entry
from j2a_tui.keeping import Keeping, kept_for_later


class Ledger(Keeping):
    """Actions of the desk over what :class:`Keeping` saves."""

    def rewrite(self, texts: Sequence[tuple[Clip, str, str]]) -> int:
        """Replace many texts, each (clip, as it reads, new one), as one action; how many, 0 where it cannot be done."""
        rows = self._at_once(lambda: self.store.rewrite(texts))
        for row in rows:
            self._count(row.clip, row)
            self._note(row)
        self.end_action()
        return len(rows)

    def move(self, files: Sequence[tuple[Path, Path]]) -> int:
        """Let the captions of renamed files go with them, as one action; how many windows, 0 where it cannot be."""
        rows = self._at_once(lambda: self.store.move(files))
        if rows:
            self._saves = len(rows)
            self._redoable.clear()
        for path in {row.clip.path for row in rows}:
            for clip in [entry.clip for entry in self.catalogue.of(path)]:
                self.catalogue.forget(clip)
            self._reread_file(path)
            self._reread_status(path)
        self.end_action()
        return len({row.clip for row in rows if not row.about_file} & {row.clip for _, new in files
                                                                      for row in self.rows_of(new)})

    def _at_once(self, change: Callable[[], list[Row]]) -> list[Row]:
        """Many changes as an action of their own; none, told, where they cannot be made."""
        try:
            self._make_ready()
            return change()
        except StoreError as error:
            self.on_problem(error)
            return []

    def _make_ready(self) -> None:
        """Nothing waits to be saved, no action goes on, the file is the one that is there; else ``StoreError``."""
        if not self.retry():
            assert self.problem is not None
            raise kept_for_later(self.problem)
        self.end_action()
        self._reopen()

    def work_as(self, annotator: str) -> None:
        """Somebody else goes on; what they have done can be taken back, not what others did."""
        self.retry()
        self.end_action()
        self.store.work_as(annotator)
        self._looked_at = 0
        self._undoable.clear()
        self._redoable.clear()

    @property
    def in_action(self) -> bool:
        """Whether something was saved since the last action ended."""
        return bool(self._saves)

    def undo(self) -> Row | None:
        """Take back the last action; the row as it is then, ``None`` when there is none."""
        return self._step(self._undoable, self._redoable, lambda count: self.store.undo_together(count))

    def redo(self) -> Row | None:
        """Make it again."""
        return self._step(self._redoable, self._undoable, lambda count: self.store.redo_together(count))

    def _recall(self) -> None:
        """What earlier runs did can be taken back, too: ever older actions, as far as the journal goes."""
        while not self._undoable and self._looked_at >= 0:
            most = self._looked_at * 4 or LOOKED_AT
            found = self._reading(partial(self.store.recall, self.folder, most))
            if found is None:
                return
            self._undoable[:], self._redoable[:], further = found
            self._looked_at = most if further else -1

    def _cannot_step(self, error: StoreError) -> None:
        self.step_failed = True
        self.on_problem(error)

    def _step(self, source: list[int], target: list[int], step: Callable[[int], list[Row]]) -> Row | None:
        self.step_failed = False
        try:
            self._make_ready()
        except StoreError as error:
            self._cannot_step(error)
            return None
        if not source:
            self._recall()
        if not source:
            return None
        count, steps = source.pop(), self.store.steps
        try:
            rows = step(count)
        except StoreError as error:
            self._cannot_step(error)
            if self.store.steps == steps:  # a disk that is full: it is for another time
                source.append(count)
            return None
        if len(rows) < count:
            which = "it" if count - len(rows) == 1 else f"{count - len(rows)} of these captions"
            self.on_problem(StoreError(f"Another J2A has changed {which} since.", "Its change stays.",
                                       title="Not all of it is taken back" if rows else "Nothing is taken back"))
        if not rows:
            return None
        target.append(len(rows))
        for row in rows:
            if not row.about_file:
                self.get(row.clip)
                self.catalogue.put(Entry.of(row))
        for path in {row.clip.path for row in rows}:
            self._reread_file(path)
            self._reread_status(path)
        return next((row for row in rows if row.about_file), rows[-1])  # captions follow a correction
