"""How changes of windows are saved: at once, right behind the picture, or when that is possible again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from j2a.clip import Clip
from j2a.errors import J2AError, StoreError
from j2a.features.corrections import Corrections
from j2a.store import Row, Store
from j2a_tui.bindings import with_keys
from j2a_tui.known import Known, version
from j2a_tui.unsaved import Change


class Keeping(Known):
    """Saves changes and groups them into actions. ``on_problem`` is told what could not be saved or read.

    ``statuses`` holds one status for each file of the folder that has any. What cannot be saved is kept in
    ``unsaved``, and saved by ``retry`` when that is possible again; ``problem`` says why it is not. ``catalogue`` holds
    what there is to count and to find by.
    """

    def __init__(self, store: Store, folder: Path, on_problem: Callable[[J2AError], None]) -> None:
        super().__init__(store, folder, on_problem)
        self._looked_at = 0  # entries of the journal among whose actions what can be taken back was looked for
        self.problem: StoreError | None = None
        self._file = _identity(store.path)
        self._put_off = False
        self._lost: list[Clip] = []  # windows whose decisions were let go of, until somebody is told
        self._saves = 0  # changes of the action that goes on
        self._joins = False  # whether it goes on with the one before
        self._undoable: list[int] = []  # changes of each action, oldest first
        self._redoable: list[int] = []
        self.step_failed = False  # whether the last undo or redo found something, which could not be done

    @property
    def saved(self) -> Store:
        """The store, with what was put off: for whoever reads it whole."""
        if self.problem is None and not self._put_off:
            self.retry()
        return self.store

    def correct(self, path: Path, before: Corrections, after: Corrections) -> bool:
        """Say of a file what is new in ``after``; False where it cannot be saved, and is not said then."""
        if not self.retry():
            assert self.problem is not None
            self.on_problem(kept_for_later(self.problem))
            return False
        try:
            self._reopen()
            there = self.store.corrections(path)  # another J2A may have said something, too
            wanted = there.changed(before, after) if there else after
            if wanted != there:
                self._begin()
                self.store.correct(path, wanted)
                self._saves += 1
                self._redoable.clear()
        except StoreError as error:
            self.on_problem(error)
            return False
        self._reread_file(path)
        return True

    def save(self, clip: Clip, change: Change) -> Row | None:
        """Make a change to a clip, or keep it until it can be made; ``None`` when it makes no sense."""
        if not self._put_off:
            self.retry()
        try:
            later = self._put_off or self.unsaved.changes
            row = self._keep(clip, change) if later else self._save_or_keep(clip, change)
        except StoreError as error:
            self.on_problem(error)
            return None
        self._note(row)
        return row

    def _save_or_keep(self, clip: Clip, change: Change) -> Row:
        """Raises ``StoreError`` for a change that makes no sense: there is nothing to accept."""
        try:
            return self._save(clip, change)
        except StoreError as error:
            if error.title != StoreError.title:
                raise
            self.problem = error
            self.on_problem(kept_for_later(error))
            return self._keep(clip, change)

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """What is saved in this block is kept until :meth:`catch_up`, which is to be called within a moment."""
        self._put_off = self.retry()  # what cannot be saved is told at once
        try:
            yield
        finally:
            self._put_off = False

    def catch_up(self) -> list[Clip]:
        """Save what was put off; the windows that another J2A has changed in the meantime, of which nothing is."""
        if self.problem is None:
            self.retry()
        lost, self._lost = self._lost, []
        return lost

    def _let_go_of_lost(self) -> None:
        """What was put off about a window that another J2A has changed since it was seen here."""
        lost = [clip for clip in self.unsaved.rows if clip in self._seen and self._seen[clip] != self._version_of(clip)]
        for clip in lost:
            self.unsaved.let_go(clip)
            self.on_problem(J2AError(f"{clip.path.name} was changed while you decided.", "Decide again.",
                                     title="Another J2A has changed this caption"))
            self.catalogue.forget(clip)
        for path in {clip.path for clip in lost}:
            self._reread_file(path)
            self._reread_status(path)
        self._lost += lost

    def _keep(self, clip: Clip, change: Change) -> Row:
        return self.unsaved.keep(clip, change, self._quietly(clip))

    def retry(self) -> bool:
        """Save what could not be saved before; whether nothing is left of that."""
        if not self.unsaved.changes:
            return True
        if self.problem is None:  # it was put off
            self._let_go_of_lost()
        if not self.unsaved.changes:
            return True
        try:
            self._reopen()
            self._begin()
            for clip, row in self.unsaved.save_into(self.store, self.on_problem):
                self._count(clip, row)
                self._note(row)
        except StoreError as error:
            if self.problem is None:  # it was put off
                self.on_problem(kept_for_later(error))
            self.problem = error
            return False
        self.problem = None
        self.end_action()
        return True

    def join_action(self) -> None:
        """What is saved until the action ends is taken back together with the action before."""
        self._joins = self._joins or not self._saves

    def end_action(self) -> None:
        """What was saved since the last action is taken back by one undo."""
        if self._saves and self._joins and self._undoable:
            self._undoable[-1] += self._saves
        elif self._saves:
            self._undoable.append(self._saves)
        self._saves, self._joins = 0, False

    def _begin(self) -> None:
        """The first change of an action tells the store, so that it is one after a restart, too."""
        if not self._saves:
            self.store.begin_action(joined=self._joins and bool(self._undoable))

    def _save(self, clip: Clip, change: Change) -> Row:
        known = self._quietly(clip)
        self._reopen()
        before = self._quietly(clip)
        if before is None and known is not None:  # the file is another one, and what the change is about is lost there
            self._begin()
            before = self.store.put_back(known)
            self._count(clip, before)
            self.end_action()
        others = before if before and self._seen.get(clip, version(before)) != version(before) else None
        if others is not None and others.text.strip():
            self.end_action()  # one undo brings the other's words back, however much is typed from here on
        self._begin()
        row = change(self.store)
        if row != before:
            self._count(clip, row)
        if others is not None and others.text.strip() and others.text != row.text:
            stands = with_keys("Yours is saved; {undo} brings the other one back.")
            self.on_problem(J2AError(f"It had written: {others.text}", stands,
                                     title="Another J2A has changed this caption"))
        return row

    def _count(self, clip: Clip, row: Row) -> None:
        self._seen[clip] = version(row)
        self._saves += 1
        self._redoable.clear()

    def _reopen(self) -> None:
        """A file that is no longer where it was would take every change and keep none of them."""
        if _identity(self.store.path) == self._file:
            return
        if not self.store.path.parent.is_dir():
            raise StoreError(f"{self.store.path.parent} is gone.", "Put it back, or make it.")
        fresh = Store(self.store.path, annotator=self.store.annotator, on_mended=self.store.database.on_mended)
        self.store.close()
        self.store = fresh
        self._file = _identity(fresh.path)
        self._saves = 0
        self._seen.clear()
        self._undoable.clear()
        self._redoable.clear()
        self._looked_at = 0

def kept_for_later(error: StoreError) -> StoreError:
    return StoreError(error.message, f"{error.hint} What you write is kept here until it can be saved.".strip())


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is, by whatever name; ``None`` when there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino
