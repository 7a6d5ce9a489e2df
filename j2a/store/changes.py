"""Changing rows: each change is journaled with the row before and after it, and can be taken back and made again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from j2a import paths
from j2a.errors import StoreError
from j2a.store import checksums, history, row_changes
from j2a.store.database import Database
from j2a.store.finding import Finding
from j2a.store.records import (
    DamagedRowError,
    Key,
    Row,
    now,
    prefix_range,
    read,
    row_of,
    state_of,
)

T = TypeVar("T")
_UNKNOWN = "this row, or what it was, is damaged.", "It stays as it is."
_NEXT = """SELECT 1 + max(ifnull((SELECT max(change) FROM journal), 0),
                          ifnull((SELECT max(seq) FROM sqlite_sequence WHERE name = 'journal'), 0))"""
_SUMS = ", ".join(f"CASE WHEN {name} IS NULL THEN NULL ELSE {checksums.as_sql([name])} END"
                  for name in ("before", "after"))
_OF_FOLDER = f"""SELECT change, action, path, start_ms, end_ms, {_SUMS},
                CASE action WHEN 'generate' THEN ifnull(after, before) END FROM journal
                WHERE path >= ? AND path < ? AND annotator = ?"""
_INTO_JOURNAL = f"INSERT INTO journal ({', '.join(checksums.ENTRY)}, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INTO_CAPTION = (
    f"INSERT OR REPLACE INTO caption ({', '.join(checksums.ROW)}, status, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)"
)


class Changes:
    """The changes of one person through one :class:`~j2a.store.store.Store`."""

    def __init__(self, database: Database, finding: Finding, annotator: str) -> None:
        self._database, self._finding = database, finding
        self._query = database.query
        self.annotator = annotator
        self._done: list[tuple[int, Key]] = []  # this session's changes, oldest first: number in the journal, row
        self._undone: list[tuple[int, Key]] = []
        self._grouped = False  # whether changes are told to which action they belong
        self._first: int | None = None  # change of the action that goes on
        self._own: set[int] = set()  # changes of this instance since it looked for those of others
        self._looked_at: int | None = None  # the version of the file then
        self._last_seen = 0

    def begin_action(self, *, joined: bool) -> None:
        """What :meth:`make` changes from here on is one action, also for who asks after a restart; ``joined``: it goes
        on with the action before."""
        self._grouped = True
        if not joined:
            self._first = None

    def make(self, action: str, asked: Key, change: Callable[[Row], Row], *, anew: bool = False) -> Row:
        """Make a change and journal it. With ``anew`` a row that is lost is begun anew; the journal has what it was."""

        def work(*, anew: bool = False) -> tuple[int, Row]:
            return self._change(self._named(action), asked, change, anew=anew)

        with self._database.lock:
            try:
                number, row = self._transaction(work)
            except DamagedRowError:
                if not anew:
                    raise
                number, row = self._database.transaction(partial(work, anew=True))
            if number:
                self._done.append((number, asked))
                self._undone.clear()
                self._first = self._first or number
            return row

    def _named(self, action: str) -> str:
        """What a change of the action that goes on is called in the journal; call inside a transaction."""
        return f"{action}{history.TOGETHER}{self._first or self._next()}" if self._grouped else action

    def _next(self) -> int:
        """The number that the next change gets."""
        [number] = self._database.connection.execute(_NEXT).fetchone()
        return int(number)

    def make_together(self, action: str, wanted: Sequence[tuple[Key, Callable[[Row], Row]]]) -> list[Row]:
        """Make many changes, all of them or none; rows that are lost are begun anew. Returns those that did change."""

        def work() -> list[tuple[int, Key, Row]]:
            made = [(asked, self._change(action, asked, change, anew=True)) for asked, change in wanted]
            return [(number, asked, row) for asked, (number, row) in made if number]

        return self._together(work)

    def _change(self, action: str, asked: Key, change: Callable[[Row], Row], *, anew: bool) -> tuple[int, Row]:
        """Carry out a change inside a transaction: its number in the journal, 0 where nothing changes, and the row."""
        kept = self._finding.window(asked)
        at = now()
        before = None
        try:
            before = read(asked, kept) if kept else None
        except DamagedRowError:
            if not anew:
                raise
        after = change(before or row_changes.empty(asked, at))
        if after == before:
            return 0, before
        after = replace(after, annotator=self.annotator, updated_at=at)
        key, state = (kept.key, kept.state) if kept else (asked, None)
        return self._write(action, at, key, state, state_of(after)), after

    @property
    def steps(self) -> tuple[int, int]:
        """How many changes can be taken back, and how many made again."""
        return len(self._done), len(self._undone)

    def undo(self) -> Row | None:
        """Take back the last one; doing so is a change, too."""
        return self._step("undo", self._done, self._undone)

    def redo(self) -> Row | None:
        """Make again what was taken back last."""
        return self._step("redo", self._undone, self._done)

    def step_together(self, action: Literal["undo", "redo"], count: int) -> list[Row]:
        """Take back, or make again, the last ``count`` changes, all of them or none, but for rows that another program
        has changed since: those stay. Returns the rows that did change, in that order."""
        source, target = (self._done, self._undone) if action == "undo" else (self._undone, self._done)
        at = now()

        def work() -> list[tuple[int, Key, str | None]]:
            written = []
            for number, asked in reversed(source[-count:]):
                key, before, after = self._entry(number)
                kept = self._finding.exactly(key)
                if kept and not kept.whole:
                    raise DamagedRowError(*_UNKNOWN)
                if (kept.state if kept else None) == after:
                    written.append((self._write(action, at, key, after, before), asked, before))
            return written

        with self._database.lock:
            try:
                written = self._transaction(work)
            except DamagedRowError:
                del source[-count:]
                raise
            del source[-count:]
            target += [(number, asked) for number, asked, _ in written]
            return [row_of(asked, before) if before else row_changes.empty(asked, at) for _, asked, before in written]

    def recall(self, folder: Path, most: int) -> tuple[list[int], list[int], bool]:
        """Take up what can be taken back and made again, also of earlier runs, of the newest entries of the journal.

        How many changes each action has, of both kinds, and whether older ones were left out.
        """
        here = *prefix_range(os.fsencode(paths.real_folder(folder))), self.annotator
        with self._database.lock:
            entries = self._query(f"{_OF_FOLDER} ORDER BY change DESC LIMIT ?", (*here, most))
            more = len(entries) == most
            if entries and (group := history.group_of(entries[-1][1])):  # all of it, however much that is
                entries += self._query(
                    f"{_OF_FOLDER} AND change >= ? AND change < ? AND substr(action, -length(?)) = ?"
                    " ORDER BY change DESC",
                    (*here, history.first_of(group), entries[-1][0], group, group),
                )
            done, undone = history.replayed(reversed(entries))
            self._done = [(step.number, step.key) for step in done]
            self._undone = [(step.number, step.key) for step in undone]
            return history.actions(done), history.actions(undone), more

    def rewrite_together(self, action: str, changes: Sequence[tuple[Key, Key, Callable[[Row], Row]]]) -> list[Row]:
        """Change many rows, or move them from one key to another, wholly or not at all; one undo each takes it back.

        Raises ``StoreError`` where a row is not there or cannot be read; nothing is changed then.
        """

        def work() -> list[tuple[int, Key, Row]]:
            at, name, made = now(), "", []
            for source, target, change in changes:
                kept = self._finding.window(source)
                if kept is None:
                    raise StoreError("A caption that was to be changed is gone.", "Look again, and try once more.")
                before = read(source, kept)
                after = change(before)
                if after == before and source == target:
                    continue
                name = name or f"{action}{history.TOGETHER}{self._next()}"
                if source == target:
                    after = replace(after, annotator=self.annotator, updated_at=at)
                    made.append((self._write(name, at, kept.key, kept.state, state_of(after)), source, after))
                    continue
                made.append((self._write(name, at, kept.key, kept.state, None), source, before))
                there = self._finding.exactly(target)
                if there is None:  # what is there already stays
                    made.append((self._write(name, at, target, None, kept.state), target, row_of(target, kept.state)))
            return made

        return self._together(work)

    def _together(self, work: Callable[[], list[tuple[int, Key, Row]]]) -> list[Row]:
        """Do it wholly or not at all. Gives what changed: (number in the journal, window, row)."""
        with self._database.lock:
            made = self._transaction(work)
            if made:
                self._done += [(number, key) for number, key, _ in made]
                self._undone.clear()
            return [row for _, _, row in made]

    def elsewhere(self) -> list[Key]:
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
        return sorted(others)

    def _step(self, action: str, source: list[tuple[int, Key]], target: list[tuple[int, Key]]) -> Row | None:
        """Take back the change on top of ``source``. Doing so is a change too; it goes on top of ``target``."""
        with self._database.lock:
            if not source:
                return None
            number, asked = source[-1]

            def work() -> tuple[int, str | None]:
                key, before, after = self._entry(number)
                kept = self._finding.exactly(key)
                if kept and not kept.whole:
                    raise DamagedRowError(*_UNKNOWN)
                ours = (kept.state if kept else None) == after
                return self._write(action, at, key, after, before) if ours else 0, before

            at = now()
            try:
                written, before = self._transaction(work)
            except DamagedRowError:
                source.pop()
                raise
            source.pop()
            if not written:
                raise StoreError("Another J2A has changed it since.", f"Its change stays: nothing to {action} there.",
                                 title=f"Cannot {action}")
            target.append((written, asked))
            return row_of(asked, before) if before else row_changes.empty(asked, at)

    def _transaction(self, work: Callable[[], T]) -> T:
        """Do ``work`` wholly or not at all; once more where it met damage that could be mended."""
        try:
            return self._database.transaction(work)
        except DamagedRowError:
            if not self._database.mend_rows():
                raise
            return self._database.transaction(work)

    def _entry(self, number: int) -> tuple[Key, str | None, str | None]:
        """Window, state before and after a change in the journal. Raises ``DamagedRowError``."""
        found = self._query(f"SELECT {', '.join(checksums.ENTRY)}, checksum FROM journal WHERE change = ?", (number,))
        if not found or not checksums.holds(found[0][:-1], found[0][-1]):
            raise DamagedRowError(*_UNKNOWN)
        path, start_ms, end_ms, before, after, _ = found[0][4:]
        return Key(path, start_ms, end_ms), before, after

    def _write(self, action: str, at: str, key: Key, before: str | None, after: str | None) -> int:
        """Journal a change and carry it out; call inside a transaction. Returns its number in the journal."""
        execute, number = self._database.connection.execute, self._next()
        entry = (number, at, action, self.annotator, *key, _storable(before), after)
        execute(_INTO_JOURNAL, (*entry, checksums.of(entry)))
        self._own.add(number)
        if after is None:
            execute("DELETE FROM caption WHERE path = ? AND start_ms = ? AND end_ms = ?", key)
        else:
            row = (*key, number, after)
            execute(_INTO_CAPTION, (*row, json.loads(after)["status"], checksums.of(row)))
        return number


def _storable(state: str | None) -> str | bytes | None:
    """A state as SQLite takes it; a damaged one that is no UTF-8 as the bytes that it was."""
    return state if state is None or state.isascii() else state.encode("utf-8", "surrogateescape")
