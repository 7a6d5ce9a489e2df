"""What the session can be asked, and what can be done to it."""

from __future__ import annotations

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
from j2a.features.corrections import Corrections
from j2a.features.record import Features
from j2a.printable import several_lines
from j2a.store import history, row_changes
from j2a.store.changes import Changes
from j2a.store.database import Told
from j2a.store.reading import Reading
from j2a.store.records import (
    Key,
    Row,
    Status,
    about_file,
    clip_of,
    default_annotator,
    key_of,
    now,
    path_bytes,
)
from j2a.store.row_changes import Incoming
from j2a.store.variants import Pick

T = TypeVar("T")
_STATUSES = {status.value: status for status in Status}


class Store(Reading):
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
        super().__init__(path or paths.store_path(), to_read=to_read, on_mended=on_mended)
        self.annotator = default_annotator() if annotator is None else annotator
        self._changes = Changes(self.database, self._finding, self.annotator)

    def changed_elsewhere(self) -> list[Clip]:
        """The windows that others have changed since this was asked last; none the first time."""
        return [clip_of(key) for key in self._changes.elsewhere()]

    def check(self) -> None:
        """Look at every row and index, and mend what reading might not notice to be damaged."""
        self.database.check()

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


def _corrected_to(row: Row, corrections: Corrections) -> Row:
    return replace(row, corrections=corrections)


def corrections_of(path: Path) -> Corrections:
    """What was said of a file in the app. Raises ``StoreError``."""
    with Store(to_read=True) as store:
        return store.corrections(path)
