"""Reading and changing the session. Every change is journaled with the row before and after it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from j2a import paths
from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.library import linked_folders
from j2a.printable import one_paragraph, several_lines
from j2a.store import history
from j2a.store.database import Database, Told
from j2a.store.names import Names, folder_of
from j2a.store.records import (
    BEST_FIRST,
    SEPARATOR,
    DamagedRowError,
    Key,
    Row,
    Status,
    clip_of,
    default_annotator,
    has_text,
    kept_error,
    key_of,
    now,
    path_bytes,
    prefix_range,
    row_of,
    state_of,
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
        self._query = self.database.query
        self._names = Names()
        self._learned = -1  # the last change whose path is among the names
        self._done: list[tuple[int, Key]] = []  # this session's changes, oldest first: number in the journal, row
        self._undone: list[tuple[int, Key]] = []
        self._own: set[int] = set()  # changes of this instance since it looked for those of others
        self._looked_at: int | None = None  # the version of the file then
        self._last_seen = 0

    def get(self, clip: Clip) -> Row | None:
        """The row of exactly this window."""
        key = key_of(clip)

        def look() -> Row | None:
            found = self._find(key)
            return row_of(key, found[1]) if found else None

        return self._mending(look)

    def latest(self, path: Path) -> Row | None:
        """The most recently changed row of a file, whatever its window."""
        return self._mending(lambda: self._latest(path_bytes(path)))

    def of_file(self, path: Path) -> list[Row]:
        """Every row of a file; those that are damaged are left out."""
        asked = path_bytes(path)
        rows = []
        for name in self._known_names().of(asked):
            for start_ms, end_ms, state in self._query(
                "SELECT start_ms, end_ms, state FROM caption WHERE path = ?", (name,)
            ):
                with contextlib.suppress(StoreError):
                    rows.append(row_of(Key(asked, start_ms, end_ms), state))
        return rows

    def changed_elsewhere(self) -> list[Clip]:
        """The windows that others have changed since this was asked last; none the first time."""
        [(version,)] = self._query("PRAGMA data_version")
        if version == self._looked_at:
            return []
        first, self._looked_at = self._looked_at is None, version
        if first:
            [(self._last_seen,)] = self._query("SELECT ifnull(max(change), 0) FROM journal")
            return []
        found = self._query("SELECT change, path, start_ms, end_ms FROM journal WHERE change > ?", (self._last_seen,))
        self._last_seen = max((change for change, *_ in found), default=self._last_seen)
        others = {Key(*key) for change, *key in found if change not in self._own}
        self._own.clear()
        return [clip_of(key) for key in sorted(others)]

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
        for path, start_ms, end_ms, change, state in self._inside(folder):
            key = Key(path, start_ms, end_ms)
            try:
                row = row_of(key, state)
            except DamagedRowError as error:
                damaged.append(error)
                continue
            rank = bool(row.text.strip()), change
            if key not in best or rank > best[key][:2]:
                best[key] = (*rank, row)
        return [best[key][2] for key in sorted(best)], damaged

    def statuses(self, folder: Path) -> dict[Path, Status]:
        """The best status of each file under ``folder``: accepted, flagged, draft, rejected, skipped."""
        best: dict[bytes, Status] = {}
        for path, value in self._under(folder, "status"):
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

        return self._change("generate", clip, change, anew=True)

    def edit(self, clip: Clip, text: str) -> Row:
        """Replace the text by hand. Provenance and status stay; a window without a row gets a draft."""
        wanted = several_lines(text)
        return self._change("edit", clip, lambda row: replace(row, text=wanted), anew=True)

    def set_status(self, clip: Clip, status: Status) -> Row:
        """Decide about a window; one without a row gets one without text.

        Raises ``StoreError`` when a window without text is to be accepted.
        """

        def change(row: Row) -> Row:
            if status is Status.ACCEPTED and not row.text.strip():
                raise StoreError("This window has no caption yet.", "Generate or write one.", title="Nothing to accept")
            return replace(row, status=status)

        return self._change(str(status), clip, change)

    def undo(self) -> Row | None:
        """Take back the last change made through this instance; ``None`` when there is nothing to take back.

        Returns the row as it stands then. Where the change had made the row, the row is gone from the store
        and what is returned is an empty draft for its clip. Raises ``StoreError`` when another program
        has changed the row since; that change stays.
        """
        return self._step("undo", self._done, self._undone)

    def redo(self) -> Row | None:
        """Make the change again that ``undo`` took back last; forgotten with the next new change."""
        return self._step("redo", self._undone, self._done)

    def recall(self, folder: Path) -> tuple[list[int], list[int]]:
        """Take up what can be taken back and made again, also of earlier runs: this annotator's changes in a folder.

        Returns how many changes each action has, oldest first, of both kinds.
        """
        with self.database.lock:
            entries = self._query(
                "SELECT change, action, path, start_ms, end_ms, before, after FROM journal"
                " WHERE path >= ? AND path < ? AND annotator = ? ORDER BY change DESC LIMIT ?",
                (*prefix_range(os.fsencode(paths.real_folder(folder))), self.annotator, history.LOOKED_AT),
            )
            done, undone = history.replayed(reversed(entries))
            self._done = [(step.number, step.key) for step in done]
            self._undone = [(step.number, step.key) for step in undone]
            return history.actions(done), history.actions(undone)

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

    def _latest(self, asked: bytes) -> Row | None:
        found = [
            row for name in self._known_names().of(asked) for row in self._query(
                "SELECT change, start_ms, end_ms, state FROM caption WHERE path = ? ORDER BY change DESC LIMIT 1",
                (name,),
            )
        ]
        if not found:
            return None
        _, start_ms, end_ms, state = max(found)
        return row_of(Key(asked, start_ms, end_ms), state)

    def _known_names(self) -> Names:
        """The names of everything that has rows now, those that other programs have just written too."""
        with self.database.lock:
            if self._learned < 0:
                self._names.learn(path for (path,) in self._query("SELECT DISTINCT path FROM caption"))
            else:
                self._names.learn(path for (path,) in self._query(
                    "SELECT DISTINCT path FROM journal WHERE change > ?", (self._learned,)
                ))
            self._learned = self._query("SELECT ifnull(max(change), 0) FROM journal")[0][0]
            return self._names

    def _under(self, folder: Path, columns: str) -> Iterator[tuple[Any, ...]]:
        """Path in the real folder and other columns of each row of a file under it, in no order."""
        root = os.fsencode(paths.real_folder(folder))
        statement = f"SELECT DISTINCT path, {columns} FROM caption WHERE path >= ? AND path < ?"
        yield from self._query(statement, prefix_range(root))
        for name, real in self._known_names().leading_into(root):
            for path, *rest in self._query(statement, prefix_range(name)):
                if folder_of(path) == name:
                    yield real.rstrip(SEPARATOR) + path[len(name.rstrip(SEPARATOR)):], *rest

    def _inside(self, folder: Path) -> Iterator[tuple[Any, ...]]:
        """As :meth:`_under`, with times, change and state, and with the folders that links in it lead to."""
        columns = "start_ms, end_ms, change, state"
        yield from self._under(folder, columns)
        start, end = prefix_range(os.fsencode(paths.real_folder(folder)))
        shown: dict[bytes, str] = {}  # which link stands for a file that several lead to
        for link, real in linked_folders(folder):
            for path, *rest in self._under(Path(real), columns):
                if not start <= path < end and shown.setdefault(path, link) == link:
                    yield os.fsencode(link) + path[len(os.fsencode(real)):], *rest

    def _find(self, key: Key) -> tuple[Key, str] | None:
        """The row that stands for a window: under which key it is kept, and its state."""
        kept = [key._replace(path=name) for name in self._known_names().of(key.path)]
        found = [(one, *row) for one in kept for row in self._query(
            "SELECT change, state FROM caption WHERE path = ? AND start_ms = ? AND end_ms = ?", one
        )]
        if not found:
            return None
        best, _, state = max(found, key=lambda row: (has_text(row[2]), row[1]))
        return best, state

    def _state(self, key: Key) -> str | None:
        found = self._query("SELECT state FROM caption WHERE path = ? AND start_ms = ? AND end_ms = ?", key)
        return str(found[0][0]) if found else None

    def _change(self, action: str, clip: Clip, change: Callable[[Row], Row], *, anew: bool = False) -> Row:
        """Make a change and journal it. With ``anew`` a row that is lost is begun anew; the journal has what it was."""
        asked = key_of(clip)

        def work(*, anew: bool = False) -> tuple[int, Row]:
            key, state = self._find(asked) or (asked, None)
            at = now()
            before = None
            try:
                before = row_of(asked, state) if state is not None else None
            except DamagedRowError:
                if not anew:
                    raise
            after = change(before or _empty(asked, at))
            if after == before:
                return 0, before
            after = replace(after, annotator=self.annotator, updated_at=at)
            return self._write(action, at, key, state, state_of(after)), after

        with self.database.lock:
            try:
                number, row = self.database.transaction(work)
            except DamagedRowError:
                if not self.database.mend_rows() and not anew:
                    raise
                number, row = self.database.transaction(partial(work, anew=anew))
            if number:
                self._done.append((number, asked))
                self._undone.clear()
            return row

    def _step(
        self, action: str, source: list[tuple[int, Key]], target: list[tuple[int, Key]]
    ) -> Row | None:
        """Take back the change on top of ``source``. Doing so is a change too; it goes on top of ``target``."""
        with self.database.lock:
            if not source:
                return None
            number, asked = source[-1]

            def work() -> tuple[int, str | None]:
                found = self._query(
                    "SELECT path, start_ms, end_ms, before, after FROM journal WHERE change = ?", (number,)
                )
                if not found:
                    return 0, None
                path, start_ms, end_ms, before, after = found[0]
                key = Key(path, start_ms, end_ms)
                ours = self._state(key) == after
                return self._write(action, at, key, after, before) if ours else 0, before

            at = now()
            written, before = self.database.transaction(work)
            source.pop()
            if not written:
                raise StoreError("Another program has changed this row.", f"Its change stays: nothing to {action}.")
            target.append((written, asked))
            return row_of(asked, before) if before else _empty(asked, at)

    def _write(self, action: str, at: str, key: Key, before: str | None, after: str | None) -> int:
        """Journal a change and carry it out; call inside a transaction. Returns its number in the journal."""
        number = self.database.connection.execute(
            "INSERT INTO journal (at, action, annotator, path, start_ms, end_ms, before, after)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (at, action, self.annotator, *key, _storable(before), after),
        ).lastrowid
        assert number is not None
        self._own.add(number)
        if after is None:
            self.database.connection.execute("DELETE FROM caption WHERE path = ? AND start_ms = ? AND end_ms = ?", key)
        else:
            self.database.connection.execute(
                "INSERT OR REPLACE INTO caption (path, start_ms, end_ms, status, state, change)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (*key, json.loads(after)["status"], after, number),
            )
        return number


def _storable(state: str | None) -> str | bytes | None:
    """A state as SQLite takes it; a damaged one that is no UTF-8 as the bytes that it was."""
    return state if state is None or state.isascii() else state.encode("utf-8", "surrogateescape")


def _empty(key: Key, at: str) -> Row:
    return Row(clip_of(key), "", "", Status.DRAFT, None, "", at, at)
