"""Reading and changing the session. Every change is journaled with the row before and after it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from j2a import paths
from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.store import schema
from j2a.store.records import (
    BEST_FIRST,
    Key,
    Row,
    Status,
    clean,
    clip_of,
    default_annotator,
    key_of,
    now,
    path_bytes,
    prefix_range,
    row_of,
    state_of,
)


class Store:
    """Captions in one SQLite file, ``paths.store_path()`` unless told otherwise; made on first use.

    A call returns when its change is on the disk. Several processes may use the same file. Every method
    raises ``StoreError`` when the file cannot be read or written; nothing is half written then.
    """

    def __init__(self, path: Path | None = None, *, annotator: str | None = None) -> None:
        self.path = path or paths.store_path()
        self.annotator = default_annotator() if annotator is None else annotator
        self._lock = threading.RLock()
        self._connection = schema.connect(self.path)
        self._done: list[int] = []  # journal numbers of this session's changes, oldest first
        self._undone: list[int] = []

    def get(self, clip: Clip) -> Row | None:
        """The row of exactly this window."""
        key = key_of(clip)
        state = self._state(key)
        return row_of(key, state) if state else None

    def latest(self, path: Path) -> Row | None:
        """The most recently changed row of a file, whatever its window."""
        found = self._query(
            "SELECT path, start_ms, end_ms, state FROM caption WHERE path = ? ORDER BY change DESC LIMIT 1",
            (path_bytes(path),),
        )
        return _row(found[0]) if found else None

    def rows(self, folder: Path) -> list[Row]:
        """Every row of a file somewhere under ``folder``, sorted by path, start and end."""
        return [_row(found) for found in self._query(
            "SELECT path, start_ms, end_ms, state FROM caption WHERE path >= ? AND path < ?"
            " ORDER BY path, start_ms, end_ms",
            prefix_range(folder),
        )]

    def statuses(self, folder: Path) -> dict[Path, Status]:
        """The best status of each file under ``folder``: accepted, flagged, draft, rejected, skipped."""
        best: dict[bytes, Status] = {}
        for path, value in self._query(
            "SELECT DISTINCT path, status FROM caption WHERE path >= ? AND path < ?", prefix_range(folder)
        ):
            status = Status(value)
            if path not in best or BEST_FIRST.index(status) < BEST_FIRST.index(best[path]):
                best[path] = status
        return {Path(os.fsdecode(path)): status for path, status in best.items()}

    def save_generated(self, clip: Clip, caption: Caption) -> Row:
        """Keep a generated caption: it replaces the window's text, and the window is a draft (again)."""
        text = clean(caption.text)

        def change(row: Row) -> Row:
            return replace(row, text=text, generated_text=text, status=Status.DRAFT, caption=caption)

        return self._change("generate", clip, change)

    def edit(self, clip: Clip, text: str) -> Row:
        """Replace the text by hand. Provenance and status stay; a window without a row gets a draft."""
        wanted = clean(text)
        return self._change("edit", clip, lambda row: replace(row, text=wanted))

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

    def close(self) -> None:
        """Let go of the file. Nothing waits to be written."""
        with self._lock, schema.explained(self.path):
            self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _query(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self._lock, schema.explained(self.path):
            return self._connection.execute(statement, values).fetchall()

    def _state(self, key: Key) -> str | None:
        found = self._query("SELECT state FROM caption WHERE path = ? AND start_ms = ? AND end_ms = ?", key)
        return str(found[0][0]) if found else None

    def _change(self, action: str, clip: Clip, change: Callable[[Row], Row]) -> Row:
        key = key_of(clip)
        with self._lock:
            with schema.transaction(self._connection, self.path):
                state = self._state(key)
                at = now()
                before = row_of(key, state) if state else None
                after = change(before or _empty(key, at))
                if after == before:
                    return before
                after = replace(after, annotator=self.annotator, updated_at=at)
                number = self._write(action, at, key, state, state_of(after))
            self._done.append(number)
            self._undone.clear()
            return after

    def _step(self, action: str, source: list[int], target: list[int]) -> Row | None:
        """Take back the change on top of ``source``. Doing so is a change too; it goes on top of ``target``."""
        with self._lock:
            if not source:
                return None
            with schema.transaction(self._connection, self.path):
                path, start_ms, end_ms, before, after = self._query(
                    "SELECT path, start_ms, end_ms, before, after FROM journal WHERE change = ?", (source[-1],)
                )[0]
                key = Key(path, start_ms, end_ms)
                at = now()
                ours = self._state(key) == after
                number = self._write(action, at, key, after, before) if ours else None
            source.pop()
            if number is None:
                raise StoreError("Another program has changed this row.", f"Its change stays: nothing to {action}.")
            target.append(number)
            return row_of(key, before) if before else _empty(key, at)

    def _write(self, action: str, at: str, key: Key, before: str | None, after: str | None) -> int:
        """Journal a change and carry it out; call inside a transaction. Returns its number in the journal."""
        number = self._connection.execute(
            "INSERT INTO journal (at, action, annotator, path, start_ms, end_ms, before, after)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (at, action, self.annotator, *key, before, after),
        ).lastrowid
        assert number is not None
        if after is None:
            self._connection.execute("DELETE FROM caption WHERE path = ? AND start_ms = ? AND end_ms = ?", key)
        else:
            self._connection.execute(
                "INSERT OR REPLACE INTO caption (path, start_ms, end_ms, status, state, change)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (*key, json.loads(after)["status"], after, number),
            )
        return number


def _row(found: tuple[Any, ...]) -> Row:
    path, start_ms, end_ms, state = found
    return row_of(Key(path, start_ms, end_ms), state)


def _empty(key: Key, at: str) -> Row:
    return Row(clip_of(key), "", "", Status.DRAFT, None, "", at, at)
