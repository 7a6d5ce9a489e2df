"""Changes that could not be saved: kept in memory, in their order, until they can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.features.record import Features
from j2a.store import Row, Status, row_changes
from j2a.store.variants import Pick


class Saving(Protocol):
    """What a change is made to: the store, or :class:`Unsaved` while that cannot be written."""

    def save_generated(self, clip: Clip, caption: Caption, *, over_kept: bool = False) -> Row:
        """Keep a generated caption as a draft."""

    def edit(self, clip: Clip, text: str) -> Row:
        """Replace the text by hand."""

    def set_status(self, clip: Clip, status: Status) -> Row:
        """Decide about a window."""

    def fail(self, clip: Clip) -> Row:
        """No caption could be made."""

    def choose(self, clip: Clip, variant: int) -> Row:
        """Put another variant on the desk."""

    def pick(self, clip: Clip, pick: Pick, features: Features) -> Row:
        """Keep which of two captions is the better one."""

    def follow(self, clip: Clip, text: str) -> Row:
        """Let the words follow a correction."""


Change = Callable[[Saving], Row]


@dataclass(slots=True)
class Unsaved:
    """The windows as they will stand once their changes are saved."""

    rows: dict[Clip, Row] = field(default_factory=dict)
    changes: list[tuple[Clip, Change]] = field(default_factory=list)

    def keep(self, clip: Clip, change: Change, saved: Row | None) -> Row:
        """Take in a change; ``saved`` is the window as far as it is known to be on the disk. Raises ``StoreError``."""
        if clip not in self.rows:
            self.rows[clip] = saved or Row(clip, "", "", Status.DRAFT, None, "", "", "")
        row = change(self)
        self.changes.append((clip, change))
        return row

    def save_into(self, store: Saving) -> Iterator[tuple[Clip, Row]]:
        """Make the changes to the store, each forgotten when it is made. Raises ``StoreError``; the rest is kept."""
        while self.changes:
            clip, change = self.changes[0]
            row = change(store)
            del self.changes[0]
            yield clip, row
        self.rows.clear()

    def save_generated(self, clip: Clip, caption: Caption, *, over_kept: bool = False) -> Row:
        """As the store does."""
        return self._put(row_changes.generated(self.rows[clip], caption, over_kept=over_kept))

    def edit(self, clip: Clip, text: str) -> Row:
        """As the store does."""
        return self._put(row_changes.edited(self.rows[clip], text))

    def set_status(self, clip: Clip, status: Status) -> Row:
        """As the store does."""
        return self._put(replace(self.rows[clip], status=status))

    def fail(self, clip: Clip) -> Row:
        """As the store does."""
        return self._put(row_changes.failed(self.rows[clip]))

    def choose(self, clip: Clip, variant: int) -> Row:
        """As the store does."""
        return self._put(row_changes.chosen(self.rows[clip], variant))

    def pick(self, clip: Clip, pick: Pick, features: Features) -> Row:
        """As the store does."""
        return self._put(row_changes.picked(self.rows[clip], pick, features))

    def follow(self, clip: Clip, text: str) -> Row:
        """As the store does."""
        return self._put(row_changes.followed(self.rows[clip], text))

    def _put(self, row: Row) -> Row:
        self.rows[row.clip] = row
        return row
