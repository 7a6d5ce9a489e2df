"""What the session can be asked, and what can be done to it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from j2a import paths
from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.features.corrections import NONE, Corrections
from j2a.features.record import Features
from j2a.printable import several_lines
from j2a.store import history, row_changes
from j2a.store.changes import Changes
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
    clip_of,
    default_annotator,
    key_of,
    now,
    path_bytes,
    prefix_range,
    read,
)
from j2a.store.row_changes import Incoming
from j2a.store.variants import Pick

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

    def save_generated(self, clip: Clip, caption: Caption, *, over_kept: bool = False) -> Row:
        """Keep a generated caption: it replaces the window's text, and the window is a draft (again).

        Raises ``StoreError`` where the text was accepted or has words of a person, unless ``over_kept``.
        """

        def change(row: Row) -> Row:
            return row_changes.generated(row, caption, over_kept=over_kept)

        return self._make("generate", clip, change, anew=True)

    def edit(self, clip: Clip, text: str) -> Row:
        """Replace the text by hand. Provenance and status stay; a window without a row gets a draft."""
        wanted = several_lines(text)
        return self._make("edit", clip, lambda row: row_changes.edited(row, wanted), anew=True)

    def set_status(self, clip: Clip, status: Status) -> Row:
        """Decide about a window; one without a row gets one without text.

        Raises ``StoreError`` when a window without text is to be accepted.
        """

        def change(row: Row) -> Row:
            if status is Status.ACCEPTED and not row.text.strip():
                raise StoreError("This window has no caption yet.", "Generate or write one.", title="Nothing to accept")
            # Who decides the same as somebody else has decided, too.
            return replace(row, status=status, annotator=self.annotator)

        return self._make(str(status), clip, change)

    def fail(self, clip: Clip) -> Row:
        """No caption could be made of a window; one that has a text or a decision stays as it is."""
        return self._make("fail", clip, row_changes.failed)

    def choose(self, clip: Clip, variant: int) -> Row:
        """Put another variant, counted from 0, on the desk, as a draft. Raises ``StoreError`` where there is none."""
        return self._make("variant", clip, lambda row: row_changes.chosen(row, variant))

    def pick(self, clip: Clip, pick: Pick, features: Features) -> Row:
        """Keep which of two captions is the better one; both are variants of the window then."""
        return self._make("pick", clip, lambda row: row_changes.picked(row, pick, features))

    def follow(self, clip: Clip, text: str) -> Row:
        """Let the words of a window follow a correction, whatever its status."""
        return self._make("follow", clip, lambda row: row_changes.followed(row, several_lines(text)))

    def correct(self, path: Path, corrections: Corrections) -> Row:
        """Keep what somebody says of a file; it holds in all of its windows. The row is the file's."""
        return self._changes.make("correct", about_file(path), lambda row: replace(row, corrections=corrections))

    def take_in(self, wanted: Sequence[Incoming], said: Mapping[Path, Corrections]) -> list[Row]:
        """Captions from elsewhere and what is said of files, all or nothing. One undo takes them back, after a restart
        too. Returns the rows that did change."""
        changes = [(key_of(one.clip), one.change) for one in wanted]
        changes += [(about_file(path), partial(_corrected_to, corrections=new)) for path, new in said.items()]
        return self._changes.make_together(history.import_action(now()), changes)

    def undo_together(self, count: int) -> list[Row]:
        """Take back the last ``count`` changes at once; rows that another program has changed since stay."""
        return [row for row in map(self._corrected, self._changes.step_together("undo", count)) if row is not None]

    def redo_together(self, count: int) -> list[Row]:
        """Make them again."""
        return [row for row in map(self._corrected, self._changes.step_together("redo", count)) if row is not None]

    def put_back(self, row: Row) -> Row:
        """Keep a window as somebody knows it, where its row is lost: the file is another one than it was read from."""
        return self._make("restore", row.clip, lambda _: row, anew=True)

    def begin_action(self, *, joined: bool = False) -> None:
        """Changes of single windows from here on are one action: :meth:`recall` counts them together. ``joined``: they
        belong to the action before."""
        self._changes.begin_action(joined=joined)

    @property
    def steps(self) -> tuple[int, int]:
        """How many changes can be taken back, and how many made again."""
        return self._changes.steps

    def undo(self) -> Row | None:
        """Take back the last change made through this instance; ``None`` when there is nothing to take back.

        Returns the row as it stands then. Where the change had made the row, the row is gone from the store
        and what is returned is an empty draft for its clip. Raises ``StoreError`` when another program
        has changed the row since; that change stays.
        """
        return self._corrected(self._changes.undo())

    def redo(self) -> Row | None:
        """Make the change again that ``undo`` took back last; forgotten with the next new change."""
        return self._corrected(self._changes.redo())

    def work_as(self, annotator: str) -> None:
        """Somebody else goes on: changes are theirs from here on, and so is what ``undo`` takes back."""
        self.annotator = annotator
        self._changes = Changes(self.database, self._finding, annotator)
        self._changes.elsewhere()

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

    def recall(self, folder: Path, most: int = history.LOOKED_AT) -> tuple[list[int], list[int], bool]:
        """Take up what can be taken back and made again, also of earlier runs: this annotator's changes in a folder.

        Returns how many changes each action has, oldest first, of both kinds, and whether the journal has further ones
        than the newest ``most``.
        """
        return self._changes.recall(folder, most)

    def rewrite(self, texts: Sequence[tuple[Clip, str, str]]) -> list[Row]:
        """Replace the texts of many windows, each (clip, as it must read now, new one), wholly or not at all.

        Raises ``StoreError`` where one of them reads otherwise by now.
        """

        def rewritten(before: str, after: str) -> Callable[[Row], Row]:
            def change(row: Row) -> Row:
                if row.text != before:
                    raise StoreError("A caption has changed since you saw it.", "Look again, and try once more.",
                                     title="Nothing was replaced")
                return replace(row, text=several_lines(after))

            return change

        keys = [(key_of(clip), rewritten(before, after)) for clip, before, after in texts]
        return [row for row in map(self._corrected, self._changes.rewrite_together("replace", [(key, key, change)
                for key, change in keys])) if row is not None]

    def move(self, files: Sequence[tuple[Path, Path]]) -> list[Row]:
        """Let the rows of files, each (its name before, its name now), go with them; the rows that were changed.

        A window of the new name that has a row keeps it. It is all done, or nothing is (``StoreError``).
        """
        changes: list[tuple[Key, Key, Callable[[Row], Row]]] = []
        for old, new in files:
            target = path_bytes(new)
            about = self._finding.exactly(about_file(old))
            found = [*self._finding.of_file(path_bytes(old)), *([about] if about else [])]
            changes += [(kept.key, kept.key._replace(path=target), lambda row: row) for kept in found]
        return self._changes.rewrite_together("move", changes)

    def close(self) -> None:
        """Let go of the file. Nothing waits to be written."""
        self.database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make(self, action: str, clip: Clip, change: Callable[[Row], Row], *, anew: bool = False) -> Row:
        row = self._corrected(self._changes.make(action, key_of(clip), change, anew=anew))
        assert row is not None
        return row

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


def _corrected_to(row: Row, corrections: Corrections) -> Row:
    return replace(row, corrections=corrections)


def corrections_of(path: Path) -> Corrections:
    """What was said of a file in the app. Raises ``StoreError``."""
    with Store(to_read=True) as store:
        return store.corrections(path)
