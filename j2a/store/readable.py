"""What a page of a damaged file gives: whether it can be a row or an entry of the journal, and is what was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from j2a.store import checksums
from j2a.store.records import Kept, Key, status_in


class Entry(NamedTuple):
    """A change as the journal has it."""

    change: int
    at: str
    action: str
    annotator: str
    path: bytes
    start_ms: int
    end_ms: int
    before: str | bytes | None
    after: str | None
    checksum: int | None

    @property
    def key(self) -> Key:
        """The window that was changed."""
        return Key(self.path, self.start_ms, self.end_ms)

    @property
    def whole(self) -> bool:
        """Whether it is what was written."""
        return checksums.holds(self[:-1], self.checksum)


def is_key(row: tuple[Any, ...]) -> bool:
    """Whether it can be the place of a window."""
    path, start_ms, end_ms = row
    return isinstance(path, bytes) and b"\0" not in path and isinstance(start_ms, int) and isinstance(end_ms, int)


def is_row(row: tuple[Any, ...]) -> bool:
    """Whether it can be a row: place, change, state, checksum, status."""
    *key, change, state, checksum, status = row
    return (
        is_key(tuple(key)) and isinstance(change, int) and isinstance(state, str)
        and isinstance(checksum, int | None) and isinstance(status, str)
    )  # fmt: skip


def is_entry(row: tuple[Any, ...]) -> bool:
    """Whether it can be an entry of the journal."""
    *_, before, after, checksum = row
    return (
        all(isinstance(text, str) for text in row[1:4]) and is_key(row[4:7])
        and isinstance(before, str | bytes | None) and isinstance(after, str | None)
        and isinstance(checksum, int | None)
    )  # fmt: skip


def as_kept(row: Sequence[Any]) -> Kept:
    """A row as it was kept."""
    path, start_ms, end_ms, *about = row
    return Kept(Key(path, start_ms, end_ms), *about)


def is_whole(kept: Kept) -> bool:
    """Whether it is what was written."""
    return kept.whole


def is_good(kept: Kept) -> bool:
    """Whether it says at least how the window stands."""
    return bool(status_in(kept))
